//! Store, node, engine and socket, wired together: the only place that names concrete adapters.

use crate::clock::SystemClock;
use crate::config::{Config, NodeKind};
use crate::data_dir::{self, Lock};
use crate::shutdown::Shutdown;
use crate::spawner::TokioSpawner;
use crate::trouble::trouble;
use domain::{Engine, NodeName, NodePorts, PaymentApi, PaymentStore, Policy, Ports};
use ldk::Network;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use storage::SqliteStore;

/// A daemon that owns its data directory.
pub struct Daemon {
    running: Running,
    _locks: Vec<Lock>,
}

impl Daemon {
    /// Takes the data directory, brings everything up, and says so.
    pub async fn start(config: Config, shutdown: &Shutdown) -> anyhow::Result<Daemon> {
        data_dir::create(&config.data_dir)?;
        // Rule A-10: neither two daemons in one directory, nor two on one database by way of two
        // directories or of a link.
        let locks = vec![
            data_dir::lock(&config.data_dir)?,
            data_dir::lock(&data_dir::real_path(&config.database))?,
        ];
        let node = config.node;
        let assembly = Assembly {
            network_dir: Some(config.data_dir.join(node.as_str())),
            node,
            database: config.database,
            rpc_file: config.rpc_file,
            limits: config.limits,
            policy: config.policy.into(),
        };
        let running = Running::start(&assembly, shutdown).await?;
        tracing::info!(
            target: "ampere::ready",
            "ampered is ready: socket {}, database {}, node {}",
            assembly.rpc_file.display(),
            assembly.database.display(),
            node.as_str(),
        );
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
    /// Which node.
    pub node: NodeKind,
    /// Where the embedded network keeps its state; in memory if nowhere.
    pub network_dir: Option<PathBuf>,
    /// The SQLite database.
    pub database: PathBuf,
    /// The Unix socket.
    pub rpc_file: PathBuf,
    /// The socket's limits.
    pub limits: rpc::Limits,
    /// The engine's limits.
    pub policy: Policy,
}

/// Everything, up and wired; nothing is served before [`Running::serve`].
pub struct Running {
    store: Arc<SqliteStore>,
    network: Arc<Network>,
    engine: Arc<Engine>,
    server: rpc::Server,
}

impl Running {
    /// Brings everything up: storage, node, engine (which looks up every live part), socket.
    pub async fn start(assembly: &Assembly, shutdown: &Shutdown) -> anyhow::Result<Running> {
        let store = open_store(&assembly.database)?;
        let NodeKind::Embedded = assembly.node;
        let network = start_network(assembly.network_dir.as_deref()).await?;
        let engine = start_engine(&store, &network, assembly).await?;
        let services = rpc::Services {
            payments: Arc::clone(&engine) as Arc<dyn PaymentApi>,
            dev: Some(Arc::clone(&network) as Arc<dyn domain::DevNetwork>),
            about: about(assembly),
            stop: shutdown.callback(),
        };
        let limits = assembly.limits.clone();
        let bound = rpc::Server::bind(&assembly.rpc_file, services, limits);
        let server = bound.map_err(|why| {
            let what = format!("cannot listen on {}", assembly.rpc_file.display());
            let help = "choose another socket with --rpc-file (a path has at most 107 bytes)";
            trouble(what, why, help)
        })?;
        Ok(Running {
            store,
            network,
            engine,
            server,
        })
    }

    /// Answers until asked to stop; then finishes what has begun and leaves parts pending.
    pub async fn serve(self, shutdown: Shutdown) {
        self.server.run(shutdown.requested()).await;
        self.engine.close().await;
        self.network.stop().await;
        self.store.close().await;
    }
}

fn about(assembly: &Assembly) -> rpc::About {
    let NodeKind::Embedded = assembly.node;
    let folder = assembly.database.parent().unwrap_or(&assembly.database);
    rpc::About {
        name: "ampered".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        network: "regtest".to_owned(),
        data_dir: folder.display().to_string(),
    }
}

fn open_store(database: &Path) -> anyhow::Result<Arc<SqliteStore>> {
    let opened = SqliteStore::open(database, storage::Options::default());
    opened.map(Arc::new).map_err(|why| {
        let what = format!("cannot open the database {}", database.display());
        let help = "nothing was sent; mend the cause, or choose another file with --database";
        trouble(what, why, help)
    })
}

async fn start_network(dir: Option<&Path>) -> anyhow::Result<Arc<Network>> {
    if let Some(dir) = dir {
        data_dir::create(dir)?;
    }
    let options = ldk::Options {
        dir: dir.map(Path::to_owned),
    };
    Network::start(options).await.map_err(|why| {
        let help = "see the log above; parts stay as they are stored";
        trouble("cannot start the embedded Lightning network", why, help)
    })
}

async fn start_engine(
    store: &Arc<SqliteStore>,
    network: &Arc<Network>,
    assembly: &Assembly,
) -> anyhow::Result<Arc<Engine>> {
    let node = NodePorts {
        name: NodeName::new(assembly.node.as_str()),
        sender: network.sender(),
        listener: network.listener(),
    };
    let ports = Ports {
        store: Arc::clone(store) as Arc<dyn PaymentStore>,
        clock: Arc::new(SystemClock),
        spawner: Arc::new(TokioSpawner::current()),
        nodes: vec![node],
    };
    let started = Engine::start(ports, assembly.policy.clone()).await;
    started.map_err(|why| {
        let help = "nothing was sent; mend the cause and start again";
        trouble("cannot start the payment engine", why, help)
    })
}
