//! Running this tool again, as a build that has the verb that was asked for.

use crate::workspace;
use anyhow::{Context, Result};
use std::process::Command;
use std::process::exit;

/// How the verb wants to be built.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Build {
    /// Fast to compile.
    #[cfg_attr(
        feature = "tools",
        expect(dead_code, reason = "this build has the verb")
    )]
    Dev,
    /// Fast to run: a figure of any other build means nothing.
    Release,
    /// Fast to run, with every assertion on.
    Sim,
}

/// Runs the same command line in the build that the tests use, the daemon beside it, and ends as that
/// ends. Every assertion is on, LDK's own too, and after the tests nothing is left to compile: the same
/// crates with other features would be compiled once more.
#[cfg(not(feature = "crash"))]
pub(crate) fn run_as_tested() -> Result<()> {
    let own = std::env::current_exe().context("find this program")?;
    let mut build = workspace::cargo();
    build.args(["build", "--quiet", "--workspace", "--all-features"]);
    build.args(["--bin", "xtask", "--bin", "ampered"]);
    workspace::run(&mut build, "building the daemon")?;
    let mut again = Command::new(own);
    let status = again.args(std::env::args_os().skip(1)).status();
    exit(
        status
            .context("start this program again")?
            .code()
            .unwrap_or(1),
    )
}

/// Runs the same command line with that feature, and ends as that ends.
pub(crate) fn run(build: Build, feature: &str) -> Result<()> {
    let mut cargo = with_feature(build, feature);
    // Not the workspace's folder: paths that the user typed are relative to where the user is.
    cargo.current_dir(std::env::current_dir().context("find the current folder")?);
    cargo.args(std::env::args_os().skip(1));
    let status = cargo.status().context("start cargo")?;
    exit(status.code().unwrap_or(1))
}

/// This tool with that feature, for a verb to follow.
pub(crate) fn with_feature(build: Build, feature: &str) -> Command {
    let mut cargo = workspace::cargo();
    cargo.args([
        "run",
        "--quiet",
        "--package",
        "xtask",
        "--features",
        feature,
    ]);
    match build {
        Build::Dev => {}
        Build::Release => {
            eprintln!("building the release version, which takes some minutes the first time");
            cargo.arg("--release");
        }
        Build::Sim => {
            cargo.args(["--profile", "sim"]);
        }
    }
    cargo
        .arg("--manifest-path")
        .arg(workspace::root().join("Cargo.toml"));
    cargo.arg("--");
    cargo
}
