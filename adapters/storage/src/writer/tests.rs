//! What a failed COMMIT is taken for.

use super::*;
use crate::changes::{Removal, TransitionWrite};
use domain::contract::samples::Command;
use domain::contract::samples::{after, decided, failure, part};
use domain::{Committed, Deleted, Expected, Outcome, Payment, Timestamp};
use tempfile::TempDir;

fn writer() -> (TempDir, Writer) {
    let folder = tempfile::tempdir().unwrap();
    let (path, options) = (folder.path().join("db"), Options::default());
    pragma::create(&path).unwrap();
    let mut connection = pragma::connect(&path, Role::Writer, &options).unwrap();
    crate::migrate::run_pending(&mut connection).unwrap();
    let writer = Writer {
        checkpoint: Checkpoint::start(path.clone(), options.clone(), Arc::default()).unwrap(),
        path,
        options,
        connection: Some(connection),
        memory: Memory::default(),
        queue: mpsc::channel(1).1,
        unsettled: Arc::new(AtomicBool::new(false)),
    };
    (folder, writer)
}

/// A commit of event 1 whose answer was lost: is it taken for what it was?
fn check(before: i64, after: i64, fences: i64, is_right: fn(&Committed) -> bool) {
    let (_folder, mut writer) = writer();
    let transition = decided(None, &Command::Send(Box::new(part(1, 400, 1_000)))).unwrap();
    assert_eq!(transition.expected, Expected::Absent);
    let write = TransitionWrite::of(transition).unwrap();
    let (mut queued, mut answer) = queued(write);
    assert_eq!(
        writer.attempt(std::slice::from_mut(&mut queued)),
        Fate::Durable
    );

    writer.forget_connection();
    writer.unsettled.store(true, Ordering::Release);
    let counters = |event| Counters {
        payment: event,
        part: event,
        event,
        fences,
    };
    let error = "disk I/O error".to_owned();
    let fate = writer.after_failed_commit(counters(before), counters(after), error);
    queued.answer(fate);
    let committed = answer.try_recv().unwrap();
    assert!(is_right(&committed), "{committed:?}");
    assert!(!writer.unsettled.load(Ordering::Acquire));
}

#[test]
fn a_commit_that_failed_and_is_durable_is_durable() {
    check(0, 1, 0, |committed| matches!(committed, Committed::Yes(_)));
}

#[test]
fn a_commit_that_failed_and_is_not_there_is_not() {
    check(1, 2, 0, |committed| {
        matches!(committed, Committed::Unavailable(_))
    });
}

#[test]
fn a_commit_that_failed_while_another_program_wrote_is_unknown() {
    let is_unknown = |committed: &Committed| matches!(committed, Committed::Unknown(_));
    check(2, 3, 0, is_unknown);
    // It came after ours had begun, and gave out as many numbers.
    check(0, 1, -1, is_unknown);
}

/// A deletion whose answer was lost. It gives out no number: the fence tells what became of it.
fn check_deletion(durable_fences: i64, is_right: fn(&Committed<Deleted>) -> bool) {
    let (_folder, mut writer) = writer();
    let mut commit = |payment: Option<&Payment>, command: &Command| {
        let write = TransitionWrite::of(decided(payment, command).unwrap()).unwrap();
        let (mut queued, _) = queued(write);
        let fate = writer.attempt(std::slice::from_mut(&mut queued));
        assert_eq!(fate, Fate::Durable);
    };
    let send = Command::Send(Box::new(part(1, 400, 1_000)));
    let failed = Command::Resolve {
        part: domain::PartId(1),
        word: Outcome::Failed(Box::new(failure())),
        at: Timestamp(2),
    };
    commit(None, &send);
    let pending = after(None, &send);
    commit(Some(&pending), &failed);
    let deletion = after(Some(pending), &failed).deletion(Timestamp(3));
    let (mut queued, mut answer) = queued(Removal::of(&deletion.unwrap()).unwrap());
    let fate = writer.attempt(std::slice::from_mut(&mut queued));
    assert_eq!(fate, Fate::Durable);

    writer.forget_connection();
    writer.unsettled.store(true, Ordering::Release);
    let counters = |fences| Counters {
        payment: 1,
        part: 1,
        event: 2,
        fences,
    };
    let (before, after) = (counters(durable_fences - 1), counters(durable_fences));
    let fate = writer.after_failed_commit(before, after, "disk I/O error".into());
    queued.answer(fate);
    let committed = answer.try_recv().unwrap();
    assert!(is_right(&committed), "{committed:?}");
}

#[test]
fn a_deletion_that_failed_and_is_durable_tells_what_it_took_away() {
    let deleted = |committed: &Committed<Deleted>| {
        let taken = Deleted {
            parts: 1,
            events: 2,
            requests: 0,
        };
        *committed == Committed::Yes(taken)
    };
    check_deletion(1, deleted);
}

#[test]
fn a_deletion_that_failed_and_is_not_there_is_not() {
    check_deletion(2, |committed| {
        matches!(committed, Committed::Unavailable(_))
    });
}

#[test]
fn a_deletion_that_failed_while_another_program_wrote_is_unknown() {
    check_deletion(3, |committed| matches!(committed, Committed::Unknown(_)));
}
