//! What a failed COMMIT is taken for.

use super::*;
use domain::contract::samples::{decided, part};
use domain::{Command, Expected};
use tempfile::TempDir;

fn writer() -> (TempDir, Writer) {
    let folder = tempfile::tempdir().unwrap();
    let (path, options) = (folder.path().join("db"), Options::default());
    pragma::create(&path).unwrap();
    let mut connection = pragma::connect(&path, Role::Writer, &options).unwrap();
    crate::migrate::run_pending(&mut connection).unwrap();
    let writer = Writer {
        checkpoint: Checkpoint::start(path.clone(), options.clone()).unwrap(),
        path,
        options,
        connection: Some(connection),
        nodes: Nodes::new(),
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
    let write = Box::new(Write::of(transition).unwrap());
    let mut task = Task::Commit(write, oneshot::channel().0);
    let verdicts = writer.attempt(std::slice::from_mut(&mut task));
    let Ok(verdicts) = verdicts else {
        panic!("not committed");
    };

    writer.forget_connection();
    writer.unsettled.store(true, Ordering::Release);
    let counters = |event| Counters {
        payment: event,
        part: event,
        event,
        fences,
    };
    let error = "disk I/O error".to_owned();
    let failed = writer.after_failed_commit(counters(before), counters(after), error, verdicts);
    let committed = outcome(failed, 1).remove(0).into_committed();
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
