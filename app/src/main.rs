//! The command line.

use ampere::cli::{self, Args};
use ampere::exit::after_clap;
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
                eprintln!("{help}");
            }
            exit
        }
    };
    exit.into()
}
