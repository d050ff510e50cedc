//! `ampered` as a plugin of lightningd: the same daemon, whose callers come by way of lightningd's own
//! socket (`lightning-cli sendpartialpay …`).
//!
//! stdout belongs to the protocol; log lines go to lightningd's own log. Storage, engine and nodes run in
//! threads of their own: whatever they wait for, lightningd's hook is answered (rule A-12).

mod hook;
mod output;
mod prepare;

use crate::daemon::{Assembly, Running};
use crate::data_dir;
use crate::lines::Lines;
use crate::logging;
use crate::shutdown::Shutdown;
use anyhow::Context;
use cln::Arrivals;
use cln_plugin::options::{DefaultStringConfigOption, StringConfigOption};
use cln_plugin::{Builder, ConfiguredPlugin, Plugin, RpcMethodBuilder};
use output::{Answers, Output};
use prepare::prepare;
use rpc::{InProcess, NotDone};
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::io::{Stdin, stdin};
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};

/// What lightningd registers, by its name there and here. `sendpay` and `waitsendpay` stay lightningd's
/// own; so does whatever begins with `autoclean`, which is a plugin of its.
/// `pay`, `xpay` and `listpays` are lightningd's there.
const METHODS: [(&str, &str); 15] = [
    ("ampere-pay", "pay"),
    ("ampere-estimate", "estimate"),
    ("ampere-listpays", "listpays"),
    ("abandonpay", "abandonpay"),
    ("sendpartialpay", "sendpartialpay"),
    ("waitpartialpay", "waitpartialpay"),
    ("listpartialpayments", "listpartialpayments"),
    ("listpartialinvoices", "listpartialinvoices"),
    ("listpayments", "listpayments"),
    ("waitpayment", "waitpayment"),
    ("listevents", "listevents"),
    ("resolvepart", "resolvepart"),
    ("delpayment", "delpayment"),
    ("ampere-autoclean", "autoclean"),
    ("ampere-backup", "backup"),
];

const DATABASE: StringConfigOption<'_> = StringConfigOption::new_str_no_default(
    "ampere-database",
    "Ampere's SQLite database [default: ampere/ampere.sqlite3 in the lightning directory]",
);
const RPC_FILE: StringConfigOption<'_> = StringConfigOption::new_str_no_default(
    "ampere-rpc-file",
    "Ampere's own Unix socket, with all of its methods [default: none]",
);
const OFFER_BY: DefaultStringConfigOption<'_> = DefaultStringConfigOption::new_str_with_default(
    "ampere-offer-by",
    "sendonion",
    "How Ampere hands its parts to lightningd: sendonion, or sendpay for lightningd's own guard of the \
     total as well",
);

/// How long another daemon may take to let go of the database.
const LOCK_PATIENCE: Duration = Duration::from_secs(30);
const LOCK_PAUSE: Duration = Duration::from_millis(50);

type Configured = ConfiguredPlugin<State, Stdin, Output>;

/// What the callbacks are given: the methods, once the daemon is up, and where the hook takes its notes.
#[derive(Clone)]
struct State {
    phase: watch::Receiver<Phase>,
    arrivals: Arrivals,
    answers: Answers,
}

#[derive(Clone)]
enum Phase {
    Starting,
    /// The methods, and where they run.
    Up(InProcess, Handle),
    Failed(String),
}

/// Whether lightningd has started this process.
pub fn is_asked_for() -> bool {
    std::env::var_os("LIGHTNINGD_PLUGIN").is_some_and(|value| value == "1")
}

/// Serves lightningd until it closes our stdin, or asks us to stop.
pub async fn run() -> anyhow::Result<()> {
    let lines = Lines::start(std::io::stdout())?;
    logging::start_for_lightningd(&lines);
    let (output, answers) = Output::into(lines.clone());
    let Some(configured) = builder(output).configure().await? else {
        // lightningd only wanted to know what there is (`--help`).
        return Ok(());
    };
    without_requests_in_the_log();
    let (phase, known) = watch::channel(Phase::Starting);
    let (assembly, data_dir) = match prepare(&configured) {
        Ok(prepared) => prepared,
        Err(error) => return configured.disable(&format!("ampere: {error:#}")).await,
    };
    let shutdown = Shutdown::default();
    shutdown.on_signals()?;
    let state = State {
        phase: known.clone(),
        arrivals: assembly.arrivals.clone(),
        answers: answers.clone(),
    };
    let plugin = configured.start(state).await?;
    let ending = shutdown.clone();
    let gone = tokio::spawn(async move {
        // However it ends: nobody can be served any more.
        let _ = plugin.join().await;
        ending.request();
    });
    let ending = shutdown.clone();
    tokio::spawn(async move {
        // lightningd has gone, or will never hear an answer.
        std::future::poll_fn(|cx| lines.poll_broken(cx)).await;
        ending.request();
    });
    // lightningd serves its plugins' own calls only once they have been started; so this comes last.
    let wish = shutdown.clone();
    let over = apart(async move || serve(&assembly, &data_dir, &phase, &wish).await)?;
    tokio::select! {
        over = over => over.context("a bug stopped ampere; parts stay as they are stored")?,
        () = async {
            shutdown.requested().await;
            // Once it is up it stops in good order; before that there is nothing to lose.
            if matches!(*known.borrow(), Phase::Up(..)) {
                std::future::pending::<()>().await;
            }
        } => {}
    }
    tokio::select! {
        () = answers.given() => {}
        _ = gone => {}
    }
    Ok(())
}

