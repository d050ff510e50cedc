//! What may come into the build: `deny.toml` says it, cargo-deny checks it. Its advisories are left
//! out: they need a database from the network, which a build must not.

use crate::tools;
use crate::workspace::{root, run};
use anyhow::Result;
use std::process::Command;

/// Another version may know other rules.
const VERSION: &str = "0.20.2";
const WHAT: [&str; 3] = ["licenses", "sources", "bans"];

/// Checks the licences, the sources and the bans; cargo-deny is installed if it is missing.
pub(super) fn check() -> Result<()> {
    let mut deny = Command::new(tools::program("cargo-deny", VERSION)?);
    deny.current_dir(root());
    deny.args(["--locked", "check", "--hide-inclusion-graph"])
        .args(WHAT);
    run(&mut deny, "cargo deny")
}
