//! `ampere db check [FILE]`: whether a database is whole. Needs no daemon, and disturbs none.

use super::{failed, output};
use crate::config::{Config, DaemonFlags, Flags};
use crate::exit::Exit;
use crate::say::say;
use serde_json::json;
use std::path::PathBuf;
use storage::check::{Findings, Stop};

/// Looks at all of it, and prints what was found.
pub(super) fn check(place: Flags, file: Option<PathBuf>) -> Exit {
    let file = match file {
        Some(file) => file,
        None => match Config::load(place, DaemonFlags::default(), std::env::vars_os()) {
            Ok(config) => config.database,
            Err(why) => return failed(&why, Exit::Usage),
        },
    };
    let findings = storage::check::check(&file, &Stop::default());
    let Findings {
        payments,
        parts,
        live_parts,
        incoming,
        tombstones,
        last_event,
        pending_migrations,
        problems,
        more_problems,
    } = &findings;
    let printed = output::print_value(&json!({
        "file": file.display().to_string(),
        "whole": findings.is_whole(),
        "payments": payments,
        "partialpayments": parts,
        "pending_parts": live_parts,
        "incoming_payments": incoming,
        "deleted_payments": tombstones,
        "last_event": last_event,
        "pending_migrations": pending_migrations,
        "problems": problems,
    }));
    if !pending_migrations.is_empty() {
        say!(
            "note: an older release wrote it, so its payments were not read; the next start brings it up to date"
        );
    }
    if findings.is_whole() {
        return printed;
    }
    for problem in problems {
        say!("error: {problem}");
    }
    if *more_problems > 0 {
        say!("error: and {more_problems} more");
    }
    say!(" help: put a backup of it back, and keep this file: docs/backup.md");
    Exit::Error
}
