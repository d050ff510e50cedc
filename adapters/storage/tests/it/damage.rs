//! Rows that break a rule: that payment is damaged, and nobody else's.

use crate::support::{Scene, failed, number};
use domain::contract::samples::hash;
use domain::{
    Damaged, Listed, LoadError, PartFilter, PartId, PaymentFilter, PaymentStore, StatusKind,
};

/// Payment 1 is complete (parts 1, 2), 2 is what gets damaged (part 3 is pending, 4 failed), 3 is
/// pending (part 5).
async fn scene() -> Scene {
    let scene = Scene::new();
    scene.complete(1).await;
    scene.sent(2, 400).await;
    let receipt = scene.sent(2, 300).await;
    scene.run(2, &failed(receipt.part)).await;
    scene.sent(3, 400).await;
    scene
}

fn reasons<T>(rows: Vec<Listed<T>>) -> Vec<Option<Damaged>> {
    let reason = |row| match row {
        Listed::Sound(_) => None,
        Listed::Damaged(damaged) => Some(damaged),
    };
    rows.into_iter().map(reason).collect()
}

/// What `load` says about payment 2, and which rows of the lists are damaged.
async fn damage(sql: &str) -> (String, Vec<u64>, Vec<u64>) {
    let scene = scene().await;
    let changed = scene.vandal().execute(sql, []).unwrap();
    assert!(changed > 0, "{sql}");
    let loaded = scene.store.load(hash(2)).await;
    let Err(LoadError::Damaged(reason)) = loaded else {
        panic!("{sql}: {loaded:?}");
    };
    assert!(scene.load(1).await.is_some() && scene.load(3).await.is_some());
    let (payments, parts) = lists(&scene).await;
    assert_eq!(
        (payments.len(), parts.len()),
        (3, 5),
        "{sql}: every row shows"
    );
    let ids = |rows: Vec<Option<Damaged>>| rows.into_iter().flatten().map(|row| row.id).collect();
    (reason, ids(payments), ids(parts))
}

async fn lists(scene: &Scene) -> (Vec<Option<Damaged>>, Vec<Option<Damaged>>) {
    let payments = PaymentFilter {
        limit: 10,
        ..PaymentFilter::default()
    };
    let parts = PartFilter {
        limit: 10,
        ..PartFilter::default()
    };
    let payments = scene.store.payments(payments).await.unwrap();
    let parts = scene.store.parts(parts).await.unwrap();
    (reasons(payments), reasons(parts))
}

#[tokio::test]
async fn a_damaged_payment_is_damaged_alone() {
    for (change, says) in [
        ("status = 7", "status 7 is not known"),
        ("status = 2", "A-8: it is stored as failed, and is pending"),
        ("direction = 1", "direction 1"),
        ("intended_msat = -1", "intended_msat is negative"),
        (
            "intended_msat = 9223372036854775807",
            "more than all bitcoin",
        ),
        ("intended_msat = 399, requested_msat = 399", "A-1"),
        ("requested_msat = 499", "A-9"),
        ("parts = 4294967296", "parts is out of range"),
        ("live_parts = -1", "live_parts is out of range"),
        ("destination = x'02'", "destination has 1 bytes, not 33"),
        (
            "destination = zeroblob(33)",
            "destination should be a node id",
        ),
        (
            "payment_secret = zeroblob(31)",
            "payment_secret has 31 bytes",
        ),
        ("payment_preimage = zeroblob(32)", "A-6"),
        ("payment_preimage = x''", "payment_preimage has 0 bytes"),
        ("created_at = -1", "created_at is negative"),
        ("completed_at = 1", "A-8"),
        ("version = 0", "A-8"),
        ("version = -9223372036854775808", "version is negative"),
        ("label = cast(x'ff' as text)", "label is not UTF-8"),
        (
            "description = cast(x'c328' as text)",
            "description is not UTF-8",
        ),
    ] {
        let (reason, payments, _) =
            damage(&format!("update payments set {change} where id = 2")).await;
        assert!(reason.contains(says), "{change}: {reason}");
        assert_eq!(payments, [2], "{change}");
    }
}

