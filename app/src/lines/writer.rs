//! The thread that writes.

use super::Lines;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, write};
use std::io;
use std::os::fd::AsFd;

/// Writes line after line, for as long as the process lasts.
pub(super) fn run(lines: &Lines, out: &impl AsFd) {
    // A line was written in part: the next one does not go on with it.
    let mut is_torn = false;
    loop {
        let line = lines.next();
        let written = if is_torn {
            whole(out, b"\n").and_then(|()| whole(out, &line))
        } else {
            whole(out, &line)
        };
        is_torn = written.is_err();
        if let Some(lost) = lines.over(&written) {
            tracing::warn!(lost, "the log works again: lines were lost");
        }
    }
}

/// Writes all of it, however long its reader takes. Somebody else may have made the descriptor one that
/// does not block.
fn whole(out: &impl AsFd, mut rest: &[u8]) -> io::Result<()> {
    while !rest.is_empty() {
        match write(out, rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => rest = rest.get(written..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => writable(out)?,
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(())
}

fn writable(out: &impl AsFd) -> io::Result<()> {
    let mut ready = [PollFd::new(out, PollFlags::OUT)];
    match poll(&mut ready, None) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}
