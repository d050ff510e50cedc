//! What must hold whatever a configuration says: the body of the fuzz target in `fuzz/`.
//!
//! It takes any bytes, and panics if a promise is broken.

use super::{Address, Config, DaemonFlags, FILE_NAME, Flags, file};
use crate::trouble;
use domain::Policy;
use std::collections::HashSet;
use std::ffi::OsString;
use std::path::Path;

const DATA_DIR: &str = "/data";

/// The file's text, then lines of the environment's and of `--node`, each part after a zero byte. What is
/// taken is whole and makes sense, also when it is read once more; what is not is refused with words.
pub fn configuration(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let mut parts = text.split('\0');
    let file = parts.next().unwrap_or_default();
    let environment = parts.next().unwrap_or_default();
    let nodes = parts.next().unwrap_or_default();
    match load(file, environment, nodes) {
        Ok(config) => {
            makes_sense(&config);
            let again = load(file, environment, nodes).expect("it was read before");
            assert_eq!(format!("{config:?}"), format!("{again:?}"));
        }
        Err(error) => {
            let said = trouble::report(&error);
            assert!(said.starts_with("error: "), "{said}");
            assert!(
                said.len() < 4_096 + 4 * bytes.len(),
                "{} bytes of words",
                said.len()
            );
        }
    }
}

fn load(text: &str, environment: &str, nodes: &str) -> anyhow::Result<Config> {
    let variables = environment.lines().filter_map(|line| line.split_once('='));
    let variables = variables
        .filter(|(name, _)| !matches!(*name, "HOME" | "AMPERE_DATA_DIR"))
        .map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let mut daemon = DaemonFlags::default();
    for node in nodes.lines() {
        daemon.node.push(node.parse()?);
    }
    let flags = Flags {
        data_dir: Some(DATA_DIR.into()),
        rpc_file: None,
    };
    let read = |dir: &Path| file::understood(dir, &dir.join(FILE_NAME), text);
    Config::laid_over(read, flags, daemon, variables)
}

fn makes_sense(config: &Config) {
    for path in [&config.rpc_file, &config.database, &config.data_dir] {
        assert!(path.is_absolute(), "{}", path.display());
    }
    let names: HashSet<&str> = config.nodes.iter().map(|node| node.name.as_str()).collect();
    assert!(names.len() == config.nodes.len() && !names.contains(""));
    for node in &config.nodes {
        match &node.address {
            Address::Embedded | Address::EmbeddedGrace => {}
            Address::Cln(socket) => assert!(socket.is_absolute(), "{}", socket.display()),
        }
        assert_eq!(node.address.to_string().parse(), Ok(node.address.clone()));
    }
    let policy = Policy::from(config.policy.clone());
    assert!(policy.backoff.0 <= policy.backoff.1);
    assert!(policy.decisions_max > 0 && policy.waiters_max > 0 && policy.node_calls_max > 0);
}
