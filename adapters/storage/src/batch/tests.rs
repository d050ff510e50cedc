//! That diesel keeps every hot statement prepared: it would cost half of the speed otherwise, and
//! nothing but this would tell.

use super::*;
use crate::options::Options;
use crate::pragma::{Role, connect, create};
use diesel::connection::InstrumentationEvent;
use domain::contract::samples::{decided, failure, part, preimage};
use domain::{Command, Cursor, Payment, Request, RequestId, SendPart, Timestamp, Transition, Word};
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
    let mut write = Write::of(transition.clone()).unwrap();
    let Ok(Applied::Yes(receipt)) = batch.apply(&mut write) else {
        panic!("not written");
    };
    *payment = Some(Payment::apply(payment.take(), transition, receipt));
    receipt.part
}

fn resolve(part: PartId, word: Word) -> Command {
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

    let mut nodes = Nodes::new();
    let mut batch = Batch::begin(&mut connection, &mut nodes).unwrap();
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
    let word = Word::Failed(Box::new(failure()));
    next(&mut payment, &resolve(one, word), &mut batch);
    let word = Word::Fulfilled(*preimage(1).1.expose());
    next(&mut payment, &resolve(two, word), &mut batch);
    batch.commit().unwrap();
    fence(&mut connection).unwrap();

    let seen = seen.lock().unwrap();
    assert!(seen.run.len() >= 15, "{:?}", seen.run);
    let prepared_each_time: Vec<_> = seen.run.difference(&seen.kept).collect();
    assert!(prepared_each_time.is_empty(), "{prepared_each_time:#?}");
}
