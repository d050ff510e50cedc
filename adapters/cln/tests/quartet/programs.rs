//! The programs a quartet runs, as the environment names them.

use std::env;
use std::path::{Path, PathBuf};

/// Where the programs are.
#[derive(Debug, Clone)]
pub struct Programs {
    /// `LIGHTNINGD`
    pub lightningd: PathBuf,
    /// Next to `lightningd`.
    pub lightning_cli: PathBuf,
    /// `BITCOIND`
    pub bitcoind: PathBuf,
    /// Next to `bitcoind`.
    pub bitcoin_cli: PathBuf,
}

impl Programs {
    /// The programs `LIGHTNINGD` and `BITCOIND` name, and the clients next to them.
    ///
    /// # Panics
    /// If a variable is not set, or a program is not there.
    pub fn from_env() -> Self {
        let lightningd = named_by("LIGHTNINGD");
        let bitcoind = named_by("BITCOIND");
        Self {
            lightning_cli: next_to(&lightningd, "lightning-cli", "LIGHTNINGD"),
            lightningd,
            bitcoin_cli: next_to(&bitcoind, "bitcoin-cli", "BITCOIND"),
            bitcoind,
        }
    }
}

fn named_by(variable: &str) -> PathBuf {
    let Some(path) = env::var_os(variable).map(PathBuf::from) else {
        panic!("{variable} is not set: it has to be the path of a program");
    };
    assert!(
        path.is_file(),
        "{variable} is {}, which is not a file",
        path.display()
    );
    path
}

fn next_to(program: &Path, name: &str, variable: &str) -> PathBuf {
    let path = program.with_file_name(name);
    assert!(
        path.is_file(),
        "there is no {name} next to {variable} ({})",
        program.display()
    );
    path
}
