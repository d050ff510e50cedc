//! The daemon.

#![warn(clippy::print_stderr, clippy::print_stdout)]
use ampere::config::{Config, DaemonFlags, Flags};
use ampere::daemon::Daemon;
use ampere::exit::{Exit, after_clap};
use ampere::say::tell;
use ampere::shutdown::Shutdown;
use ampere::{crash, descriptors, logging, plugin, privacy, trouble};
use clap::Parser;
use std::process::ExitCode;

const MORE: &str = "\
Examples:
  ampered --node cln:/path/lightning-rpc drive a lightningd (so does lightningd itself, with
                                         plugin=/path/to/ampered); everything in ~/.ampere
  ampered --node embedded --data-dir /tmp/a
                                         a regtest network of its own, to try things with; with
                                         --node embedded:grace two nodes of it
  ampered --node … --log debug           more to read
  ampere --data-dir /tmp/a getinfo       ask the one in /tmp/a
  ampere --data-dir /tmp/a stop          end it (so do SIGTERM and Ctrl-C)

Flags win over the environment (AMPERE_DATA_DIR, AMPERE_RPC_FILE, AMPERE_DATABASE, AMPERE_NODE,
AMPERE_PASS_ON, AMPERE_LOG, AMPERE_LOG_FORMAT, AMPERE_LIMITS_…, AMPERE_POLICY_…), which wins over DIR/ampere.toml:

  rpc_file = \"ampere-rpc\"
  log = \"warn,rpc=debug\"
  node = \"cln:/path/to/lightning-rpc\"  # or \"embedded\"; several: [[node]] with a name and an
                                       # address each
  pass_on = \"safe\"                     # of lightningd's methods: all, safe, none or a list
  [limits]        # of the socket
  [policy]        # of the engine
  waiters_max = 1000

Exit status: 0 stopped in good order, 1 could not run, 3 the command line or the configuration makes no
sense.";

/// The Ampere daemon: owns the partial payments of a Lightning node.
#[derive(Parser)]
#[command(name = "ampered", version, after_help = MORE)]
struct Args {
    #[command(flatten)]
    place: Flags,
    #[command(flatten)]
    daemon: DaemonFlags,
}

#[tokio::main]
async fn main() -> ExitCode {
    crash::abort_on_panic();
    if let Err(error) = privacy::guard() {
        return failed(&error, Exit::Error).into();
    }
    if plugin::is_asked_for() {
        serve_lightningd().await;
    }
    let exit = match Args::try_parse() {
        Err(error) => after_clap(&error),
        Ok(args) => match configured(args) {
            Ok(config) => run(config).await,
            Err(error) => failed(&error, Exit::Usage),
        },
    };
    logging::flush();
    exit.into()
}

fn failed(error: &anyhow::Error, exit: Exit) -> Exit {
    tell(trouble::report(error));
    exit
}

/// Ends the process itself: a read of stdin that is under way would keep the runtime alive.
async fn serve_lightningd() -> ! {
    let exit = match plugin::run().await {
        Ok(()) => 0,
        Err(error) => {
            failed(&error, Exit::Error);
            1
        }
    };
    logging::flush();
    std::process::exit(exit)
}

/// What is to be run; from here on there is a log.
fn configured(args: Args) -> anyhow::Result<Config> {
    let config = Config::load(args.place, args.daemon, std::env::vars_os())?.with_nodes()?;
    logging::start(&config.log, config.log_format)?;
    Ok(config)
}

async fn run(config: Config) -> Exit {
    match serve(config).await {
        Ok(()) => Exit::Ok,
        Err(error) => failed(&error, Exit::Error),
    }
}

async fn serve(config: Config) -> anyhow::Result<()> {
    descriptors::raise();
    let shutdown = Shutdown::default();
    shutdown.on_signals()?;
    let daemon = Daemon::start(config, &shutdown).await?;
    daemon.run(shutdown).await;
    Ok(())
}
