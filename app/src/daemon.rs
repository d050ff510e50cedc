//! Store, node, engine and socket, wired together: the only place that names concrete adapters.

#[cfg_attr(not(feature = "dev-network"), path = "daemon/no_dev.rs")]
mod dev;
mod nodes;
mod ways;

use crate::clock::SystemClock;
use crate::config::{Config, NodeConfig, to_lightningd};
use crate::crash;
use crate::data_dir::{self, Lock};
use crate::lines::Report;
use crate::logging;
use crate::shutdown::Shutdown;
use crate::spawner::TokioSpawner;
use crate::trouble::trouble;
use crate::used::Used;
use dev::Dev;
use domain::{
    Backups, Engine, Incoming, IncomingStore, NodePorts, PaymentApi, PaymentStore, Policy, Ports,
    UnrecordedStore, Ways,
};
use nodes::Nodes;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use storage::{OpenError, SqliteStore};
use tokio::task::JoinSet;

/// A daemon that owns its data directory.
pub struct Daemon {
    running: Running,
    _locks: Vec<Lock>,
}

impl Daemon {
    /// Takes the data directory, brings everything up, and says so.
    pub async fn start(config: Config, shutdown: &Shutdown) -> anyhow::Result<Daemon> {
        data_dir::create(&config.data_dir)?;
        data_dir::refuse_if_others_write(data_dir::folder_of(&config.database))?;
        let locks = data_dir::lock_both(&config.data_dir, &config.database)?;
        let names: Vec<String> = config.nodes.iter().map(|n| n.name.clone()).collect();
        let assembly = Assembly {
            pass_on: to_lightningd(config.pass_on.as_ref(), &config.nodes),
            nodes: config.nodes,
            home: Some(config.data_dir.clone()),
            state: Some(config.data_dir),
            database: config.database,
            rpc_file: Some(config.rpc_file.clone()),
            limits: config.limits,
            policy: config.policy.into(),
            arrivals: cln::Arrivals::default(),
        };
        let running = Running::start(&assembly, shutdown).await?;
        tracing::info!(
            target: "ampere::ready",
            "ampered is ready: socket {}, database {}, {} {}",
            config.rpc_file.display(),
            assembly.database.display(),
            if names.len() == 1 { "node" } else { "nodes" },
            names.join(", "),
        );
        crash::planted_in_a_thread();
        Ok(Daemon {
            running,
            _locks: locks,
        })
    }

    /// Serves until asked to stop, and then stops in good order.
    pub async fn run(self, shutdown: Shutdown) {
        self.running.serve(shutdown).await;
        tracing::info!("ampered has stopped");
    }
}

/// What is to be wired together.
pub struct Assembly {
    /// Which nodes; the first is the default.
    pub nodes: Vec<NodeConfig>,
    /// Where what is not ours is passed on to.
    pub pass_on: Option<Arc<rpc::PassOn>>,
    /// What a data directory remembers of its database; nothing if it is for once.
    pub home: Option<PathBuf>,
    /// Where an embedded network keeps its state; in memory if nowhere.
    pub state: Option<PathBuf>,
    /// The SQLite database.
    pub database: PathBuf,
    /// The Unix socket, if there shall be one.
    pub rpc_file: Option<PathBuf>,
    /// The socket's limits.
    pub limits: rpc::Limits,
    /// The engine's limits.
    pub policy: Policy,
    /// What a plugin's hook sees; nothing beside a node.
    pub arrivals: cln::Arrivals,
}

/// Everything, up and wired; nothing is served before [`Running::serve`].
pub struct Running {
    store: Arc<SqliteStore>,
    nodes: Nodes,
    engine: Arc<Engine>,
    server: Option<rpc::Server>,
    calls: rpc::InProcess,
    /// The nodes' graphs are followed for as long as this is there.
    _following: JoinSet<()>,
}

