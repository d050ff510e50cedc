//! What a daemon is told: flags > environment (`AMPERE_…`) > `DIR/ampere.toml` > defaults.
//!
//! | key | flag | variable | default |
//! |---|---|---|---|
//! | – | `--data-dir` | `AMPERE_DATA_DIR` | `$HOME/.ampere` |
//! | `rpc_file` | `--rpc-file` | `AMPERE_RPC_FILE` | `DIR/ampere-rpc` |
//! | `database` | `--database` | `AMPERE_DATABASE` | `DIR/ampere.sqlite3` |
//! | `node`, `[[node]]` | `--node` | `AMPERE_NODE` | none: a daemon is told which |
//! | `pass_on` | `--pass-on` | `AMPERE_PASS_ON` | `all`, in front of a lightningd |
//! | `log` | `--log` | `AMPERE_LOG` | `info` |
//! | `log_format` | `--log-format` | `AMPERE_LOG_FORMAT` | `plain` |
//! | `[limits]` | – | `AMPERE_LIMITS_…` | [`rpc::Limits`] |
//! | `[policy]` | – | `AMPERE_POLICY_…` | [`domain::Policy`] |
//!
//! Paths in the file are relative to the file; paths elsewhere to where the program was started.

mod environment;
mod file;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod nodes;
mod pass_on;
mod policy;
mod settings;

pub use nodes::{Address, NodeConfig, NotNode};
pub(crate) use pass_on::to_lightningd;
pub use policy::PolicySettings;

use crate::logging::{self, LogFormat};
use crate::trouble::trouble;
use environment::Environment;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use toml::Table;

/// The name of the file in the data directory.
pub const FILE_NAME: &str = "ampere.toml";

/// What a command line may say; the strongest layer.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Flags {
    /// Where everything is kept [default: $HOME/.ampere]
    #[arg(long, value_name = "DIR", global = true)]
    pub data_dir: Option<PathBuf>,
    /// The daemon's Unix socket [default: DIR/ampere-rpc]
    #[arg(long, value_name = "PATH", global = true)]
    pub rpc_file: Option<PathBuf>,
}

/// What only the daemon's command line may say besides.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct DaemonFlags {
    /// A Lightning node that sends parts: `cln:/path/to/lightning-rpc`, or `embedded` for a regtest
    /// network of its own (and `embedded:grace` for a second node of that); with a name before it if there
    /// are several, the first being the default
    #[arg(long, value_name = "[NAME=]NODE")]
    pub node: Vec<NodeConfig>,
    /// Which methods of the default node's lightningd are passed on to it, beside Ampere's own: `all`,
    /// `safe` (none that moves the node's money, or uses or changes its keys), `none`, or a method, once
    /// for each [default: all]
    #[arg(long, value_name = "WHICH")]
    pub pass_on: Vec<String>,
    /// The SQLite database [default: DIR/ampere.sqlite3]
    #[arg(long, value_name = "FILE")]
    pub database: Option<PathBuf>,
    /// What is logged: error, warn, info, debug, trace, or `warn,rpc=debug` [default: info]
    #[arg(long, value_name = "FILTER", alias = "log-level")]
    pub log: Option<String>,
    /// How log lines look on stderr [default: plain]
    #[arg(long, value_enum)]
    pub log_format: Option<LogFormat>,
}

/// What holds, once all layers are laid over each other.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// The Unix socket.
    pub rpc_file: PathBuf,
    /// The SQLite database.
    pub database: PathBuf,
    /// The Lightning nodes that send the parts; the first is the default. None if none is named, which
    /// is enough for whoever only asks a daemon.
    pub nodes: Vec<NodeConfig>,
    /// Which methods are passed on to the default node's lightningd, if anything says so.
    pub pass_on: Option<rpc::PassedOn>,
    /// What is logged.
    pub log: String,
    /// How log lines look.
    pub log_format: LogFormat,
    /// The socket's limits.
    pub limits: rpc::Limits,
    /// The engine's limits.
    pub policy: PolicySettings,
}

impl Config {
    /// Lays all layers over each other. `variables` is the environment.
    pub fn load(
        flags: Flags,
        daemon: DaemonFlags,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> anyhow::Result<Config> {
        Config::laid_over(file::read, flags, daemon, variables)
    }

    fn laid_over(
        file: impl FnOnce(&Path) -> anyhow::Result<Table>,
        flags: Flags,
        daemon: DaemonFlags,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> anyhow::Result<Config> {
        let environment = Environment::read(variables)?;
        let data_dir = match flags.data_dir.or(environment.data_dir) {
            Some(dir) => std::path::absolute(dir)?,
            None => default_data_dir(environment.home)?,
        };
        let file = file(&data_dir)?;
        let settings = settings::merge(file, environment.table)?;
        Ok(Config {
            rpc_file: place(flags.rpc_file, settings.rpc_file, &data_dir, "ampere-rpc")?,
            database: place(
                daemon.database,
                settings.database,
                &data_dir,
                "ampere.sqlite3",
            )?,
            nodes: nodes(daemon.node, settings.node)?,
            pass_on: pass_on::chosen(&daemon.pass_on, settings.pass_on)?,
            log: daemon
                .log
                .or(settings.log)
                .unwrap_or(logging::DEFAULT_FILTER.to_owned()),
            log_format: daemon.log_format.unwrap_or(settings.log_format),
            limits: settings.limits,
            policy: settings.policy,
            data_dir,
        })
    }

    /// Refuses to go on without a node, with a node at our own socket, or with `pass_on` without a lightningd. The
    /// embedded network is for trying things: an installation whose `node` was forgotten must not find itself
    /// on it.
    pub fn with_nodes(self) -> anyhow::Result<Config> {
        if !self.nodes.is_empty() {
            pass_on::refuse_without_lightningd(self.pass_on.as_ref(), &self.nodes)?;
            nodes::refuse_own_socket(&self.rpc_file, &self.nodes)?;
            return Ok(self);
        }
        let file = self.data_dir.join(FILE_NAME);
        let why = format!(
            "neither --node nor AMPERE_NODE nor {} names one",
            file.display()
        );
        let help = "`ampered --node cln:/path/to/lightning-rpc` drives your lightningd; \
                    `ampered --node embedded` starts a regtest network of its own, to try things with";
        Err(trouble("no Lightning node is configured", why, help))
    }
}

fn nodes(flags: Vec<NodeConfig>, settings: nodes::Nodes) -> anyhow::Result<Vec<NodeConfig>> {
    let chosen = nodes::chosen(flags, settings).map_err(|why| {
        let help = "mend --node, AMPERE_NODE or the file's `node`";
        trouble("cannot use these nodes", why, help)
    })?;
    let here = std::env::current_dir()?;
    Ok(chosen.into_iter().map(|node| node.within(&here)).collect())
}

fn place(
    flag: Option<PathBuf>,
    setting: Option<PathBuf>,
    data_dir: &Path,
    name: &str,
) -> anyhow::Result<PathBuf> {
    let chosen = flag.or(setting).unwrap_or_else(|| data_dir.join(name));
    Ok(std::path::absolute(chosen)?)
}

fn default_data_dir(home: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    let home = home.filter(|home| home.is_absolute());
    home.map(|home| home.join(".ampere")).ok_or_else(|| {
        let why = "HOME is not set";
        trouble("no data directory", why, "say which with --data-dir DIR")
    })
}

#[cfg(test)]
mod tests;
