//! Programs of others that a verb needs: installed here, in the version that is known to work, if
//! they are missing.

use crate::workspace::{cargo, root, run};
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A program of crates.io whose name is its crate's, in that version.
pub(crate) fn program(name: &str, version: &str) -> Result<PathBuf> {
    let tools = root().join("target/tools");
    let own = tools.join("bin").join(name);
    for program in [PathBuf::from(name), own.clone()] {
        if is_version(&program, &format!("{name} {version}")) {
            return Ok(program);
        }
    }
    eprintln!("installing {name} {version} in {}", tools.display());
    install(&format!("{name}@{version}"), &tools)?;
    Ok(own)
}

/// What `cargo NAME` calls itself begins with its first argument, where it needs one.
fn is_version(program: &Path, wanted: &str) -> bool {
    let mut version = Command::new(program);
    if program.ends_with("cargo-mutants") {
        version.arg("mutants");
    }
    version.arg("--version").stderr(Stdio::null());
    let said = version.output();
    said.is_ok_and(|said| said.stdout.starts_with(wanted.as_bytes()))
}

/// Fast to compile rather than fast.
fn install(what: &str, tools: &Path) -> Result<()> {
    let mut install = cargo();
    install.args(["install", "--quiet", "--locked", "--root"]);
    install.arg(tools).arg(what);
    install.envs([
        ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
        ("CARGO_PROFILE_RELEASE_LTO", "off"),
        ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ]);
    run(&mut install, &format!("installing {what}"))
}