impl Running {
    /// Brings everything up: storage, nodes, engine (which looks up every live part), socket.
    pub async fn start(assembly: &Assembly, shutdown: &Shutdown) -> anyhow::Result<Running> {
        let store = open_store(assembly).await?;
        let group = nodes::group(store.installation());
        let (nodes, ports, views) = Nodes::start(
            &assembly.nodes,
            assembly.state.as_deref(),
            group,
            &assembly.arrivals,
        )
        .await?;
        let incoming = Incoming {
            store: Arc::clone(&store) as Arc<dyn IncomingStore>,
            nodes: nodes.receivers.clone(),
        };
        let (ways, following) = ways::start(views);
        let engine = start_engine(&store, ports, incoming, ways, assembly).await?;
        let services = rpc::Services {
            payments: Arc::clone(&engine) as Arc<dyn PaymentApi>,
            dev: nodes.dev.as_ref().map(Dev::network),
            invoices: nodes.dev.as_ref().map(Dev::invoices),
            pass_on: assembly.pass_on.clone(),
            about: about(assembly),
            networks: nodes.networks(),
            backups: Some(Arc::clone(&store) as Arc<dyn Backups>),
            log: Arc::new(log_report),
            stop: shutdown.callback(),
        };
        let calls = rpc::InProcess::new(services, assembly.limits.clone())?;
        let rpc_file = assembly.rpc_file.as_deref();
        let server = rpc_file
            .map(|rpc_file| bind(rpc_file, &calls))
            .transpose()?;
        Ok(Running {
            store,
            nodes,
            engine,
            server,
            calls,
            _following: following,
        })
    }

    /// The methods without a socket.
    pub fn calls(&self) -> rpc::InProcess {
        self.calls.clone()
    }

    /// Answers until asked to stop; then finishes what has begun, answers those who wait, and leaves
    /// parts pending.
    pub async fn serve(self, shutdown: Shutdown) {
        let close = async {
            // Whoever waits for a backup is told, too.
            self.store.stop_backups();
            self.engine.close().await;
        };
        if let Some(server) = self.server {
            server.run(shutdown.requested(), close).await;
        } else {
            shutdown.requested().await;
            close.await;
        }
        self.nodes.stop().await;
        self.store.close().await;
    }
}

fn bind(rpc_file: &Path, calls: &rpc::InProcess) -> anyhow::Result<rpc::Server> {
    rpc::Server::listen(rpc_file, calls).map_err(|why| {
        let what = format!("cannot listen on {}", rpc_file.display());
        let help = "choose another socket with --rpc-file (a path has at most 107 bytes)";
        trouble(what, why, help)
    })
}

fn about(assembly: &Assembly) -> rpc::About {
    let folder = assembly.database.parent().unwrap_or(&assembly.database);
    rpc::About {
        name: "ampered".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        data_dir: folder.display().to_string(),
    }
}

fn log_report() -> rpc::LogReport {
    let Report { alarms, trouble } = logging::report();
    rpc::LogReport { alarms, trouble }
}

async fn open_store(assembly: &Assembly) -> anyhow::Result<Arc<SqliteStore>> {
    let (database, home) = (&assembly.database, assembly.home.as_deref());
    let state = nodes::kept_state(&assembly.nodes, assembly.state.as_deref());
    let used = home.map(|home| Used::of(home, state)).transpose()?;
    let options = storage::Options {
        may_be_new: used.as_ref().is_none_or(Used::may_be_new),
        ..storage::Options::default()
    };
    let opened = SqliteStore::open(database, options).map_err(|why| {
        let what = format!("cannot open the database {}", database.display());
        let help = match (&why, &used) {
            (OpenError::Lost { .. }, Some(used)) => used.help(),
            (OpenError::ForeignLog { log, .. }, _) => format!(
                "nothing was changed. If that log is of a database that is lost, find that first: payments may \
                 be in it alone. To put a backup in its place, move {log} away as well (docs/backup.md)"
            ),
            _ => "nothing was sent; mend the cause, or choose another file with --database".to_owned(),
        };
        trouble(what, why, help)
    })?;
    let belongs = used.map_or(Ok(()), |used| used.belongs(database, opened.installation()));
    if let Err(error) = belongs {
        // As it was found: without a log that would be in the way of another.
        opened.close().await;
        return Err(error);
    }
    Ok(Arc::new(opened))
}

async fn start_engine(
    store: &Arc<SqliteStore>,
    nodes: Vec<NodePorts>,
    incoming: Incoming,
    ways: Ways,
    assembly: &Assembly,
) -> anyhow::Result<Arc<Engine>> {
    let ports = Ports {
        store: Arc::clone(store) as Arc<dyn PaymentStore>,
        unrecorded: Arc::clone(store) as Arc<dyn UnrecordedStore>,
        clock: Arc::new(SystemClock),
        spawner: Arc::new(TokioSpawner::current()),
        incoming: Some(incoming),
        ways: Some(ways),
        nodes,
    };
    let started = Engine::start(ports, assembly.policy.clone()).await;
    started.map_err(|why| {
        let help = "nothing was sent; mend the cause and start again";
        trouble("cannot start the payment engine", why, help)
    })
}
