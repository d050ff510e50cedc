//! The project's own tool: `cargo xtask --help`. One module per verb.

mod again;
#[cfg(feature = "bench")]
mod bench;
#[cfg(feature = "crash")]
mod crash;
#[cfg(feature = "tools")]
mod migrate;
#[cfg(feature = "simulation")]
mod model;
mod mutants;
#[cfg(feature = "pay-sim")]
mod pay_sim;
#[cfg(feature = "simulation")]
mod sim;
mod test;
mod tools;
mod workspace;

use anyhow::Result;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "The project's own tool"
)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Checks everything that must hold, and stops at the first thing that does not
    Test(TestArgs),
    /// What CI runs: the same as `test`
    Ci,
    /// Runs the migrations of a database by hand
    Migrate(MigrateArgs),
    /// Plays the real engine over a simulated world that is out to get it
    Sim(SimArgs),
    /// Changes the domain in every small way, one at a time: each must make a test fail
    Mutants(MutantsArgs),
    /// Measures speed against raw SQLite and against this disk
    Bench(BenchArgs),
    /// Tries every order in which two callers, the daemon and a node can act, crashes included
    Model(ModelArgs),
    /// Pays over a network whose balances nobody knows, with our finder of ways and with LDK's
    PaySim(PaySimArgs),
    /// Breaks the storage below the product in every way, and kills the daemon under load
    Crash(CrashArgs),
}

#[derive(Args)]
struct TestArgs {
    /// Only this step
    #[arg(long, value_name = "STEP")]
    only: Option<test::Step>,
    /// In place of all that: what needs a real Core Lightning, which LIGHTNINGD and BITCOIND name
    #[arg(long, conflicts_with = "only")]
    real_cln: bool,
}

#[derive(Args)]
struct MigrateArgs {
    /// What to do
    direction: Direction,
    /// The database [default: ampere.sqlite3 in the data directory]
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
    /// Where `ampered` keeps its data [default: ~/.ampere]
    #[arg(long, value_name = "DIR", env = "AMPERE_DATA_DIR")]
    data_dir: Option<PathBuf>,
}

/// What to do with the migrations.
#[derive(Clone, Copy, ValueEnum)]
enum Direction {
    /// Run all that are pending
    Up,
    /// Undo the last one
    Down,
    /// Undo the last one and run it again
    Redo,
    /// Say which have been run
    Status,
}

#[derive(Args)]
struct SimArgs {
    /// The first seed: it decides everything
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// How many seeds
    #[arg(long, value_name = "K", default_value_t = 10_000)]
    seeds: u64,
    /// How many moves before the faults stop: a task goes on, or time passes
    #[arg(long, value_name = "M", default_value_t = 2_000)]
    steps: u64,
    /// In place of all that: plant bugs one by one, each of which must be found
    #[arg(long, conflicts_with_all = ["seeds", "soak", "json"])]
    planted: bool,
    /// Until it is stopped
    #[arg(long, conflicts_with = "seeds")]
    soak: bool,
    /// End with one line of JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct MutantsArgs {
    /// Only changes whose name matches this, as `cargo mutants --list -p domain` prints it
    #[arg(long, value_name = "REGEX")]
    only: Option<String>,
}

#[derive(Args)]
struct BenchArgs {
    /// More rounds and longer ones
    #[arg(long)]
    full: bool,
    /// End with one line of JSON
    #[arg(long)]
    json: bool,
    /// Only what has this in its name; raw SQLite is measured all the same
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// For the planner: the public network as Core Lightning's tests have it, in place of a generated one
    #[arg(long, value_name = "FILE")]
    snapshot: Option<PathBuf>,
}

