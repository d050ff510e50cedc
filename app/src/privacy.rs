//! What the process keeps from everybody else on the machine: its files from their first moment, and
//! its memory, which holds secrets.

use crate::trouble::trouble;
use rlimit::Resource;
use rustix::fs::Mode;
use std::io;

/// Files that this process makes are its user's alone from now on, and its memory goes into no core
/// dump. To be called before anything is made.
pub fn guard() -> anyhow::Result<()> {
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    keep_memory().map_err(|why| {
        let help =
            "run it where a process may lower its limit of core dumps and refuse to be traced";
        trouble("cannot keep secrets out of core dumps", why, help)
    })
}

fn keep_memory() -> io::Result<()> {
    Resource::CORE.set(0, 0)?;
    undumpable()
}

/// Neither does a handler of core dumps get the memory, which no limit stops it from, nor another
/// process of the same user that would trace this one.
#[cfg(target_os = "linux")]
fn undumpable() -> io::Result<()> {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}

#[cfg(not(target_os = "linux"))]
fn undumpable() -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{DumpableBehavior, dumpable_behavior};

    #[test]
    fn a_guarded_process_cannot_be_dumped_or_traced() {
        super::guard().unwrap();
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
        assert_eq!(rlimit::Resource::CORE.get().unwrap(), (0, 0));
    }
}
