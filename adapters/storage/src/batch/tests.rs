//! That diesel keeps every hot statement prepared: it would cost half of the speed otherwise, and
//! nothing but this would tell.

use super::*;
use crate::changes::Removal;
use crate::options::Options;
use crate::pragma::{Role, connect, create};
use crate::statements::{DeleteEvents, HistoryOf};
use diesel::connection::InstrumentationEvent;
use diesel::debug_query;
use diesel::sql_types::{Integer, Text};
use diesel::sqlite::Sqlite;
use domain::contract::samples::Command;
use domain::contract::samples::{decided, part, preimage};
use domain::{
    Cursor, OperatorEnd, Outcome, Payment, Request, RequestId, Resolution, ResolvePart, SendPart,
    Timestamp, Transition,
};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// Texts of statements that were run, and of those that were kept.
#[derive(Default)]
struct Seen {
    run: BTreeSet<String>,
    kept: BTreeSet<String>,
}

impl Seen {
    fn see(&mut self, event: &InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { query, .. } => {
                let text = query.to_string();
                let sql = text.split(" -- binds").next().unwrap_or(&text);
                self.run.insert(sql.to_owned());
            }
            InstrumentationEvent::CacheQuery { sql, .. } => {
                self.kept.insert((*sql).to_owned());
            }
            _ => {}
        }
    }
}

fn next(payment: &mut Option<Payment>, command: &Command, batch: &mut Batch<'_>) -> PartId {
    let transition = Transition {
        cursor: Some((NodeName::new("alice"), Cursor(1))),
        ..decided(payment.as_ref(), command).unwrap()
    };
    let mut write = TransitionWrite::of(transition.clone()).unwrap();
    let Ok(Some(receipt)) = batch.apply(&mut write) else {
        panic!("not written");
    };
    *payment = Some(Payment::apply(payment.take(), transition, receipt));
    receipt.part.unwrap()
}

/// An operator ends it.
fn by_hand(payment: &mut Option<Payment>, part: PartId, batch: &mut Batch<'_>) {
    let request = ResolvePart {
        part,
        end: OperatorEnd::Failed,
        by: Resolution {
            who: "uid 0".to_owned(),
            why: "its channel was closed".to_owned(),
        },
    };
    let before = payment.take().unwrap();
    let transition = before.by_operator(&request, Timestamp(5)).unwrap();
    let mut write = TransitionWrite::of(transition.clone()).unwrap();
    let Ok(Some(receipt)) = batch.apply(&mut write) else {
        panic!("not written");
    };
    *payment = Some(Payment::apply(Some(before), transition, receipt));
}

/// Parts, events and keys that went.
fn delete(payment: Option<&Payment>, batch: &mut Batch<'_>) -> Option<(u64, u64, u64)> {
    let deletion = payment.unwrap().deletion(Timestamp(9)).unwrap();
    let removal = Removal::of(&deletion).unwrap();
    let deleted = batch.delete(&removal).unwrap();
    deleted.map(|it| (it.parts, it.events, it.requests))
}

fn resolve(part: PartId, word: Outcome) -> Command {
    let at = Timestamp(5);
    Command::Resolve { part, word, at }
}

#[test]
fn every_statement_of_a_batch_is_kept_prepared() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    create(&path).unwrap();
    let mut connection = connect(&path, Role::Writer, &Options::default()).unwrap();
    crate::migrate::run_pending(&mut connection).unwrap();
    let seen = Arc::new(Mutex::new(Seen::default()));
    let seeing = Arc::clone(&seen);
    connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        seeing.lock().unwrap().see(&event);
    });

    let mut memory = Memory::default();
    let mut batch = Batch::begin(&mut connection, &mut memory, Duration::ZERO).unwrap();
    let send = |amount, key: &str| {
        let request = Request {
            id: RequestId::new(key).unwrap(),
            digest: [1; 32],
        };
        let part = SendPart {
            request: Some(request),
            ..part(1, amount, 1_000)
        };
        Command::Send(Box::new(part))
    };
    let mut payment = None;
    let one = next(&mut payment, &send(400, "one"), &mut batch);
    let two = next(&mut payment, &send(500, "two"), &mut batch);
    by_hand(&mut payment, one, &mut batch);
    let word = Outcome::Fulfilled(*preimage(1).1.expose());
    next(&mut payment, &resolve(two, word), &mut batch);
    assert_eq!(delete(payment.as_ref(), &mut batch), Some((2, 4, 2)));
    batch.commit().unwrap();
    fence(&mut connection, Duration::ZERO).unwrap();

    let seen = seen.lock().unwrap();
    assert!(seen.run.len() >= 23, "{:?}", seen.run);
    let prepared_each_time: Vec<_> = seen.run.difference(&seen.kept).collect();
    assert!(prepared_each_time.is_empty(), "{prepared_each_time:#?}");
}

/// A step of a statement's program; `p1` is a cursor where it opens or moves one.
#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    opcode: String,
    #[diesel(sql_type = Integer)]
    p1: i32,
}

/// How many tables or indexes a statement reads from their beginning, for itself, its triggers or
/// foreign keys. (What it has noted for itself is none of them.)
fn read_whole(connection: &mut SqliteConnection, sql: &str) -> usize {
    let program = diesel::sql_query(format!("explain {sql}"));
    let program: Vec<Step> = program.load(connection).unwrap();
    assert!(program.len() > 10, "{sql}");
    let cursors = |opcode: &'static str| {
        let steps = program.iter().filter(move |step| step.opcode == opcode);
        steps.map(|step| step.p1)
    };
    let noted: BTreeSet<i32> = cursors("OpenEphemeral").collect();
    cursors("Rewind")
        .filter(|cursor| !noted.contains(cursor))
        .count()
}

#[test]
fn a_deletion_reads_no_table_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    create(&path).unwrap();
    let mut connection = connect(&path, Role::Writer, &Options::default()).unwrap();
    crate::migrate::run_pending(&mut connection).unwrap();
    let of = HistoryOf::payments(&[1]);
    let delete_events = debug_query::<Sqlite, _>(&DeleteEvents { of }).to_string();
    let delete_events = delete_events.split(" -- binds").next().unwrap();
    for sql in [
        "delete from requests where payment_id = 1",
        delete_events,
        "delete from resolutions where part_id in (select id from parts where payment_id = 1)",
        "delete from parts where payment_id = 1",
        "delete from payments where id = 1",
    ] {
        assert_eq!(read_whole(&mut connection, sql), 0, "{sql}");
    }
    // Each index is needed: the last two for the foreign keys alone.
    for (index, sql) in [
        ("events_rare", delete_events),
        ("requests_by_part", "delete from parts where payment_id = 1"),
        ("requests_by_payment", "delete from payments where id = 1"),
    ] {
        let drop = format!("drop index {index}");
        connection.batch_execute(&drop).unwrap();
        assert_eq!(read_whole(&mut connection, sql), 1, "without {index}");
    }
}
