//! Each rule, tried with plain SQL: refused by the schema, whoever asks.

mod invoices;
mod orders;

use crate::support::{Scene, failed, number};
use domain::invariant::Rule;
use rusqlite::Connection;

/// Payment 1 is complete (parts 1 and 2), 2 pending (part 3, and 4 that failed), 3 failed (part 5).
async fn scene() -> (Scene, Connection) {
    let scene = Scene::new();
    scene.complete(1).await;
    scene.sent(2, 400).await;
    for (n, amount) in [(2, 300), (3, 1_000)] {
        let receipt = scene.sent(n, amount).await;
        scene.run(n, &failed(receipt.part)).await;
    }
    let raw = scene.raw();
    (scene, raw)
}

/// What the schema calls a rule is one of the domain's.
fn assert_is_in_the_catalogue(says: &str) {
    let Some(id) = says
        .split([' ', ':'])
        .next()
        .filter(|id| id.starts_with("A-") || id.starts_with("B-"))
    else {
        return;
    };
    assert!(Rule::ALL.iter().any(|rule| rule.id() == id), "{says}");
}

pub(crate) fn check(raw: &Connection, cases: &[(&str, &str)]) {
    let everything = |raw: &Connection| -> Vec<String> {
        [
            "nodes",
            "payments",
            "parts",
            "events",
            "counters",
            "tombstones",
            "resolutions",
            "unrecorded_parts",
            "unasked_nodes",
            "orders",
            "requests",
        ]
        .map(|table| {
            let mut rows = raw.prepare(&format!("select * from {table}")).unwrap();
            let columns = rows.column_count();
            let row = |row: &rusqlite::Row<'_>| {
                let value = |index| row.get::<_, rusqlite::types::Value>(index);
                let values: Vec<_> = (0..columns).map(value).collect::<Result<_, _>>()?;
                Ok(format!("{values:?}"))
            };
            let rows = rows.query_map([], row).unwrap();
            rows.collect::<Result<Vec<_>, _>>().unwrap().join("\n")
        })
        .to_vec()
    };
    let before = everything(raw);
    for (sql, rule) in cases {
        assert_is_in_the_catalogue(rule);
        let refused = raw.execute(sql, []).expect_err(sql).to_string();
        assert!(
            refused.contains(rule),
            "{sql}\n  said {refused:?}, not {rule:?}"
        );
    }
    assert_eq!(
        everything(raw),
        before,
        "a refused statement changed something"
    );
}

#[tokio::test]
async fn no_more_is_out_than_intended() {
    let (_scene, raw) = scene().await;
    check(
        &raw,
        &[
            (
                "update payments set in_flight_msat = 1001, sent_msat = 9999 where id = 2",
                "A-1 ceiling",
            ),
            (
                "update payments set in_flight_msat = 1, sent_msat = 9999 where id = 1",
                "A-1 ceiling",
            ),
            (
                "update payments set in_flight_msat = -1 where id = 2",
                "A-1 amounts",
            ),
            (
                "update payments set sent_msat = 399 where id = 2",
                "A-1 amounts",
            ),
            (
                "update payments set quarantine = null, in_flight_msat = 2000, sent_msat = 3000 where id = 2",
                "A-1 ceiling",
            ),
        ],
    );
    // Only what is quarantined may hold more than intended (rule A-7).
    raw.execute("update payments set quarantine = 'why', in_flight_msat = 2000, sent_msat = 3000 where id = 2", []).unwrap();
}

#[tokio::test]
async fn no_part_joins_what_is_complete_and_none_is_too_large() {
    let (_scene, raw) = scene().await;
    let part = |payment: i64, amount: i64, sent: i64| {
        format!(
            "insert into parts (id, payment_id, node_id, status, amount_msat, amount_sent_msat, created_at, route)
             values (99, {payment}, 1, 0, {amount}, {sent}, 0, x'00')"
        )
    };
    check(
        &raw,
        &[
            (&part(1, 1, 1), "A-2"),
            (&part(2, 1001, 1001), "A-2"),
            (&part(2, 0, 1), "CHECK"),
            (&part(2, 10, 9), "A-1 amounts"),
            (&part(77, 1, 1), "A-2"),
            (
                &part(2, 1, 1).replace("2, 1, 0, 1, 1", "2, 77, 0, 1, 1"),
                "A-2",
            ),
        ],
    );
    raw.execute(&part(2, 600, 601), []).unwrap();
}

