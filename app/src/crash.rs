//! What a bug costs: the process.
//!
//! A task or a thread that has panicked leaves work half done, and whoever waits for it waits for ever:
//! parts would be stored and never offered, outcomes heard and never stored. What is durable is looked
//! after by the start of the next daemon, the path that is tested most. So a panic anywhere in the daemon
//! ends it at once, but for one kind: a caller's own, which `rpc` answers with an internal error
//! ([`rpc::contained`]).

use crate::logging;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::PanicHookInfo;
use std::process::abort;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// How long the last words may take. Nothing is waited for that could hold them up for longer.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// From now on a panic ends the process, wherever it is.
pub fn abort_on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        if rpc::contained::is_contained() {
            tracing::error!("a bug: {}; its caller is told so", told(panic));
        } else {
            die(panic);
        }
    }));
}

fn die(panic: &PanicHookInfo<'_>) {
    static DYING: AtomicBool = AtomicBool::new(false);
    // Whoever dies second ends it: the first may be held up.
    if DYING.swap(true, Ordering::SeqCst) {
        abort();
    }
    let watch = thread::Builder::new().spawn(|| {
        thread::sleep(LAST_WORDS);
        abort();
    });
    if watch.is_ok() {
        tracing::error!(
            "a bug stopped ampered: {}; parts stay as they are stored, and the next start takes care of them",
            told(panic)
        );
        let trace = Backtrace::capture();
        if trace.status() == BacktraceStatus::Captured {
            crate::say::tell(trace);
        }
        logging::flush();
    }
    abort();
}

/// On one line.
fn told(panic: &PanicHookInfo<'_>) -> String {
    panic.to_string().replace('\n', " ")
}

/// In a build for tests a file that the environment names asks for a bug wherever this is called.
pub(crate) fn planted() {
    #[cfg(debug_assertions)]
    if let Some(file) = std::env::var_os("PLANTED_PANIC") {
        assert!(!std::path::Path::new(&file).exists(), "planted");
    }
}

/// In a build for tests the environment can ask for a bug in a thread of its own.
pub(crate) fn planted_in_a_thread() {
    #[cfg(debug_assertions)]
    if std::env::var("PLANTED_BUG").as_deref() == Ok("thread-panics") {
        thread::spawn(|| panic!("planted"));
    }
}
