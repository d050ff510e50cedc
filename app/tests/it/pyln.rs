//! pyln-client's `LightningRpc`, as pip installs it, on our socket.

use crate::support::{Daemon, soon};
use std::path::{Path, PathBuf};
use tokio::process::Command;

#[tokio::test]
async fn pyln_client_works_as_it_is() {
    let python = python();
    let (_home, daemon) = Daemon::fresh().await;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pyln_client.py");
    let mut command = Command::new(&python);
    command.arg(script).arg(&daemon.rpc_file);
    let output = soon("the Python script", command.output()).await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{}", daemon.log());
}

/// The interpreter of the virtual environment that `cargo xtask test` makes.
fn python() -> PathBuf {
    let made = std::env::var_os("AMPERE_PYTHON").map(PathBuf::from);
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.venv/bin/python");
    let python = made.unwrap_or(usual);
    assert!(
        python.exists(),
        "no Python with pyln-client at {}: run `cargo xtask test`, which makes one, or set \
         AMPERE_PYTHON to the interpreter of a virtual environment that has pyln-client",
        python.display()
    );
    python
}
