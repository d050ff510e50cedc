//! A Python environment with pyln-client, Core Lightning's own library, which some tests use as a client,
//! and Beancount, which checks what is exported for it.

use super::debian;
use crate::workspace::{root, run};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The client as it was in Core Lightning 26.06, and the Beancount that the tests were written with;
/// whatever is newest where those are not to be had.
const PACKAGES: [[&str; 2]; 2] = [
    ["pyln-client==26.6.*", "beancount==3.2.*"],
    ["pyln-client", "beancount"],
];

/// The environment's interpreter; the environment is made if it is missing.
pub(super) fn environment() -> Result<PathBuf> {
    let folder = root().join(".venv");
    let python = folder.join("bin/python");
    if !works(&python) {
        eprintln!(
            "making a Python environment with pyln-client and beancount at {}",
            folder.display()
        );
        create(&folder)?;
        install(&python)?;
    }
    Ok(python)
}

fn works(python: &Path) -> bool {
    quiet(Command::new(python).args(["-c", "import pyln.client, beancount"]))
}

fn create(folder: &Path) -> Result<()> {
    let venv = || {
        let mut venv = Command::new("python3");
        venv.args(["-m", "venv", "--clear"]).arg(folder);
        venv
    };
    if !quiet(Command::new("python3").args(["-c", "import ensurepip, venv"])) {
        // Debian ships Python without it.
        let needed = "python3 with its venv module is needed";
        debian::install(&["python3", "python3-venv"], needed)?;
    }
    run(&mut venv(), "`python3 -m venv`")
}

fn install(python: &Path) -> Result<()> {
    let pip = |packages: [&str; 2]| {
        let mut pip = Command::new(python);
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ]);
        pip.args(packages);
        run(&mut pip, "`pip install`")
    };
    let mut outcome = Ok(());
    for packages in PACKAGES {
        outcome = pip(packages);
        if outcome.is_ok() && works(python) {
            return Ok(());
        }
    }
    outcome.context("install pyln-client and beancount")?;
    bail!("both were installed, yet cannot be imported: delete .venv and try again")
}

fn quiet(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
