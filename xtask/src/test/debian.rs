//! Programs that the tests need and Debian has.

use crate::workspace::run;
use anyhow::{Context, Result, bail};
use std::process::{Command, Stdio};

/// Installs them, where that can be done; else says how.
pub(super) fn install(packages: &[&str], needed: &str) -> Result<()> {
    let advice = format!("{needed}: `apt-get install {}`", packages.join(" "));
    let root = Command::new("id").arg("-u").output();
    if !root.is_ok_and(|id| id.stdout == b"0\n") {
        bail!("{advice} (as root)");
    }
    let apt = |args: &[&str]| {
        let mut apt = Command::new("apt-get");
        apt.args(args)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdin(Stdio::null());
        run(&mut apt, "apt-get").context(advice.clone())
    };
    apt(&["update"])?;
    let install = ["install", "-y", "--no-install-recommends"];
    apt(&[&install[..], packages].concat())
}

/// hledger, which reads what is exported for it.
pub(super) fn hledger() -> Result<()> {
    let mut hledger = Command::new("hledger");
    let version = hledger
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    if version.status().is_ok_and(|status| status.success()) {
        return Ok(());
    }
    install(&["hledger"], "hledger is needed")
}
