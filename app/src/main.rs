//! The command line.

#![warn(clippy::print_stderr, clippy::print_stdout)]
use ampere::cli::{self, Args};
use ampere::exit::after_clap;
use ampere::logging;
use clap::Parser;
use std::process::ExitCode;
use std::time::Instant;

#[tokio::main]
async fn main() -> ExitCode {
    let started = Instant::now();
    let exit = match Args::try_parse() {
        Ok(args) => cli::run(args, started).await,
        Err(error) => after_clap(&error),
    };
    logging::flush();
    exit.into()
}
