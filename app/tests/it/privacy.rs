//! What the daemon keeps from everybody else on the machine.

use crate::support::{Daemon, Home, clean, soon};
use serde_json::{Value, json};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn everything_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(everything_in(&path));
        }
        found.push(path);
    }
    found
}

/// In a folder that others may look into, by a parent that has no umask at all.
#[tokio::test]
async fn whatever_it_makes_is_for_its_user_alone() {
    let home = Home::new();
    chmod(home.path(), 0o755);
    let mut command = clean("sh");
    command.args([
        "-c",
        "umask 0; exec \"$0\" \"$@\"",
        env!("CARGO_BIN_EXE_ampered"),
    ]);
    command.arg("--data-dir").arg(home.path());
    command.args(["--node", "embedded"]);
    command.stderr(std::process::Stdio::piped());
    let daemon = Daemon::spawn(command, home.path().join("ampere-rpc")).await;
    let log = daemon.log();
    assert!(log.contains("others can look into"), "{log}");
    daemon.pay_in_two(&daemon.invoice().await).await;
    let made = everything_in(home.path());
    for name in [
        "ampere.sqlite3",
        "ampere.sqlite3-wal",
        "ampered.lock",
        "ampere-rpc",
    ] {
        assert!(made.contains(&home.path().join(name)), "{name}: {made:?}");
    }
    for path in made {
        let wanted = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&path), wanted, "{}", path.display());
    }
}

#[tokio::test]
async fn a_folder_that_others_can_write_in_is_refused() {
    let (home, elsewhere) = (Home::new(), Home::new());
    for (folder, open) in [(&home, 0o770), (&elsewhere, 0o703)] {
        chmod(folder.path(), open);
        let mut command = home.ampered();
        command
            .arg("--database")
            .arg(elsewhere.path().join("a.sqlite3"));
        let output = soon("ampered", command.output()).await.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        let help = format!("chmod 700 {}", folder.path().display());
        assert!(
            said.contains("other users can write") && said.contains(&help),
            "{said}"
        );
        chmod(folder.path(), 0o700);
    }
}

#[tokio::test]
async fn its_memory_goes_into_no_core_dump() {
    let (_home, daemon) = Daemon::fresh().await;
    let of_daemon = PathBuf::from(format!("/proc/{}", daemon.child.id().unwrap()));
    let limits = std::fs::read_to_string(of_daemon.join("limits")).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap();
    let [.., soft, hard, _unit] = core.split_whitespace().collect::<Vec<_>>()[..] else {
        panic!("{core}")
    };
    assert_eq!((soft, hard), ("0", "0"));
    daemon.signal("ABRT");
    let status = daemon.ended().await;
    assert!(
        !std::os::unix::process::ExitStatusExt::core_dumped(&status),
        "{status}"
    );
}

/// Even if somebody has opened the socket to everybody. Only root can try it as somebody else; in
/// anybody's hands the check itself is tested where it is made.
#[tokio::test]
async fn another_user_is_refused_whatever_the_sockets_mode() {
    const NOBODY: u32 = 65_534;
    let (home, daemon) = Daemon::fresh().await;
    if rustix::process::geteuid().is_root() {
        chmod(home.path(), 0o755);
        chmod(&daemon.rpc_file, 0o666);
        for _ in 0..2 {
            let said = asked_as(NOBODY, &daemon.rpc_file).await;
            assert_eq!(said["error"]["code"], -32600, "{said}");
            let message = said["error"]["message"].as_str().unwrap();
            assert!(message.contains("root only, not user 65534"), "{said}");
        }
        let told = daemon.log().matches("another user asked").count();
        assert_eq!(told, 1, "once for a user: {}", daemon.log());
    }
    daemon.ok("getinfo", json!([])).await;
}

/// The daemon's reply to that user's `getinfo`. Python, because it is where every user may run it.
async fn asked_as(user: u32, rpc_file: &Path) -> Value {
    const ASK: &str = "
import socket, sys
daemon = socket.socket(socket.AF_UNIX)
daemon.connect(sys.argv[1])
try:
    daemon.sendall(b'{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"getinfo\",\"params\":[]}')
except BrokenPipeError:
    pass
said = b''
while not said.endswith(b'\\n\\n'):
    more = daemon.recv(65536)
    if not more:
        break
    said += more
sys.stdout.buffer.write(said)
";
    let mut python = tokio::process::Command::new("python3");
    python
        .args(["-c", ASK])
        .arg(rpc_file)
        .uid(user)
        .current_dir("/");
    let output = soon("the other user", python.output()).await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}
