//! `cargo xtask test`: everything that must hold, the quick things first.
//!
//! Every step compiles with the same features, so that dependencies are compiled once for all
//! checks and once for all tests.

mod arrows;
mod beside;
mod citations;
mod debian;
mod deny;
mod invariants;
mod markdown;
mod python;
pub(crate) mod real;
mod tally;
mod tidy;

use crate::again::{Build, with_feature};
use crate::workspace::{cargo, run as run_command};
use anyhow::{Context, Result, ensure};
use beside::Beside;
use clap::ValueEnum;
use std::time::{Duration, Instant};

/// Fewer kills than `cargo xtask crash` by itself: the whole has 50 minutes.
const CRASH: [&str; 4] = ["xtask", "crash", "--kills", "60"];

/// A step, in the order in which they run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Step {
    /// The formatting of the code
    Fmt,
    /// The project's own rules about files
    Tidy,
    /// The arrows between crates
    Arrows,
    /// The licences and the sources of what is built in
    Deny,
    /// The lints
    Clippy,
    /// The documentation builds
    Docs,
    /// The tests, and the Python environment that some of them use
    Tests,
    /// 10,000 simulated worlds
    Sim,
    /// Every state of the model
    Model,
    /// The bugs that are planted, each of which the simulation must find
    Planted,
    /// Storage under fire, and a daemon that is killed
    Crash,
}

impl Step {
    const ALL: [Step; 11] = [
        Step::Fmt,
        Step::Tidy,
        Step::Arrows,
        Step::Deny,
        Step::Clippy,
        Step::Docs,
        Step::Tests,
        Step::Sim,
        Step::Model,
        Step::Planted,
        Step::Crash,
    ];

    fn name(self) -> &'static str {
        match self {
            Step::Fmt => "fmt",
            Step::Tidy => "tidy",
            Step::Arrows => "arrows",
            Step::Deny => "deny",
            Step::Clippy => "clippy",
            Step::Docs => "docs",
            Step::Tests => "tests",
            Step::Sim => "sim",
            Step::Model => "model",
            Step::Planted => "planted",
            Step::Crash => "crash",
        }
    }

    /// What is to be done when it fails.
    fn advice(self) -> &'static str {
        match self {
            Step::Fmt => "run `cargo fmt --all`",
            Step::Tidy => "each line above names a file and what to change in it",
            Step::Arrows => "see the arrows in ARCHITECTURE.md; each line above names one too many",
            Step::Deny => "choose another dependency, or say in deny.toml why this one may come in",
            Step::Clippy => "mend the warnings above, or `#[expect(…, reason = …)]` one",
            Step::Docs => "mend the documentation comments above",
            Step::Tests => "the failed tests are named above",
            Step::Sim => "mend the cause, and keep the seed: the last lines above say how",
            Step::Model => "the path above leads to the state that breaks a rule",
            Step::Planted => "the simulation has become too weak to find the bugs named above",
            Step::Crash => {
                "each violation above says how to see it again; `cargo xtask crash --only …`"
            }
        }
    }

    fn run(self) -> Result<()> {
        match self {
            Step::Fmt => run_command(cargo().args(["fmt", "--all", "--check"]), "the formatting"),
            Step::Tidy => tidy::check().and_then(|()| invariants::check()),
            Step::Arrows => arrows::check(),
            Step::Deny => deny::check(),
            Step::Clippy => clippy(),
            Step::Docs => docs(),
            Step::Tests => tests(),
            Step::Sim => simulated("simulation", &["sim"]),
            Step::Model => simulated("simulation", &["model"]),
            Step::Planted => simulated("planted", &["sim", "--planted"]),
            Step::Crash => run_command(cargo().args(CRASH), "cargo xtask"),
        }
    }
}

/// Runs one step, or all of them.
pub(crate) fn run(only: Option<Step>) -> Result<()> {
    let steps = only.map_or(Step::ALL.to_vec(), |step| vec![step]);
    let begin = Instant::now();
    let mut times = Vec::new();
    let mut crash = None;
    for (index, step) in steps.iter().enumerate() {
        let name = step.name();
        eprintln!("\n=== {}/{} {name}", index + 1, steps.len());
        let begin = Instant::now();
        if *step == Step::Sim && only.is_none() {
            crash = Some(Beside::start(cargo().args(CRASH), "crash.log")?);
        }
        let ran = match crash.take_if(|_| *step == Step::Crash) {
            Some(crash) => crash.end("cargo xtask"),
            None => step.run(),
        };
        ran.with_context(|| format!("step {name}: {}", step.advice()))?;
        let time = seconds(begin.elapsed());
        eprintln!("=== {name}: ok in {time}");
        times.push(format!("{name} {time}"));
    }
    eprintln!(
        "\nall is well in {}: {}",
        seconds(begin.elapsed()),
        times.join(", ")
    );
    Ok(())
}

/// The workspace; the domain once more by itself, where no other crate turns on what it forgot to ask for;
/// and the two programs without the embedded network.
fn clippy() -> Result<()> {
    let everything = ["--all-targets", "--all-features"];
    for (packages, of_them) in [
        (&["--workspace"][..], &everything[..]),
        (&["--package", "domain"], &everything),
        (&["--package", "ampere"], &["--no-default-features"]),
    ] {
        let mut clippy = cargo();
        clippy.arg("clippy").args(packages).args(of_them);
        run_command(clippy.args(["--", "-D", "warnings"]), "clippy")?;
    }
    Ok(())
}

fn docs() -> Result<()> {
    let mut doc = cargo();
    doc.args(["doc", "--workspace", "--all-features", "--no-deps"]);
    doc.env("RUSTDOCFLAGS", "-D warnings");
    run_command(&mut doc, "the documentation")
}

fn tests() -> Result<()> {
    let python = python::environment()?;
    debian::hledger()?;
    let mut test = cargo();
    test.args(["test", "--workspace", "--all-features"]);
    test.env("AMPERE_PYTHON", python);
    let tally = tally::watch(&mut test)?;
    ensure!(tally.passed > 0, "no test ran");
    // Cargo ends with the doc tests of the last crate, which may have none: this is the whole.
    println!("\n{} passed, {} failed", tally.passed, tally.failed);
    Ok(())
}

/// Another verb, as `cargo xtask` would run it in the end; the program that crashes beside it is left
/// where it is.
fn simulated(feature: &str, verb: &[&str]) -> Result<()> {
    let mut command = with_feature(Build::Sim, feature);
    run_command(command.args(verb), "cargo xtask")
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
