//! Words for people on stderr, said if they can be.
//!
//! `eprintln!` panics when stderr is closed or its disk is full. Nothing that a program does may depend on
//! that.

use crate::lines::Rank;
use crate::logging;
use std::fmt::Display;
use std::io::{self, Write};

/// Says it on stderr, or by way of the log where that goes there. If it cannot be said, it is not.
pub fn tell(text: impl Display) {
    let line = format!("{text}\n").into_bytes();
    match logging::lines() {
        Some(lines) if !crate::plugin::is_asked_for() => lines.push(line, Rank::Important),
        // Nobody can be told that nobody can be told.
        _ => drop(io::stderr().write_all(&line)),
    }
}

/// [`tell`], with the words of `format!`.
macro_rules! say {
    ($($words:tt)*) => {
        $crate::say::tell(format_args!($($words)*))
    };
}
pub(crate) use say;
