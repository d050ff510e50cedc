//! `cargo xtask mutants`: the domain, changed in every small way there is, one at a time. Each must
//! make a test fail. It takes hours; what is changed and what is not is in `.cargo/mutants.toml`.

use crate::tools;
use crate::workspace::{root, run as run_command};
use anyhow::Result;
use std::process::Command;

/// Another version may know other changes.
const VERSION: &str = "27.1.0";

/// Changes what matches `only`, or all of it.
pub(crate) fn run(only: Option<&str>) -> Result<()> {
    let mut mutants = Command::new(tools::program("cargo-mutants", VERSION)?);
    mutants.current_dir(root());
    mutants.args(["mutants", "--package", "domain", "--output", "target"]);
    if let Some(only) = only {
        mutants.args(["--re", only]);
    }
    run_command(
        &mut mutants,
        "a change that no test notices is in target/mutants.out/missed.txt, or cargo mutants",
    )
}
