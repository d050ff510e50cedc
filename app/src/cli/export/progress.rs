//! How far it has come, on standard error if that is a terminal.

use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use std::fmt::Write;
use std::time::Duration;

pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn new(is_shown: bool) -> Progress {
        if !is_shown {
            return Progress(ProgressBar::hidden());
        }
        let template = "{spinner} {human_pos} payments, {rate} a second, {elapsed}";
        let style = ProgressStyle::with_template(template).expect("a fixed template");
        let style = style.with_key("rate", |state: &ProgressState, out: &mut dyn Write| {
            // A drawing that fails is drawn again.
            let _ = write!(out, "{:.0}", state.per_sec());
        });
        let bar = ProgressBar::new_spinner().with_style(style);
        bar.enable_steady_tick(Duration::from_millis(100));
        Progress(bar)
    }

    pub(super) fn set(&self, payments: u64) {
        self.0.set_position(payments);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
