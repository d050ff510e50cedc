//! One seed, from the beginning to the end.

use super::caller::all_come;
use super::chance::Fault;
use super::daemon::Daemon;
use super::executor::{Executor, Owner};
use super::follower::follow;
use super::history::Happening;
use super::judge::Found;
use super::till;
use super::world::World;
use domain::invariant::Rule;
use domain::{PaymentApi, Policy};
use futures::future::FutureExt;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

/// Within so many moves after the faults have stopped everything must have come to rest.
const REST_MAX: u64 = 200_000;

/// What to play.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// How many moves there are before the faults stop: a task goes on, or time passes.
    pub moves: u64,
    /// Whether somebody follows the history meanwhile, and somebody pays us.
    pub followed: bool,
    /// Whether what happens is written down.
    pub record: bool,
}

/// What came of it.
pub struct Played {
    /// The first rule that was broken, if one was.
    pub found: Option<Found>,
    /// How many moves it took, until everything had come to rest.
    pub moves: u64,
    /// Every state of a payment, its parts and their HTLCs that was seen.
    pub states: HashSet<u64>,
    /// What happened, a line each, if it was written down.
    pub history: Vec<String>,
}

/// Plays one seed.
pub fn run(plan: &Plan) -> Played {
    let world = World::new(plan.seed, plan.record);
    let played = catch_unwind(AssertUnwindSafe(|| play(&world, plan)));
    if let Err(panic) = played {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
        let what = format!("a panic: {}", said.unwrap_or("of no words"));
        let moves = world.moves();
        let mut judge = world.judge();
        judge.rule(None, moves, Err(Rule::FailClosed.broken(what)));
    }
    let judge = world.judge();
    Played {
        found: judge.found(),
        moves: world.moves(),
        states: judge.states().clone(),
        history: world.history().iter().map(Happening::line).collect(),
    }
}

/// The fewest moves before the faults stop that still break a rule, and what then happens to the
/// payment that it is about.
pub fn shortened(plan: &Plan) -> (Plan, Vec<String>) {
    let (mut passes, mut fails) = (0, plan.moves);
    let with = |moves, record| Plan {
        moves,
        record,
        ..*plan
    };
    while fails - passes > 1 {
        let middle = passes + (fails - passes) / 2;
        if run(&with(middle, false)).found.is_some() {
            fails = middle;
        } else {
            passes = middle;
        }
    }
    let shortest = with(fails, true);
    let world = World::new(shortest.seed, true);
    let _ = catch_unwind(AssertUnwindSafe(|| play(&world, &shortest)));
    let payment = world.judge().found().and_then(|found| found.payment);
    let history = world.history().into_iter();
    let about = history.filter(|it| it.payment.is_none() || it.payment == payment);
    (shortest, about.map(|it| it.line()).collect())
}

fn play(world: &Arc<World>, plan: &Plan) {
    let mut executor = Executor::new(world.inbox.clone());
    let daemon = Daemon::new(world, policy(world), plan.followed);
    daemon.start();
    all_come(&daemon);
    if plan.followed {
        follow(&daemon);
        till::open(&daemon);
    }
    let mut stops_at = None;
    while world.moves() < plan.moves && world.judge().found().is_none() {
        if !goes_on(world, &mut executor) && executor.count(Owner::Caller) == 0 {
            break;
        }
        something_happens(world, &daemon, &mut executor, &mut stops_at);
    }
    world.note(None, || "the faults stop".into());
    world.chance.heal();
    world.time.jump(Duration::ZERO);
    if stops_at.is_some() {
        daemon.crash(&mut executor);
    }
    let end = world.moves() + REST_MAX;
    while goes_on(world, &mut executor) && world.judge().found().is_none() {
        if world.moves() > end {
            let restless = Rule::WaitsTellTheTruth.broken("it does not come to rest");
            world.judge().rule(None, end, Err(restless));
        }
    }
    everything_is_settled(world, &daemon, &mut executor);
}

/// One move: a task goes on, or time passes. False if there is nothing to wait for.
fn goes_on(world: &Arc<World>, executor: &mut Executor) -> bool {
    world.moved();
    executor.turn(&world.chance) || world.time.pass()
}

fn something_happens(
    world: &Arc<World>,
    daemon: &Arc<Daemon>,
    executor: &mut Executor,
    stops_at: &mut Option<u64>,
) {
    let chance = &world.chance;
    if stops_at.is_some_and(|at| at <= world.moves()) || chance.strikes(Fault::Crash) {
        *stops_at = None;
        daemon.crash(executor);
    }
    if stops_at.is_none() && chance.strikes(Fault::Stop) {
        *stops_at = Some(world.moves() + chance.below(200));
        daemon.stop();
    }
    for node in daemon.nodes.each() {
        if chance.strikes(Fault::NodeRestarts) {
            node.restart();
        }
        if chance.strikes(Fault::NodeAway) {
            node.go_away();
        }
    }
    if chance.strikes(Fault::ClockJumps) {
        let ahead = chance.up_to(Duration::from_secs(1_000));
        world.note(None, || format!("the daemon's clock is {ahead:?} ahead"));
        world.time.jump(ahead);
    }
}

/// Nobody waits any more, every part has its true end, and no alarm was raised without a reason.
fn everything_is_settled(world: &Arc<World>, daemon: &Arc<Daemon>, executor: &mut Executor) {
    let moves = world.moves();
    let waiting = executor.count(Owner::Caller);
    let mut judge = world.judge();
    if waiting > 0 {
        let lost = Rule::WaitsTellTheTruth.broken(format!("{waiting} callers wait for ever"));
        judge.rule(None, moves, Err(lost));
    }
    judge.rest(&world.truth(), moves);
    let history = daemon.disk.history().now_or_never();
    judge.rule(None, moves, till::is_recorded(daemon));
    judge.followed(&history.unwrap_or_default(), moves);
    let info = daemon
        .engine()
        .and_then(|engine| engine.get_info().now_or_never());
    let Some(Ok(info)) = info else {
        let down = Rule::FailClosed.broken("the daemon does not come up");
        return judge.rule(None, moves, Err(down));
    };
    let (alarms, live, lied) = (info.alarms, info.live_parts, judge.has_anyone_lied());
    let mut require = |holds: bool, what: String| {
        let holds = holds.then_some(()).ok_or(Rule::FailClosed.broken(what));
        judge.rule(None, moves, holds);
    };
    require(
        info.violations.is_empty(),
        format!("rules were about to be broken: {:?}", info.violations),
    );
    require(live == 0, format!("{live} parts are taken for live"));
    require(
        alarms == 0 || lied,
        format!("{alarms} alarms for no reason"),
    );
}

/// Narrow limits in some seeds, usual ones in others.
fn policy(world: &Arc<World>) -> Policy {
    let chance = &world.chance;
    Policy {
        decisions_max: chance.pick(&[2, 8, 1_000]),
        live_parts_max: chance.pick(&[3, 1_000, 1_000, 1_000]),
        waiters_max: chance.pick(&[3, 1_000, 1_000]),
        node_calls_max: chance.pick(&[1, 2, 256]),
        offer_window: chance.pick(&[Duration::from_secs(20), Duration::from_secs(600)]),
        backoff: (Duration::from_millis(50), Duration::from_secs(30)),
        ..Policy::default()
    }
}
