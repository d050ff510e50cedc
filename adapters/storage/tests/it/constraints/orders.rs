//! Rules B, tried with plain SQL: refused by the schema, whoever asks.

use super::check;
use crate::support::{Scene, failed, fulfilled, number, send, yes};
use domain::contract::samples::{
    Command, DEADLINE, decided, msat, order, ordered, part as part_of,
};
use domain::{OpenOrder, PartId, PaymentStore, Request, RequestId, Timestamp, Why};
use rusqlite::Connection;

fn open(order: OpenOrder) -> Command {
    Command::Open(Box::new(order))
}

/// Decides on what is stored, and commits.
async fn run(scene: &Scene, n: u64, command: &Command) -> Option<PartId> {
    let payment = scene.load(n).await;
    let transition = decided(payment.as_ref(), command).unwrap();
    yes(scene.store.commit(transition).await).part
}

async fn joined(scene: &Scene, n: u64) -> PartId {
    let part = run(scene, n, &send(ordered(n, 400, 1_000))).await;
    part.expect("it is about a part")
}

async fn closed(scene: &Scene, n: u64) {
    let (why, at) = (Why::Abandoned, Timestamp(9));
    run(scene, n, &Command::Close { why, at }).await;
}

/// Payment 1 has an order of 600 msat for at most 5,000, open, with part 1 live. The order of 2 is open and
/// has no part. That of 3 was abandoned, its part 2 failed. 4 is paid. 5 and 6 have no order: 5 failed, 6
/// is live. The order of 1 has the key `order`, part 5 of payment 6 the key `part`.
async fn scene() -> (Scene, Connection) {
    let scene = Scene::new();
    let mut keyed = order(1, 1_000, 5_000);
    keyed.terms.deliver = msat(600);
    keyed.request = Some(request("order"));
    run(&scene, 1, &open(keyed)).await;
    joined(&scene, 1).await;
    for n in [2, 3, 4] {
        run(&scene, n, &open(order(n, 1_000, 5_000))).await;
    }
    let part = joined(&scene, 3).await;
    run(&scene, 3, &failed(part)).await;
    closed(&scene, 3).await;
    let part = joined(&scene, 4).await;
    run(&scene, 4, &fulfilled(4, part)).await;
    let plain = scene.sent(5, 1_000).await;
    scene.run(5, &failed(plain.part)).await;
    let mut part = part_of(6, 400, 1_000);
    part.request = Some(request("part"));
    scene.run(6, &send(part)).await;
    let raw = scene.raw();
    (scene, raw)
}

fn request(key: &str) -> Request {
    let id = RequestId::new(key).unwrap();
    let digest = [1; 32];
    Request { id, digest }
}

#[tokio::test]
async fn an_orders_parts_cost_its_cap_and_no_more() {
    let (_scene, raw) = scene().await;
    check(
        &raw,
        &[
            ("update payments set sent_msat = 5401 where id = 1", "B-1 cap"),
            ("update payments set max_fee_msat = null where id = 1", "B-1 cap"),
            ("update payments set deliver_msat = 1 where id = 5", "B-1 cap"),
            ("update payments set order_deadline = 1 where id = 5", "B-1 cap"),
            (
                "update payments set max_fee_msat = -1, deliver_msat = 1000, order_deadline = 1, status = 0,
                     completed_at = null where id = 5",
                "B-1 cap",
            ),
        ],
    );
    raw.execute("update payments set sent_msat = 5400 where id = 1", [])
        .unwrap();
}

#[tokio::test]
async fn an_orders_parts_deliver_its_share_and_no_more() {
    let (_scene, raw) = scene().await;
    let limits = |deliver: i64| {
        format!(
            "update payments set max_fee_msat = 1, deliver_msat = {deliver}, order_deadline = 1, status = 0,
                 completed_at = null where id = 5"
        )
    };
    check(
        &raw,
        &[
            (
                "update payments set in_flight_msat = 601, sent_msat = 601 where id = 1",
                "B-2 share",
            ),
            (&limits(0), "B-2 share"),
            (&limits(1_001), "B-2 share"),
        ],
    );
}

#[tokio::test]
async fn what_an_order_was_asked_for_is_fixed() {
    let (_scene, raw) = scene().await;
    let columns = [
        "seq = 99",
        "payment_id = 5",
        "deliver_msat = 1",
        "max_fee_msat = 9999",
        "deadline = 1",
        "max_delay = 1",
        "max_parts = 1",
        "max_attempts = 1",
        "parts_before = 1",
        "nodes = '[]'",
        "avoid = '{}'",
        "hints = '[]'",
        "opened_at = 1",
        "request_id = 'other'",
        "digest = zeroblob(32)",
    ];
    let orders = columns.map(|to| format!("update orders set {to} where payment_id = 1"));
    let orders = orders.iter().map(|sql| (sql.as_str(), "B-5"));
    let payments = [
        "max_fee_msat = 9999",
        "deliver_msat = 500",
        "order_deadline = 1",
    ];
    let payments = payments.map(|to| format!("update payments set {to} where id = 1"));
    let payments = payments.iter().map(|sql| (sql.as_str(), "B-5"));
    let cases: Vec<_> = orders.chain(payments).collect();
    check(&raw, &cases);
}

