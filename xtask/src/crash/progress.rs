//! How far it has come, and whether somebody wants it to end.

use indicatif::{ProgressBar, ProgressStyle};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A bar on a terminal.
pub(super) struct Progress {
    bar: ProgressBar,
    over: Arc<AtomicBool>,
}

impl Progress {
    /// With `soak`, Ctrl-C lets the round end and the table be shown.
    pub(super) fn new(soak: bool) -> Progress {
        let bar = ProgressBar::new_spinner();
        let style = ProgressStyle::with_template("{spinner} {msg}: {pos} rounds, {per_sec}");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        let over = Arc::new(AtomicBool::new(false));
        if soak {
            listen_for_ctrl_c(&over);
        }
        Progress { bar, over }
    }

    pub(super) fn stage(&self, name: &str) {
        self.bar.reset();
        self.bar.set_message(name.to_owned());
    }

    pub(super) fn round(&self) {
        self.bar.inc(1);
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// On a thread of its own, because the stages have runtimes of theirs.
fn listen_for_ctrl_c(over: &Arc<AtomicBool>) {
    let over = Arc::clone(over);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        if let Ok(runtime) = runtime
            && runtime.block_on(tokio::signal::ctrl_c()).is_ok()
        {
            over.store(true, Ordering::Release);
        }
    });
}
