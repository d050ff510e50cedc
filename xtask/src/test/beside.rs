//! A step that runs beside others: storage under fire waits for disks and for processes that end, while
//! the simulation computes. What it prints is shown when its turn comes.

use crate::workspace::root;
use anyhow::{Context, Result, ensure};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A command under way. Whoever drops this waits for it: it would go on alone.
pub(super) struct Beside {
    child: Child,
    printed: File,
}

impl Beside {
    /// Starts it; what it prints is kept in that file below `target`.
    pub(super) fn start(command: &mut Command, printed: &str) -> Result<Beside> {
        let printed = open(&root().join("target").join(printed));
        let printed = printed.context("a file for what it prints")?;
        let also = || printed.try_clone().context("a file for what it prints");
        let child = command
            .stdin(Stdio::null())
            .stdout(also()?)
            .stderr(also()?)
            .spawn()
            .with_context(|| format!("start {}", command.get_program().to_string_lossy()))?;
        Ok(Beside { child, printed })
    }

    /// Waits for it, and shows what it printed. `what` completes the sentence "… failed".
    pub(super) fn end(mut self, what: &str) -> Result<()> {
        let status = self.child.wait().context("wait for it")?;
        let mut printed = Vec::new();
        self.printed.rewind().context("read what it printed")?;
        let read = self.printed.read_to_end(&mut printed);
        read.context("read what it printed")?;
        std::io::stderr().write_all(&printed).context("show it")?;
        ensure!(status.success(), "{what} failed ({status})");
        Ok(())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // It has ended already, unless a step before it failed.
        if matches!(self.child.try_wait(), Ok(None)) {
            eprintln!("waiting for what runs beside it");
            let _ = self.child.wait();
        }
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    let options = options.create(true).truncate(true).read(true).write(true);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, printed: &str) -> Beside {
        Beside::start(Command::new("sh").args(["-c", script]), printed).unwrap()
    }

    #[test]
    fn what_fails_beside_others_is_a_failure() {
        sh("exit 0", "beside-0.log").end("it").unwrap();
        let failed = sh("exit 3", "beside-3.log").end("it").unwrap_err();
        assert_eq!(failed.to_string(), "it failed (exit status: 3)");
    }
}
