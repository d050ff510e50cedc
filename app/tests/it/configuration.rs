//! Flags > environment > file > defaults, in the real program; what is unknown is named.

use crate::support::{Daemon, Home, soon};
use serde_json::json;
use std::path::Path;
use tokio::process::Command;

async fn refusal(mut command: Command) -> String {
    let output = soon("ampered", command.output()).await.unwrap();
    assert_eq!(output.status.code(), Some(3));
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn each_layer_beats_those_below_it() {
    let home = Home::new();
    let at = |name: &str| home.path().join(name);
    let (file, variable, flag) = (at("of-file"), at("of-variable"), at("of-flag"));
    // Layer after layer is added; the one added last wins.
    serves_on(home.ampered(), &at("ampere-rpc")).await;
    std::fs::write(at("ampere.toml"), "rpc_file = 'of-file'").unwrap();
    serves_on(home.ampered(), &file).await;
    let mut command = home.ampered();
    command.env("AMPERE_RPC_FILE", &variable);
    serves_on(command, &variable).await;
    let mut command = home.ampered();
    command
        .env("AMPERE_RPC_FILE", &variable)
        .arg("--rpc-file")
        .arg(&flag);
    serves_on(command, &flag).await;
}

async fn serves_on(command: Command, socket: &Path) {
    let daemon = Daemon::spawn(command, socket.to_owned()).await;
    let said = format!("socket {}", socket.display());
    assert!(daemon.log().contains(&said), "{}", daemon.log());
    daemon.ok("getinfo", json!([])).await;
    daemon.terminate().await;
}

/// A production install whose `node` was forgotten does not find itself on a regtest network.
#[tokio::test]
async fn without_a_node_no_daemon_starts_and_it_says_how_to_name_one() {
    let home = Home::new();
    let mut command = home.ampered();
    command.env_remove("AMPERE_NODE");
    let said = refusal(command).await;
    for word in [
        "no Lightning node is configured",
        "--node cln:/path/to/lightning-rpc",
        "--node embedded",
        "ampere.toml",
    ] {
        assert!(said.contains(word), "{word}: {said}");
    }
    let left = std::fs::read_dir(home.path()).unwrap().count();
    assert_eq!(left, 0, "nothing was made");
}

#[tokio::test]
async fn the_flag_log_wins_and_a_wrong_filter_is_told() {
    let home = Home::new();
    let mut command = home.ampered();
    command
        .args(["--log", "rpc=debug"])
        .env("AMPERE_LOG", "error");
    let daemon = Daemon::spawn(command, home.path().join("ampere-rpc")).await;
    daemon.ok("getinfo", json!([])).await;
    let log = daemon.terminated().await;
    assert!(log.contains("request answered"), "{log}");
    let mut command = home.ampered();
    command.args(["--log", "rpc=loud"]);
    let said = refusal(command).await;
    assert!(
        said.contains("rpc=loud") && said.contains("debug"),
        "{said}"
    );
    let mut command = home.ampered();
    command.args(["--log", "debg"]);
    let said = refusal(command).await;
    assert!(said.contains("did you mean debug?"), "{said}");
}

#[tokio::test]
async fn an_unknown_key_of_the_file_is_an_error_that_names_it() {
    let cases = [
        ("databse = 'x'", "`databse`", "`database`"),
        ("[limits]\nconections = 3", "`conections`", "`connections`"),
        ("[policy]\nwaiter_max = 3", "`waiter_max`", "`waiters_max`"),
    ];
    for (text, unknown, nearest) in cases {
        let home = Home::new();
        std::fs::write(home.path().join("ampere.toml"), text).unwrap();
        let said = refusal(home.ampered()).await;
        assert!(said.contains(unknown) && said.contains(nearest), "{said}");
    }
}

#[tokio::test]
async fn an_unknown_variable_is_an_error_that_names_it() {
    let home = Home::new();
    let mut command = home.ampered();
    command.env("AMPERE_RPCFILE", "x");
    let said = refusal(command).await;
    assert!(
        said.contains("AMPERE_RPCFILE") && said.contains("AMPERE_RPC_FILE"),
        "{said}"
    );
}

#[tokio::test]
async fn the_limits_of_the_file_hold_on_the_socket() {
    let home = Home::new();
    let text = "[limits]\npage_default = 1\n[policy]\nwaiters_max = 1";
    std::fs::write(home.path().join("ampere.toml"), text).unwrap();
    let daemon = home.start().await;
    let invoice = daemon.invoice().await;
    daemon.pay_in_two(&invoice).await;
    let page = daemon.ok("listpartialpayments", json!([])).await;
    assert_eq!(page["partialpayments"].as_array().unwrap().len(), 1);
    assert_eq!(page["next"], 2, "{page}");
}

#[tokio::test]
async fn logs_can_be_json() {
    let home = Home::new();
    let mut command = home.ampered();
    command
        .args(["--log-format", "json"])
        .env("AMPERE_LOG", "error");
    let daemon = Daemon::spawn(command, home.path().join("ampere-rpc")).await;
    let log = daemon.log();
    let line: serde_json::Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    let message = line["message"].as_str().unwrap();
    assert!(message.contains("ampered is ready"), "{line}");
    daemon.terminate().await;
}