/// An order with these terms, opened by the last event of its payment.
fn insert(payment: i64, values: &str) -> String {
    format!(
        "insert into orders (seq, payment_id, deliver_msat, max_fee_msat, deadline, max_delay, max_parts,
             max_attempts, parts_before, nodes, avoid, hints, opened_at, request_id, digest)
         select 900, {payment}, {values}"
    )
}

/// Payment 5 as an order of 1,000 msat would leave it.
const READY: &str = "update payments set max_fee_msat = 7, deliver_msat = 1000, order_deadline = 70, \
    status = 0, completed_at = null where id = 5";
const SOUND: &str = "1000, 7, 70, 1, 1, 1, 1, '[]', '{}', '[]', 1, null, null";

#[tokio::test]
async fn an_order_opens_on_what_is_at_rest_and_as_its_payment_says() {
    let (_scene, raw) = scene().await;
    let of_the_open_one = "1000, 5000, 61000000, 1, 1, 1, 0, '[]', '{}', '[]', 1, null, null";
    check(
        &raw,
        &[
            (
                &insert(2, of_the_open_one),
                "UNIQUE constraint failed: orders.payment_id",
            ),
            (&insert(1, of_the_open_one), "B-5"),
            (&insert(4, SOUND), "B-5"),
            (&insert(5, SOUND), "B-5"),
            (&insert(6, SOUND), "B-5"),
            (&insert(77, SOUND), "B-5"),
        ],
    );
    raw.execute(READY, []).unwrap();
    let other = |from: &str, to: &str| insert(5, &SOUND.replacen(from, to, 1));
    check(
        &raw,
        &[
            (&other("1000", "999"), "B-5"),
            (&other("1000, 7", "1000, 8"), "B-5"),
            (&other("70", "71"), "B-5"),
            (&other("1, 1, 1, 1", "1, 1, 1, 0"), "B-5"),
            (&other("1, 1, 1, 1", "-1, 1, 1, 1"), "CHECK"),
            (&other("1, 1, 1, 1", "1, 0, 1, 1"), "CHECK"),
            (&other("1, 1, 1, 1", "1, 65536, 1, 1"), "CHECK"),
            (&other("1, 1, 1, 1", "1, 1, 0, 1"), "CHECK"),
            (&other("1, null, null", "-1, null, null"), "CHECK"),
            (&other("null, null", "'key', null"), "B-9 request"),
            (&other("null, null", "null, zeroblob(32)"), "B-9 request"),
            (&other("null, null", "'key', zeroblob(31)"), "CHECK"),
            (&other("null, null", "'', zeroblob(32)"), "CHECK"),
            (&insert(5, SOUND), "FOREIGN KEY"),
        ],
    );
    raw.execute_batch(&format!(
        "begin; insert into events values (900, 5, null, 9, 0, null, 0); {}; commit;",
        insert(5, SOUND)
    ))
    .unwrap();
}

/// Rule A-10: a part that is not stored may be out.
#[tokio::test]
async fn no_order_opens_while_a_part_that_is_not_stored_may_be_out() {
    let (_scene, raw) = scene().await;
    raw.execute(READY, []).unwrap();
    let missing = "insert into unrecorded_parts (part_id, payment_hash, node_id, fate, noticed_at)
         select 77, payment_hash, 1, 0, 1 from payments where id = 5";
    raw.execute(missing, []).unwrap();
    check(&raw, &[(&insert(5, SOUND), "A-10")]);
    let fate = |fate: u8| raw.execute("update unrecorded_parts set fate = ?1", [fate]);
    fate(3).unwrap();
    check(&raw, &[(&insert(5, SOUND), "A-10")]);
    fate(2).unwrap();
    check(&raw, &[(&insert(5, SOUND), "FOREIGN KEY")]);
}

/// An order's own events are about no part, and a part's are.
#[tokio::test]
async fn the_events_of_an_order_are_about_no_part() {
    let (_scene, raw) = scene().await;
    let event = |kind: u8, part: &str| {
        format!("insert into events values (900, 1, {part}, {kind}, 0, null, 0)")
    };
    check(
        &raw,
        &[
            (&event(9, "1"), "CHECK"),
            (&event(10, "1"), "CHECK"),
            (&event(1, "null"), "CHECK"),
            (&event(11, "null"), "CHECK"),
            (&event(0, "1"), "CHECK"),
        ],
    );
    raw.execute(&event(10, "null"), []).unwrap();
}

