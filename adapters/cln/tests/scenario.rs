//! The scenarios on the fake lightningd.
#![allow(clippy::unwrap_used, reason = "this is for tests only")]

mod fake;
mod faked;
mod scenarios;
mod support;

scenarios!(crate::faked::node());
