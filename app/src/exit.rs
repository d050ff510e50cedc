//! Exit statuses, the same for both programs; `lightning-cli`'s.

use crate::say::tell;
use std::io::ErrorKind;
use std::process::ExitCode;

/// How a program ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// 0: done.
    Ok,
    /// 1: the daemon answered with an error, the payment failed, or the daemon could not run.
    Error,
    /// 2: no connection to the daemon.
    NoConnection,
    /// 3: the command line or the configuration makes no sense.
    Usage,
    /// 4: done, but the answer could not be written. Not 1, which would say that a payment failed.
    NotShown,
    /// 130: the user left, as a shell has it for Ctrl-C; what was asked for may go on.
    Left,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Ok => 0,
            Exit::Error => 1,
            Exit::NoConnection => 2,
            Exit::Usage => 3,
            Exit::NotShown => 4,
            Exit::Left => 130,
        })
    }
}

/// Prints what clap has to say (an error, help, the version) and says how to end.
pub fn after_clap(error: &clap::Error) -> Exit {
    use clap::error::ErrorKind::{DisplayHelp, DisplayVersion};
    let printed = error.print();
    match (error.kind(), printed) {
        // Whoever reads no further has seen what they wanted.
        (DisplayHelp | DisplayVersion, Err(why)) if why.kind() != ErrorKind::BrokenPipe => {
            tell(format_args!("error: it could not be written: {why}"));
            Exit::NotShown
        }
        (DisplayHelp | DisplayVersion, _) => Exit::Ok,
        // Nothing can be done about a closed terminal.
        _ => Exit::Usage,
    }
}