#[tokio::test]
async fn what_is_closed_stays_closed_with_its_reason() {
    let (_scene, raw) = scene().await;
    let close = "update orders set closed_at = 1, closed_event = 900, why = 13";
    check(
        &raw,
        &[
            (
                "update orders set closed_at = null, closed_event = null, why = null where payment_id = 3",
                "B-6",
            ),
            ("update orders set why = 1 where payment_id = 3", "B-6"),
            ("update orders set why_msat = 1 where payment_id = 3", "B-6"),
            (
                "update orders set closed_event = 901 where payment_id = 3",
                "B-6",
            ),
            (&format!("{close} where payment_id = 2"), "B-6"),
            ("delete from orders where payment_id = 1", "B-6"),
            ("delete from orders where payment_id = 2", "B-6"),
            (
                "update payments set quarantine = 'why' where id = 1",
                "B-6 open",
            ),
            (
                "update payments set payment_preimage = zeroblob(32), status = 1, completed_at = 1 where id = 2",
                "B-6 open",
            ),
        ],
    );
    let let_go = "update payments set max_fee_msat = null, deliver_msat = null, order_deadline = null, status = 2,
        completed_at = 1 where id = 2";
    raw.execute(let_go, []).unwrap();
    let closing = |to: &str| format!("update orders set {to} where payment_id = 2");
    check(
        &raw,
        &[
            (&closing("closed_at = 1"), "B-7 reason"),
            (&closing("why = 1"), "B-7 reason"),
            (&closing("why_msat = 1"), "B-7 reason"),
            (&closing("closed_event = 900"), "B-7 reason"),
            (&closing("closed_at = 1, closed_event = 900"), "B-7 reason"),
            (
                &closing("closed_at = 1, closed_event = 900, why = 0"),
                "CHECK",
            ),
            (
                &closing("closed_at = 1, closed_event = 900, why = 14"),
                "CHECK",
            ),
            (
                &closing("closed_at = -1, closed_event = 900, why = 1"),
                "CHECK",
            ),
            (
                &closing("closed_at = 1, closed_event = 1, why = 1"),
                "CHECK",
            ),
            (
                &closing("closed_at = 1, closed_event = 900, why = 1, why_msat = -1"),
                "CHECK",
            ),
        ],
    );
    raw.execute(&format!("{close} where payment_id = 2"), [])
        .unwrap();
}

/// Rule B-8: no payment with an open order is stored as failed.
#[tokio::test]
async fn an_open_order_is_pending() {
    let (_scene, raw) = scene().await;
    let statuses = "select status from payments where id = 2";
    assert_eq!(number(&raw, statuses), 0);
    check(
        &raw,
        &[
            (
                "update payments set status = 2, completed_at = 1 where id = 2",
                "A-8 status",
            ),
            (
                "update payments set completed_at = 1 where id = 2",
                "A-8 end",
            ),
            (
                "update payments set status = 0, completed_at = null where id = 3",
                "A-8 status",
            ),
            ("delete from payments where id = 2", "A-10"),
        ],
    );
}

#[tokio::test]
async fn one_key_is_one_request() {
    let (_scene, raw) = scene().await;
    let part = |key: &str| format!("insert into requests values ('{key}', zeroblob(32), 6, 5)");
    raw.execute(READY, []).unwrap();
    let keyed = |key: &str| {
        let keyed = format!("'{key}', zeroblob(32)");
        insert(5, &SOUND.replacen("null, null", &keyed, 1))
    };
    check(
        &raw,
        &[
            (&part("order"), "B-9"),
            (&part("part"), "UNIQUE"),
            (&keyed("part"), "B-9"),
            (
                &keyed("order"),
                "UNIQUE constraint failed: orders.request_id",
            ),
        ],
    );
}

fn part(payment: i64, node: i64, at: u64) -> String {
    format!(
        "insert into parts (id, payment_id, node_id, status, amount_msat, amount_sent_msat, created_at, route)
         values (99, {payment}, {node}, 0, 1, 1, {at}, x'00')"
    )
}

#[tokio::test]
async fn a_part_keeps_to_its_order() {
    let (_scene, raw) = scene().await;
    raw.execute("insert into nodes (id, name) values (7, 'bob')", [])
        .unwrap();
    check(
        &raw,
        &[
            (&part(1, 1, DEADLINE.0), "B-3"),
            (&part(1, 1, DEADLINE.0 + 1), "B-3"),
            (&part(1, 7, 1), "B-5"),
            (&part(1, 77, 1), "B-5"),
        ],
    );
    let counted = "update payments set parts = 4, live_parts = 4 where id = 1";
    raw.execute(counted, []).unwrap();
    check(&raw, &[(&part(1, 1, 1), "B-4")]);
    let counted = "update payments set parts = 11, live_parts = 3 where id = 1";
    raw.execute(counted, []).unwrap();
    check(&raw, &[(&part(1, 1, 1), "B-4")]);
    let counted = "update payments set parts = 10, live_parts = 3 where id = 1";
    raw.execute(counted, []).unwrap();
    raw.execute(&part(1, 1, DEADLINE.0 - 1), []).unwrap();
    // Of a payment without an order none of this is asked.
    raw.execute(&part(6, 7, DEADLINE.0).replace("99", "98"), [])
        .unwrap();
}

/// The limits are there, and the order is not: nothing joins that.
#[tokio::test]
async fn a_part_joins_an_order_that_is_there() {
    let (_scene, raw) = scene().await;
    raw.execute(READY, []).unwrap();
    check(&raw, &[(&part(5, 1, 1), "B-5")]);
}
