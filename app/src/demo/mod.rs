//! `ampere demo`: three payments out and one in, over a real Lightning network in this process, by way of the same
//! socket that any client would use; and two by `pay`, whose daemon is a process of its own: it is killed during
//! the first, and has two nodes for the second.

mod apart;
mod beside;
mod expect;
mod incoming;
mod nodes;
mod order;
mod report;
mod scene;
mod script;
mod stage;
mod ways;

use crate::exit::Exit;
use crate::logging::{self, LogFormat};
use crate::say::say;
use crate::shutdown::interrupted;
use crate::trouble;
use crate::view::{is_terminal, print_line};
use report::Report;
use stage::Stage;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Longer than any of it can take, so that a demo that hangs says so.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs the demo, or the daemon in that folder which the demo kills. `started` is when the process was.
pub async fn run(json: bool, daemon: Option<PathBuf>, started: Instant) -> Exit {
    if let Ok(filter) = std::env::var("AMPERE_LOG")
        && let Err(error) = logging::start(&filter, LogFormat::Plain)
    {
        say!("{}", trouble::report(&error));
        return Exit::Usage;
    }
    if let Some(dir) = daemon {
        return apart::serve(dir).await;
    }
    let told = tokio::select! {
        told = tokio::time::timeout(PATIENCE, tell(json, started)) => told,
        _ = interrupted() => {
            // What was dropped has removed its folder; the terminal may be gone.
            say!("error: interrupted");
            return Exit::Error;
        }
    };
    match told {
        Ok(Ok(exit)) => exit,
        Ok(Err(error)) => {
            say!("{}", trouble::report(&error));
            Exit::Error
        }
        Err(_) => {
            say!("error: the demo took more than {} s", PATIENCE.as_secs());
            Exit::Error
        }
    }
}

async fn tell(json: bool, started: Instant) -> anyhow::Result<Exit> {
    let paced = is_terminal() && !json;
    let stage = Stage::set(paced).await?;
    let mut report = Report::new(started, stage.up_in());
    let played = play(&stage, &mut report).await;
    stage.clear().await?;
    played?;
    let problems = report.problems();
    for problem in &problems {
        say!("error: not as expected: {problem}");
    }
    if json {
        print_line(&report.json().to_string());
    }
    Ok(if problems.is_empty() {
        Exit::Ok
    } else {
        Exit::Error
    })
}

async fn play(stage: &Stage, report: &mut Report) -> anyhow::Result<()> {
    stage.introduce(report.network_up());
    let follower = beside::Follower::start(stage, 1)?;
    report.add(script::two_parts(stage).await?, &expect::TWO_PARTS);
    report.add(script::replaced_part(stage).await?, &expect::REPLACED_PART);
    let told = follower.kill(stage).await?;
    report.add(script::given_up(stage).await?, &expect::GIVEN_UP);
    report.receive(incoming::three_parts(stage).await?);
    report.follow(beside::resume(stage, told).await?);
    report.keep(beside::books(stage).await?);
    let by_ways = ways::three_ways(stage).await?;
    report.pay(by_ways.json(), by_ways.problems());
    let by_nodes = nodes::two_nodes(stage).await?;
    report.pay(by_nodes.json(), by_nodes.problems());
    if report.problems().is_empty() {
        print_line("\nEvery outcome was the expected one.");
    }
    invite();
    Ok(())
}

/// The commands to go on with: installed programs by their names, others by way of cargo, which may have
/// built this one alone.
fn invite() {
    let by_cargo = std::env::var_os("CARGO").is_some();
    let [ampered, ampere] = if by_cargo {
        [
            "cargo run --release --bin ampered --",
            "cargo run --release --",
        ]
    } else {
        ["ampered", "ampere"]
    };
    print_line("To try it by hand, in one terminal, and in another:");
    print_line(&format!(
        "  {ampered} --node embedded --data-dir /tmp/ampere"
    ));
    print_line(&format!("  {ampere} --data-dir /tmp/ampere help"));
}
