//! What may come into the build: `deny.toml` says it, cargo-deny checks it. Its advisories are left
//! out: they need a database from the network, which a build must not.

use crate::workspace::{cargo, root, run};
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Another version may know other rules.
const VERSION: &str = "0.20.2";
const WHAT: [&str; 3] = ["licenses", "sources", "bans"];

/// Checks the licences, the sources and the bans; cargo-deny is installed if it is missing.
pub(super) fn check() -> Result<()> {
    let mut deny = Command::new(program()?);
    deny.current_dir(root());
    deny.args(["--locked", "check", "--hide-inclusion-graph"])
        .args(WHAT);
    run(&mut deny, "cargo deny")
}

fn program() -> Result<PathBuf> {
    let tools = root().join("target/tools");
    let own = tools.join("bin/cargo-deny");
    for program in [PathBuf::from("cargo-deny"), own.clone()] {
        if works(&program) {
            return Ok(program);
        }
    }
    eprintln!("installing cargo-deny {VERSION} in {}", tools.display());
    install(&tools)?;
    Ok(own)
}

fn works(program: &Path) -> bool {
    let mut version = Command::new(program);
    version.arg("--version").stderr(Stdio::null());
    let wanted = format!("cargo-deny {VERSION}");
    version
        .output()
        .is_ok_and(|said| said.stdout.starts_with(wanted.as_bytes()))
}

/// Fast to compile rather than fast: it runs for a second.
fn install(tools: &Path) -> Result<()> {
    let mut install = cargo();
    install
        .args(["install", "--quiet", "--locked", "--root"])
        .arg(tools);
    install.arg(format!("cargo-deny@{VERSION}"));
    install.envs([
        ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
        ("CARGO_PROFILE_RELEASE_LTO", "off"),
        ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ]);
    run(&mut install, "installing cargo-deny")
}