#[tokio::test]
async fn a_damaged_part_is_damaged_alone() {
    for (change, says) in [
        ("status = 3", "part 3: status 3 is not known"),
        (
            "status = 1, completed_at = 1",
            "A-6: it is complete without a proof",
        ),
        ("status = 2, completed_at = 1", "A-7"),
        ("completed_at = 1", "A-7"),
        ("failure_code = 204", "A-7: half a failure"),
        (
            "failure_code = 205, failure_message = ''",
            "failure code 205 is not known",
        ),
        ("amount_msat = 401", "A-9: its route has other amounts"),
        ("amount_sent_msat = 1", "A-9: its route has other amounts"),
        ("amount_msat = -1", "amount_msat is negative"),
        ("cltv_expiry = 4294967296", "cltv_expiry is out of range"),
        ("created_at = -5", "created_at is negative"),
        ("route = x''", "route: it is empty"),
        ("route = x'09'", "route: version 9"),
        ("route = x'0102'", "route: its last hop is cut off"),
        ("route = x'01'", "route: Empty route"),
        ("route = substr(route, 1, 54)", "A-9"),
        ("node_id = 77", "its node is missing"),
        ("label = cast(x'ff' as text)", "label is not UTF-8"),
    ] {
        let (reason, payments, parts) =
            damage(&format!("update parts set {change} where id = 3")).await;
        assert!(reason.contains(says), "{change}: {reason}");
        assert_eq!((payments, parts), (vec![], vec![3]), "{change}");
    }
}

#[tokio::test]
async fn counters_that_are_not_the_sums_are_damage() {
    for sql in [
        "update payments set in_flight_msat = 401, sent_msat = 9999 where id = 2",
        "update payments set parts = 3 where id = 2",
    ] {
        let (reason, _, _) = damage(sql).await;
        assert!(reason.contains("A-8"), "{reason}");
    }
}

#[tokio::test]
async fn a_part_without_its_payment_shows_as_damaged() {
    let scene = scene().await;
    scene
        .vandal()
        .execute("delete from payments where id = 2", [])
        .unwrap();
    assert!(scene.load(2).await.is_none());
    let (payments, parts) = lists(&scene).await;
    assert_eq!(payments.len(), 2);
    let orphans: Vec<u64> = parts
        .into_iter()
        .flatten()
        .map(|damaged| damaged.id)
        .collect();
    assert_eq!(orphans, [3, 4]);
}

#[tokio::test]
async fn a_damaged_hash_hides_nothing_else() {
    let scene = scene().await;
    let vandal = scene.vandal();
    vandal
        .execute("update payments set payment_hash = x'00' where id = 2", [])
        .unwrap();
    let live = scene.store.live(None, 10).await.unwrap();
    assert_eq!(live.iter().map(|(id, _)| id.0).collect::<Vec<_>>(), [3]);
    let (payments, parts) = lists(&scene).await;
    assert_eq!(payments[1].as_ref().unwrap().payment_hash, None);
    assert!(parts[2].is_some() && parts[3].is_some() && parts[4].is_none());
    // A row with an impossible number can still be seen.
    vandal
        .execute("update payments set id = -4 where id = 2", [])
        .unwrap();
    assert_eq!(
        number(&vandal, "select count(*) from payments where id < 0"),
        1
    );
    let (payments, _) = lists(&scene).await;
    assert_eq!(payments[0].as_ref().unwrap().id, 0);
}

#[tokio::test]
async fn damage_is_found_in_each_list() {
    let scene = scene().await;
    let vandal = scene.vandal();
    vandal
        .execute("update parts set route = x'' where id = 3", [])
        .unwrap();
    let part = scene.store.part(PartId(3)).await.unwrap().unwrap();
    let Listed::Damaged(damaged) = part else {
        panic!("{part:?}");
    };
    assert_eq!((damaged.id, damaged.payment_hash), (3, Some(hash(2))));
    let pending = PartFilter {
        hash: Some(hash(2)),
        status: Some(StatusKind::Pending),
        limit: 10,
        ..PartFilter::default()
    };
    assert_eq!(
        scene.store.parts(pending).await.unwrap(),
        [Listed::Damaged(damaged)]
    );
}