/// Runs it in threads of its own, and tells when it is over.
fn apart<W>(work: impl FnOnce() -> W + Send + 'static) -> anyhow::Result<oneshot::Receiver<()>>
where
    W: Future<Output = ()>,
{
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.enable_all().build()?;
    let (told, over) = oneshot::channel();
    let thread = std::thread::Builder::new().name("ampere".to_owned());
    thread.spawn(move || {
        runtime.block_on(work());
        // Whoever waits for it may have been asked to stop.
        let _ = told.send(());
    })?;
    Ok(over)
}

/// At trace (`CLN_PLUGIN_LOG=trace`) cln-plugin writes each request to lightningd's log, and what it
/// carries: secrets, invoices (rule A-15).
fn without_requests_in_the_log() {
    log::set_max_level(log::max_level().min(log::LevelFilter::Debug));
}

/// From the locks to the end.
async fn serve(
    assembly: &Assembly,
    data_dir: &Path,
    phase: &watch::Sender<Phase>,
    shutdown: &Shutdown,
) {
    let started = async {
        let locks = take_locks(data_dir, &assembly.database).await?;
        Ok((Running::start(assembly, shutdown).await?, locks))
    };
    let started: anyhow::Result<_> = started.await;
    match started {
        Ok((running, _locks)) => {
            phase.send_replace(Phase::Up(running.calls(), Handle::current()));
            tracing::info!("ampere is ready: database {}", assembly.database.display());
            running.serve(shutdown.clone()).await;
        }
        Err(error) => {
            tracing::error!("ampere could not start: {error:#}");
            phase.send_replace(Phase::Failed(format!("{error:#}")));
            // Whoever calls is told why.
            shutdown.clone().requested().await;
        }
    }
}

/// The plugin of a lightningd that was killed a moment ago may not have ended yet.
async fn take_locks(dir: &Path, database: &Path) -> anyhow::Result<Vec<data_dir::Lock>> {
    let began = Instant::now();
    loop {
        match data_dir::lock_both(dir, database) {
            Err(_) if began.elapsed() < LOCK_PATIENCE => tokio::time::sleep(LOCK_PAUSE).await,
            locks => return locks,
        }
    }
}

fn builder(output: Output) -> Builder<State, Stdin, Output> {
    let mut builder = Builder::new(stdin(), output)
        .with_logging(false)
        .dynamic()
        .option(DATABASE)
        .option(RPC_FILE)
        .option(OFFER_BY)
        .hook(hook::NAME, htlc_accepted);
    let named = |(name, ours)| Some((name, rpc::methods::named(ours)?));
    for (name, method) in METHODS.into_iter().filter_map(named) {
        let usage = method.usage();
        // lightningd writes the name before the usage itself.
        let usage = usage.split_once(' ').map_or("", |(_, params)| params);
        let callback = move |plugin: Plugin<State>, params| call(method.name, plugin, params);
        let method = RpcMethodBuilder::new(name, callback)
            .description(method.description)
            .usage(usage);
        builder = builder.rpcmethod_from_builder(method);
    }
    builder
}

async fn htlc_accepted(plugin: Plugin<State>, request: Value) -> anyhow::Result<Value> {
    plugin.state().answers.is_asked();
    Ok(hook::let_pass(|| plugin.state().arrivals.note(&request)))
}

async fn call(method: &'static str, plugin: Plugin<State>, params: Value) -> anyhow::Result<Value> {
    plugin.state().answers.is_asked();
    let mut phase = plugin.state().phase.clone();
    let is_settled = |phase: &Phase| !matches!(phase, Phase::Starting);
    let settled = phase.wait_for(is_settled).await;
    let settled = settled.map_or(Phase::Starting, |phase| phase.clone());
    let (calls, threads) = match settled {
        Phase::Up(calls, threads) => (calls, threads),
        Phase::Failed(reason) => {
            let what = format!("ampere could not start: {reason}");
            return Err(told(&unavailable(&what)));
        }
        Phase::Starting => return Err(told(&unavailable("ampere is stopping"))),
    };
    let result = threads.spawn(async move { calls.call(method, &params).await });
    let result = result.await?.map_err(|error| told(&error))?;
    Ok(serde_json::from_str(result.get())?)
}

/// cln-plugin passes an error on unchanged if its text is the error object.
fn told(error: &NotDone) -> anyhow::Error {
    let text = serde_json::to_string(error);
    anyhow::Error::msg(text.unwrap_or_else(|why| why.to_string()))
}

fn unavailable(message: &str) -> NotDone {
    NotDone {
        code: rpc::error::Code::Busy.number(),
        message: format!("{message}; this call changed nothing"),
        data: None,
    }
}
