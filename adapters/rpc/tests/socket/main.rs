//! The server over a real Unix socket, with a fake engine behind it.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]

mod asked;
mod backups;
mod bytes;
mod clients;
mod deletions;
mod errors;
mod fake;
mod fake_dev;
mod framing;
mod hostile;
mod incoming;
mod lifecycle;
mod lists;
mod operator;
mod parameters;
mod passing;
mod passing_large;
mod pay;
mod samples;
mod sends;
mod shut;
mod subscribe;
mod upstream;
mod waits;
mod wire;
