//! The command line.

#![warn(clippy::print_stderr, clippy::print_stdout)]
use ampere::cli::{self, Args};
use ampere::exit::after_clap;
use ampere::logging;
use ampere::say::tell;
use clap::Parser;
use std::process::ExitCode;
use std::time::Instant;

#[tokio::main]
async fn main() -> ExitCode {
    let started = Instant::now();
    let exit = match Args::try_parse() {
        Ok(args) => cli::run(args, started).await,
        Err(error) => {
            let exit = after_clap(&error);
            if let Some(help) = cli::misplaced(&error) {
                tell(help);
            }
            exit
        }
    };
    logging::flush();
    exit.into()
}
