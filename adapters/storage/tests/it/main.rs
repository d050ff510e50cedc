//! What the port's contract cannot know: SQL behind the store's back, full disks, locks, failed
//! commits, damaged rows, migrations.
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod backup;
mod check;
mod constraints;
mod damage;
mod deletions;
mod faults;
mod history;
mod migrations;
mod opening;
mod pairs;
mod support;
mod unrecorded;
