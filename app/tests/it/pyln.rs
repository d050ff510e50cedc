//! pyln-client's `LightningRpc`, as pip installs it, on our socket.

use crate::support::{Daemon, python, soon};
use std::path::Path;
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