#[derive(Args)]
struct ModelArgs {
    /// How often the daemon may be killed
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=3))]
    crashes: u8,
    /// How many parts the callers ask for
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(2..=4))]
    parts: u8,
    /// How many messages and answers may be lost or come too late
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=3))]
    losses: u8,
    /// How many messages may come twice
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=3))]
    copies: u8,
    /// How often storage may fail
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=3))]
    lapses: u8,
    /// How much of these three may go wrong in all
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=9))]
    faults: u8,
    /// End with one line of JSON
    #[arg(long)]
    json: bool,
    /// One thing that the protocol does wrong
    #[cfg(feature = "simulation")]
    #[arg(long)]
    mutation: Option<model::Mutation>,
    /// One thing that the protocol does wrong
    #[cfg(not(feature = "simulation"))]
    #[arg(long)]
    mutation: Option<String>,
}

#[derive(Args)]
struct PaySimArgs {
    /// A small network and few payments: a minute at most
    #[arg(long)]
    quick: bool,
    /// The public network as Core Lightning's tests have it, in place of one from the seed
    #[arg(long, value_name = "FILE")]
    snapshot: Option<PathBuf>,
    /// It decides everything
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How many payments of each amount
    #[arg(long, value_name = "N")]
    payments: Option<u32>,
    /// What is paid, in sat
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "10000,100000,1000000,5000000,10000000"
    )]
    amounts: Vec<u64>,
    /// How many nodes of our own pay together
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=3))]
    nodes: u8,
}

#[derive(Args, Clone)]
struct CrashArgs {
    /// Brings the same dice back
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How often the daemon is killed
    #[arg(long, value_name = "N", default_value_t = 200)]
    kills: u32,
    /// Goes on until Ctrl-C, each time with another seed
    #[arg(long)]
    soak: bool,
    /// End with one line of JSON
    #[arg(long)]
    json: bool,
    /// Only what has this in its name, as in "kill -9" or "full disk: one part"
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// One life of a scenario, which the parent breaks from outside
    #[arg(long, hide = true, value_name = "JSON")]
    life: Option<String>,
}

fn main() -> ExitCode {
    match run(Cli::parse().verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(verb: Verb) -> Result<()> {
    match verb {
        Verb::Test(args) if args.real_cln => test::real::run(),
        Verb::Test(args) => test::run(args.only),
        Verb::Ci => test::run(None),
        Verb::Mutants(args) => mutants::run(args.only.as_deref()),
        #[cfg(feature = "tools")]
        Verb::Migrate(args) => migrate::run(args.direction, args.database, args.data_dir),
        #[cfg(feature = "bench")]
        Verb::Bench(args) => {
            let (only, snapshot) = (args.only.as_deref(), args.snapshot.as_deref());
            bench::run(args.full, args.json, only, snapshot)
        }
        #[cfg(feature = "simulation")]
        Verb::Sim(args) if args.planted == cfg!(feature = "planted") => sim::run(&args),
        Verb::Sim(args) if args.planted => again::run(again::Build::Sim, "planted"),
        Verb::Sim(_) => again::run(again::Build::Sim, "simulation"),
        #[cfg(feature = "simulation")]
        Verb::Model(args) => {
            let bounds = model::Bounds {
                crashes: args.crashes,
                losses: args.losses,
                copies: args.copies,
                lapses: args.lapses,
                faults: args.faults,
            };
            model::run(bounds, args.parts.into(), args.mutation, args.json)
        }
        #[cfg(not(feature = "simulation"))]
        Verb::Model(_) => again::run(again::Build::Sim, "simulation"),
        #[cfg(feature = "pay-sim")]
        Verb::PaySim(args) => pay_sim::run(&args),
        #[cfg(not(feature = "pay-sim"))]
        Verb::PaySim(_) => again::run(again::Build::Release, "pay-sim"),
        #[cfg(feature = "crash")]
        Verb::Crash(args) => crash::run(&args),
        #[cfg(not(feature = "crash"))]
        Verb::Crash(_) => again::run_as_tested(),
        #[cfg(not(feature = "tools"))]
        Verb::Migrate(_) => again::run(again::Build::Dev, "tools"),
        #[cfg(not(feature = "bench"))]
        Verb::Bench(_) => again::run(again::Build::Release, "bench"),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        super::Cli::command().debug_assert();
    }
}