#[tokio::test]
async fn complete_needs_a_proof_and_stays() {
    let (_scene, raw) = scene().await;
    check(
        &raw,
        &[
            ("update payments set status = 1 where id = 2", "A-6 proof"),
            (
                "update payments set payment_preimage = zeroblob(31) where id = 2",
                "CHECK",
            ),
            (
                "update payments set payment_preimage = zeroblob(32) where id = 2",
                "A-6 proof",
            ),
            ("update payments set status = 2 where id = 1", "A-6 proof"),
            (
                "update payments set status = 0, completed_at = null where id = 1",
                "A-6 proof",
            ),
            (
                "update payments set payment_preimage = null where id = 1",
                "A-10",
            ),
            (
                "update payments set payment_preimage = null, status = 2, delivered_msat = 0 where id = 1",
                "A-10",
            ),
            (
                "update payments set payment_preimage = zeroblob(32) where id = 1",
                "A-10",
            ),
            ("delete from payments where id = 1", "A-10"),
            ("delete from payments where id = 2", "A-10"),
        ],
    );
}

#[tokio::test]
async fn an_outcome_is_written_once() {
    let (_scene, raw) = scene().await;
    check(
        &raw,
        &[
            (
                "update parts set status = 0, completed_at = null where id = 1",
                "A-7",
            ),
            (
                "update parts set status = 2, failure_code = 204, failure_message = '' where id = 1",
                "A-7",
            ),
            (
                "update parts set status = 0, completed_at = null, failure_code = null, failure_message = null where id = 4",
                "A-7",
            ),
            (
                "update parts set status = 1, ended_event = 9 where id = 3",
                "A-7 end",
            ),
            ("update parts set completed_at = 1 where id = 3", "A-7 end"),
            (
                "update parts set completed_at = null where id = 4",
                "A-7 end",
            ),
            (
                "update parts set failure_code = null where id = 4",
                "A-7 failure",
            ),
            ("update parts set failcode = 1 where id = 3", "A-7 failure"),
            (
                "update parts set elsewhere = 200 where id = 3",
                "A-7 elsewhere",
            ),
            (
                "update parts set elsewhere = 200 where id = 4",
                "A-7 elsewhere",
            ),
            ("update installation set identity = randomblob(16)", "A-4"),
            ("delete from installation", "A-4"),
            (
                "update parts set status = 2, completed_at = 1, ended_event = 9 where id = 3",
                "A-7 failure",
            ),
            ("update parts set status = 7 where id = 3", "CHECK"),
            ("update parts set ended_event = 9 where id = 3", "A-14 end"),
            ("update parts set ended_event = 9 where id = 4", "A-7"),
            ("delete from parts where id = 3", "A-5"),
        ],
    );
    // A proof beats an earlier failure.
    raw.execute(
        "update parts set status = 1, failure_code = null, failure_message = null, erring_index = null,
         failcode = null, erring_node = null, erring_channel = null where id = 4",
        [],
    )
    .unwrap();
}

#[tokio::test]
async fn the_payment_is_a_function_of_its_parts() {
    let (_scene, raw) = scene().await;
    check(
        &raw,
        &[
            (
                "update payments set status = 2, completed_at = 1 where id = 2",
                "A-8 status",
            ),
            ("update payments set live_parts = 0 where id = 2", "A-8"),
            (
                "update payments set live_parts = 3 where id = 2",
                "A-8 live",
            ),
            (
                "update payments set status = 0, completed_at = null where id = 3",
                "A-8 status",
            ),
            (
                "update payments set completed_at = 5 where id = 2",
                "A-8 end",
            ),
            (
                "update payments set delivered_msat = 1 where id = 2",
                "A-8 delivered",
            ),
            ("update payments set version = 0 where id = 2", "CHECK"),
        ],
    );
}

