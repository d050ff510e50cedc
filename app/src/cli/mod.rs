//! `ampere METHOD …`, and the few commands that are more than one call.

mod again;
mod args;
mod backup;
mod call;
mod completions;
mod db;
mod events;
mod export;
mod help;
mod output;
mod params;
mod pay;
mod payment;
mod table;
mod watch;

pub use args::{Args, misplaced};

use crate::config::{Config, DaemonFlags, Flags};
#[cfg(feature = "dev-network")]
use crate::demo;
use crate::exit::Exit;
use crate::say::say;
use crate::trouble::{report, trouble};
use args::Command;
use rpc::client::Client;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Does what the command line says. `started` is when the process was.
#[cfg_attr(
    not(feature = "dev-network"),
    expect(
        unused_variables,
        reason = "only the demo says how long the program has been up"
    )
)]
pub async fn run(args: Args, started: Instant) -> Exit {
    let style = params::Style::chosen(args.keywords, args.order);
    match args.command {
        #[cfg(feature = "dev-network")]
        Command::Demo { daemon } => demo::run(args.json, daemon, started).await,
        Command::Help { topic } => help::run(topic.as_deref()),
        Command::Completions { shell } => completions::run(shell),
        Command::Watch { payment_hash } => match connect(args.place).await {
            Ok((client, rpc_file)) => watch::run(client, rpc_file, payment_hash).await,
            Err(exit) => exit,
        },
        Command::Events(wanted) => match connect(args.place).await {
            Ok((client, rpc_file)) => events::run(client, rpc_file, wanted).await,
            Err(exit) => exit,
        },
        Command::Pay(options) => {
            let pay = match pay::Pay::read(*options, style, args.json) {
                Ok(pay) => pay,
                Err(why) => return failed(&why, Exit::Usage),
            };
            match connect(args.place.clone()).await {
                Ok((client, rpc_file)) => {
                    let asked = pay::Asked::new(rpc_file, &args.place);
                    pay.run(client, asked).await
                }
                Err(exit) => exit,
            }
        }
        Command::Export(options) => {
            if let Err(why) = options.check() {
                return failed(&why, Exit::Usage);
            }
            match connect(args.place).await {
                Ok((client, _)) => export::run(client, *options).await,
                Err(exit) => exit,
            }
        }
        Command::Backup { file } => backup::run(args.place, &file, args.json).await,
        Command::Db(args::Db::Check { file }) => db::check(args.place, file),
        Command::Method(words) => {
            let request = match call::Request::read(&words, style) {
                Ok(request) => request,
                Err(why) => return failed(&why, Exit::Usage),
            };
            match connect(args.place).await {
                Ok((client, _)) => call::run(client, request, args.json).await,
                Err(exit) => exit,
            }
        }
    }
}

/// A connection, and where it leads.
async fn connect(place: Flags) -> Result<(Client, PathBuf), Exit> {
    let rpc_file = rpc_file(place).map_err(|why| failed(&why, Exit::Usage))?;
    match Client::connect(&rpc_file).await {
        Ok(client) => Ok((client, rpc_file)),
        Err(why) => Err(failed(&no_daemon(&rpc_file, &why), Exit::NoConnection)),
    }
}

fn rpc_file(place: Flags) -> anyhow::Result<PathBuf> {
    let config = Config::load(place, DaemonFlags::default(), std::env::vars_os())?;
    Ok(config.rpc_file)
}

fn no_daemon(rpc_file: &Path, why: &std::io::Error) -> anyhow::Error {
    let what = format!("no connection to a daemon at {}", rpc_file.display());
    let help = "start one (`ampered --node …`), or say where it is with --data-dir or --rpc-file";
    trouble(what, why, help)
}

fn failed(why: &anyhow::Error, exit: Exit) -> Exit {
    say!("{}", report(why));
    exit
}
