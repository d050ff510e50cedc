//! What plain SQL cannot do to an operator's word, and to what nodes know and the database does not.

use crate::constraints::check;
use crate::support::{Scene, failed, yes};
use domain::contract::samples::{hash, node};
use domain::{
    OperatorEnd, PartId, Resolution, ResolvePart, Timestamp, Unasked, UnrecordedFate,
    UnrecordedPart, UnrecordedStore,
};

#[tokio::test]
async fn an_operator_ends_only_what_is_pending_and_says_who_and_why() {
    let scene = Scene::new();
    let hand = scene.sent(1, 400).await.part;
    let ended = scene.sent(1, 300).await.part;
    scene.sent(1, 200).await;
    scene.run(1, &failed(ended)).await;
    let payment = scene.load(1).await.expect("it is there");
    let request = ResolvePart {
        part: hand,
        end: OperatorEnd::Failed,
        by: Resolution {
            who: "uid 0".to_owned(),
            why: "its channel was closed".to_owned(),
        },
    };
    let transition = payment.by_operator(&request, Timestamp(9)).unwrap();
    yes(domain::PaymentStore::commit(&scene.store, transition).await);
    let raw = scene.raw();
    check(
        &raw,
        &[
            ("insert into resolutions values (1, 2, 2, 'a', 'b')", "A-5"),
            ("insert into resolutions values (1, 1, 2, 'a', 'b')", "A-5"),
            ("insert into resolutions values (1, 9, 2, 'a', 'b')", "A-5"),
            ("insert into resolutions values (1, 3, 2, '', 'b')", "CHECK"),
            ("insert into resolutions values (1, 3, 2, 'a', '')", "CHECK"),
            (
                "insert into resolutions values (1, 3, 0, 'a', 'b')",
                "CHECK",
            ),
            ("update resolutions set why = 'another'", "A-14"),
            ("delete from resolutions", "A-14"),
            (
                "update parts set status = 0, completed_at = null where id = 1",
                "A-7",
            ),
        ],
    );
}

#[tokio::test]
async fn what_a_node_knows_keeps_its_payment_out_and_is_not_forgotten() {
    let scene = Scene::new();
    scene.sent(1, 400).await;
    for (n, fate) in [
        (1, UnrecordedFate::Pending),
        (2, UnrecordedFate::Lost),
        (3, UnrecordedFate::Fulfilled),
        (4, UnrecordedFate::Failed),
    ] {
        let part = UnrecordedPart {
            node: node(),
            part: PartId(70 + n),
            payment_hash: hash(n),
            amount_sent: None,
            fate,
            noticed_at: Timestamp(9),
            resolution: None,
        };
        scene.store.note(part).await.unwrap();
    }
    let raw = scene.raw();
    let new = |n| {
        format!(
            "insert into payments (id, payment_hash, direction, status, intended_msat, requested_msat, \
             destination, parts, live_parts, in_flight_msat, delivered_msat, sent_msat, created_at, version) \
             values (50, x'{}', 0, 0, 1000, 1000, zeroblob(33), 1, 1, 1, 0, 1, 0, 1)",
            hash(n)
        )
    };
    let joins = "insert into parts (id, payment_id, node_id, status, amount_msat, amount_sent_msat, \
                 created_at, route) values (90, 1, 1, 0, 1, 1, 0, x'00')";
    let key = "insert into unrecorded_parts (part_id, payment_hash, node_id, fate, noticed_at)";
    let cases = [
        (new(2), "A-10"),
        (joins.to_owned(), "A-10"),
        (
            "delete from unrecorded_parts where part_id = 74".to_owned(),
            "A-10",
        ),
        ("update unrecorded_parts set part_id = 1".to_owned(), "A-4"),
        (
            "update unrecorded_parts set fate = 2 where part_id = 73".to_owned(),
            "A-7",
        ),
        (
            "update unrecorded_parts set fate = 0 where part_id = 74".to_owned(),
            "A-7",
        ),
        (
            "update unrecorded_parts set who = 'a', why = 'b' where part_id = 71".to_owned(),
            "A-5 by hand",
        ),
        (
            "update unrecorded_parts set who = 'a' where part_id = 74".to_owned(),
            "A-5 by hand",
        ),
        (format!("{key} values (0, zeroblob(32), 1, 0, 0)"), "CHECK"),
        (format!("{key} values (1, zeroblob(31), 1, 0, 0)"), "CHECK"),
        (format!("{key} values (1, zeroblob(32), 1, 4, 0)"), "CHECK"),
        (
            format!("{key} values (1, zeroblob(32), 99, 0, 0)"),
            "FOREIGN KEY",
        ),
        (
            "insert into unasked_nodes values (1, -1, 0)".to_owned(),
            "CHECK",
        ),
        (
            "insert into unasked_nodes values (1, 1, 2)".to_owned(),
            "CHECK",
        ),
    ];
    let cases: Vec<_> = cases.iter().map(|(sql, rule)| (&**sql, *rule)).collect();
    check(&raw, &cases);
    // What has failed stands in nobody's way.
    raw.execute(&new(4), []).unwrap();
}

/// Rule A-10: what may be out would be forgotten.
#[tokio::test]
async fn with_parts_that_may_be_out_there_is_no_step_back() {
    let scene = Scene::new();
    let unasked = Unasked {
        node: node(),
        after: PartId(1),
        is_restored: true,
    };
    let settlement = domain::Settlement {
        unasked: vec![unasked],
        ..domain::Settlement::default()
    };
    scene.store.settle(settlement).await.unwrap();
    scene.store.close().await;
    let mut down = storage::migrate::down(&scene.path());
    while let Ok(status) = &down {
        let mine = |it: &storage::migrate::MigrationStatus| it.name.ends_with("_unrecorded");
        assert!(status.iter().any(|it| mine(it) && it.applied));
        down = storage::migrate::down(&scene.path());
    }
    assert!(down.unwrap_err().to_string().contains("CHECK"));
}