#[tokio::test]
async fn terms_are_fixed() {
    let (_scene, raw) = scene().await;
    let terms = "A-9";
    check(
        &raw,
        &[
            (
                "update payments set payment_hash = zeroblob(32) where id = 2",
                terms,
            ),
            (
                "update payments set intended_msat = 1001 where id = 2",
                terms,
            ),
            (
                "update payments set requested_msat = 999 where id = 2",
                terms,
            ),
            (
                "update payments set destination = zeroblob(33) where id = 2",
                terms,
            ),
            (
                "update payments set payment_secret = zeroblob(32) where id = 2",
                terms,
            ),
            (
                "update payments set payment_secret = null where id = 2",
                terms,
            ),
            ("update payments set id = 9 where id = 2", terms),
            ("update parts set amount_msat = 1 where id = 3", "A-4"),
            ("update parts set payment_id = 1 where id = 3", "A-4"),
            ("update parts set route = x'01' where id = 3", "A-4"),
            ("update parts set id = 77 where id = 3", "A-4"),
        ],
    );
}

fn payment(hash: &str, intended: i64, requested: i64) -> String {
    format!(
        "insert into payments (id, payment_hash, direction, status, intended_msat, requested_msat,
             destination, parts, live_parts, in_flight_msat, delivered_msat, sent_msat, created_at, version)
         values (50, {hash}, 0, 0, {intended}, {requested}, zeroblob(33), 1, 1, 1, 0, 1, 0, 1)"
    )
}

#[tokio::test]
async fn a_hash_is_paid_once_and_never_more_than_twice_what_was_asked() {
    let (_scene, raw) = scene().await;
    let paid = "(select payment_hash from payments where id = 1)";
    check(
        &raw,
        &[
            (
                &payment(paid, 1_000, 1_000),
                "UNIQUE constraint failed: payments.payment_hash",
            ),
            (&payment("zeroblob(31)", 1_000, 1_000), "CHECK"),
            (&payment("zeroblob(32)", 999, 1_000), "A-9 terms"),
            (&payment("zeroblob(32)", 2_001, 1_000), "A-9 terms"),
            (&payment("zeroblob(32)", i64::MAX, i64::MAX), "A-9 terms"),
            (&payment("zeroblob(32)", 0, 0), "CHECK"),
            (&payment("'text'", 1_000, 1_000), "cannot store TEXT"),
        ],
    );
    raw.execute(&payment("zeroblob(32)", 2_000, 1_000), [])
        .unwrap();
}

#[tokio::test]
async fn history_and_numbers_only_grow() {
    let (_scene, raw) = scene().await;
    raw.execute("insert into cursors values ('alice', 5)", [])
        .unwrap();
    raw.execute("insert into nodes (name, identity) values ('bob', 'b')", [])
        .unwrap();
    let key = "insert into requests values ('key', zeroblob(32), 1, 1)";
    raw.execute(key, []).unwrap();
    check(
        &raw,
        &[
            ("update events set kind = 3 where seq = 1", "A-14"),
            ("update parts set accepted_event = 9 where id = 1", "A-14"),
            ("update cursors set cursor = 4", "A-5"),
            ("update counters set last_part = last_part - 1", "A-4"),
            ("update counters set fences = fences - 1", "A-4"),
            ("update nodes set identity = 'c' where name = 'bob'", "A-4"),
            ("update nodes set identity = null where name = 'bob'", "A-4"),
            ("delete from counters", "A-4"),
            ("delete from nodes", "A-4"),
            ("update nodes set id = 9 where id = 1", "A-4"),
            ("update nodes set rowid = 9 where id = 1", "A-4"),
            ("update payments set rowid = 9 where id = 1", "A-9"),
            (key, "UNIQUE"),
            ("update requests set part_id = 2", "A-14"),
            (
                "insert into requests values ('', zeroblob(32), 1, 1)",
                "CHECK",
            ),
            (
                "insert into requests values ('b', zeroblob(31), 1, 1)",
                "CHECK",
            ),
            (
                "insert into requests values ('b', zeroblob(32), 1, 99)",
                "FOREIGN KEY",
            ),
            ("insert into events values (1, 1, 1, 1, 0, 0, 0)", "UNIQUE"),
            ("insert into events values (99, 1, 1, 6, 0, 0, 0)", "CHECK"),
            ("insert into cursors values ('bob', -1)", "CHECK"),
        ],
    );
    assert_eq!(
        number(&raw, "select count(*) from pragma_foreign_key_check"),
        0
    );
}
