//! `cargo xtask test --real-cln`: what the other tests show on a fake lightningd, on real ones.

use super::tally;
use crate::workspace::cargo;
use anyhow::{Result, bail, ensure};
use std::path::Path;

/// A test binary with a regtest quartet for each test: two of them at once are enough for a machine.
const TESTS: [&str; 2] = ["cln", "ampere"];
const AT_ONCE: &str = "2";

/// Needs nothing but the two programs, which the environment names.
pub(crate) fn run() -> Result<()> {
    for (variable, program) in [("LIGHTNINGD", "lightningd"), ("BITCOIND", "bitcoind")] {
        let cli = if program == "lightningd" {
            "lightning-cli"
        } else {
            "bitcoin-cli"
        };
        let Some(path) = std::env::var_os(variable) else {
            bail!("{variable} is not set: say where {program} is, with {cli} beside it");
        };
        let path = Path::new(&path);
        ensure!(
            path.is_file(),
            "{variable} is {}, which is no file",
            path.display()
        );
        let cli = path.with_file_name(cli);
        ensure!(
            cli.is_file(),
            "there is no {}, which belongs to {variable}",
            cli.display()
        );
    }
    let (mut passed, mut failed) = (0, 0);
    for package in TESTS {
        let mut test = cargo();
        test.args(["test", "--package", package, "--test", "real"]);
        test.args(["--", "--test-threads", AT_ONCE, "--nocapture"]);
        // The other tests' Python: a daemon that lightningd starts would refuse to know it.
        test.env_remove("AMPERE_PYTHON");
        let tally = tally::watch(&mut test)?;
        passed += tally.passed;
        failed += tally.failed;
    }
    ensure!(passed > 0, "no test ran");
    println!("\n{passed} passed, {failed} failed, on a real lightningd");
    Ok(())
}
