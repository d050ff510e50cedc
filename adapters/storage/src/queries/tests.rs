//! That each list costs what its page costs: which index it reads.

use super::*;
use crate::options::Options;
use crate::pragma::{Role, connect, create};
use diesel::connection::InstrumentationEvent;
use diesel::sql_types::Text;
use domain::UnrecordedFilter;
use std::sync::{Arc, Mutex};

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// How SQLite would run what `query` runs last.
pub(super) fn plan(query: impl FnOnce(&mut SqliteConnection)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    create(&path).unwrap();
    let mut connection = connect(&path, Role::Writer, &Options::default()).unwrap();
    crate::migrate::run_pending(&mut connection).unwrap();
    let last = Arc::new(Mutex::new(String::new()));
    let seeing = Arc::clone(&last);
    connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            *seeing.lock().unwrap() = query.to_string();
        }
    });
    query(&mut connection);
    let sql = last.lock().unwrap().clone();
    let sql = sql.split(" -- binds").next().unwrap();
    let steps: Vec<Step> = diesel::sql_query(format!("explain query plan {sql}"))
        .load(&mut connection)
        .unwrap();
    let steps: Vec<String> = steps.into_iter().map(|step| step.detail).collect();
    steps.join("; ")
}

fn plan_of_payments(status: Option<StatusKind>, hash: Option<PaymentHash>) -> String {
    let filter = PaymentFilter {
        hash,
        search: None,
        status,
        start: None,
        limit: 10,
        reverse: false,
    };
    plan(|connection| drop(payments(connection, &filter).unwrap()))
}

fn plan_in_reverse(status: Option<StatusKind>) -> String {
    let filter = PaymentFilter {
        status,
        limit: 10,
        reverse: true,
        ..PaymentFilter::default()
    };
    plan(|connection| drop(payments(connection, &filter).unwrap()))
}

fn plan_of_parts(filter: &PartFilter) -> String {
    plan(|connection| drop(parts(connection, filter).unwrap()))
}

fn check(plan: &str, starts: &str) {
    assert!(plan.starts_with(starts), "{plan}");
    assert!(!plan.contains("TEMP B-TREE"), "sorted: {plan}");
    assert_eq!(plan.matches("SCAN").count(), 0, "{plan}");
}

/// What is pending is what has a live part or an open order: both are few, whatever the size of the tables.
const UNDER_WAY: &str = "SEARCH payments USING INTEGER PRIMARY KEY (rowid=?); LIST SUBQUERY 2; COMPOUND QUERY; \
                         LEFT-MOST SUBQUERY; SCAN parts USING COVERING INDEX parts_pending; UNION ALL; \
                         SCAN orders USING INDEX orders_open";

#[test]
fn payments_are_read_by_an_index() {
    let by_id = "SEARCH payments USING INTEGER PRIMARY KEY (rowid>?)";
    check(&plan_of_payments(None, None), by_id);
    check(&plan_of_payments(Some(StatusKind::Complete), None), by_id);
    let pending = plan_of_payments(Some(StatusKind::Pending), None);
    assert_eq!(pending, UNDER_WAY);
    let failed = plan_of_payments(Some(StatusKind::Failed), None);
    check(
        &failed,
        "SEARCH payments USING INDEX payments_failed (id>?)",
    );
    let by_hash = plan_of_payments(None, Some(PaymentHash([1; 32])));
    check(
        &by_hash,
        "SEARCH payments USING INDEX sqlite_autoindex_payments_1 (payment_hash=?",
    );
    let live = plan(|connection| drop(live(connection, None, 10).unwrap()));
    let by_live_parts = "SEARCH payments USING INTEGER PRIMARY KEY (rowid=?); LIST SUBQUERY 1; \
                         SCAN parts USING COVERING INDEX parts_pending";
    assert_eq!(live, by_live_parts);
}

#[test]
fn payments_are_read_by_an_index_in_reverse_too() {
    let by_id = "SEARCH payments USING INTEGER PRIMARY KEY (rowid<?)";
    check(&plan_in_reverse(None), by_id);
    check(&plan_in_reverse(Some(StatusKind::Complete)), by_id);
    let failed = plan_in_reverse(Some(StatusKind::Failed));
    check(
        &failed,
        "SEARCH payments USING INDEX payments_failed (id<?)",
    );
    let pending = plan_in_reverse(Some(StatusKind::Pending));
    assert_eq!(pending, UNDER_WAY);
}

#[test]
fn parts_are_read_by_an_index() {
    let filter = |status| PartFilter {
        status,
        limit: 10,
        ..PartFilter::default()
    };
    let by_id = "SEARCH parts USING INTEGER PRIMARY KEY (rowid>?)";
    check(&plan_of_parts(&filter(None)), by_id);
    check(&plan_of_parts(&filter(Some(StatusKind::Complete))), by_id);
    let pending = plan_of_parts(&filter(Some(StatusKind::Pending)));
    check(&pending, "SEARCH parts USING INDEX parts_pending (id>?)");
    let failed = plan_of_parts(&filter(Some(StatusKind::Failed)));
    check(&failed, "SEARCH parts USING INDEX parts_failed (id>?)");
    let one = PartFilter {
        id: Some(PartId(5)),
        ..filter(None)
    };
    check(
        &plan_of_parts(&one),
        "SEARCH parts USING INTEGER PRIMARY KEY",
    );
}

#[test]
fn events_are_read_by_an_index() {
    let filter = EventFilter {
        start: 1,
        limit: 10,
        hash: None,
    };
    let plan_of =
        |payments| plan(|connection| drop(page_of_events(connection, &filter, payments).unwrap()));
    let by_number = "SEARCH events USING INTEGER PRIMARY KEY (rowid>?)";
    check(&plan_of(None), by_number);
    let closed = "SEARCH orders USING INDEX orders_closed (closed_event=?)";
    assert!(plan_of(None).contains(closed), "{}", plan_of(None));
    let of_payments = plan_of(Some(vec![1, 2]));
    assert!(
        of_payments.starts_with("SEARCH events USING INTEGER PRIMARY KEY (rowid=?); LIST SUBQUERY"),
        "{of_payments}"
    );
    for index in [
        "parts USING INDEX parts_by_payment",
        "rare USING INDEX events_rare",
    ] {
        assert!(of_payments.contains(index), "{of_payments}");
    }
    assert!(!of_payments.contains("TEMP B-TREE"), "{of_payments}");
    let of_hash =
        plan(|connection| drop(find_both_ways(connection, PaymentHash([1; 32])).unwrap()));
    check(
        &of_hash,
        "SEARCH payments USING COVERING INDEX sqlite_autoindex_payments_1",
    );
}

#[test]
fn orders_are_read_by_an_index() {
    let open = plan(|connection| drop(open_orders(connection, None, 10).unwrap()));
    let by_payment = "SEARCH orders USING INDEX orders_open (payment_id>?); \
                      SEARCH payments USING INTEGER PRIMARY KEY (rowid=?)";
    assert_eq!(open, by_payment);
    let last = plan(|connection| assert!(orders::last_of(connection, 1).unwrap().is_none()));
    check(
        &last,
        "SEARCH orders USING INDEX orders_by_payment (payment_id=?)",
    );
    let by_key = plan(|connection| {
        let key = RequestId::new("key").unwrap();
        assert_eq!(request(connection, key), Ok(None));
    });
    check(
        &by_key,
        "SEARCH orders USING INDEX sqlite_autoindex_orders_1 (request_id=?)",
    );
    // The rows of what the grouping query finds, none here, are read by their numbers.
    let newest = plan(|connection| {
        let newest = schema_orders::table.filter(schema_orders::payment_id.eq_any([1, 2]));
        let newest = newest.group_by(schema_orders::payment_id);
        let newest = newest.select(max(schema_orders::seq));
        drop(newest.load::<Option<i64>>(connection).unwrap());
    });
    check(
        &newest,
        "SEARCH orders USING COVERING INDEX orders_by_payment (payment_id=?)",
    );
}

/// Every new part may have to ask.
#[test]
fn a_part_that_is_not_stored_and_may_be_out_is_found_by_its_payment() {
    let filter = UnrecordedFilter {
        hash: Some(PaymentHash([1; 32])),
        is_open: true,
        limit: 1,
        ..UnrecordedFilter::default()
    };
    let open = plan(|connection| {
        let none = crate::rows::unrecorded(connection, &filter).unwrap();
        assert_eq!(none, []);
    });
    let index = "SEARCH unrecorded_parts USING INDEX unrecorded_open (payment_hash=?)";
    check(&open, index);
}

#[test]
fn a_payment_is_loaded_by_its_indexes() {
    let none = PaymentHash([1; 32]);
    let by_hash = plan(|connection| assert_eq!(find_payment(connection, none), Ok(None)));
    let index = "SEARCH payments USING COVERING INDEX sqlite_autoindex_payments_1";
    check(&by_hash, index);
    // What is not there may have been deleted.
    let tombstone = plan(|connection| assert_eq!(load(connection, none), Ok(None)));
    check(
        &tombstone,
        "SEARCH tombstones USING PRIMARY KEY (payment_hash=?)",
    );
    // Without a payment the query of its parts never runs: it has the same filter as this one.
    let of_payment = plan(|connection| {
        let of_payment = parts::table.left_join(nodes::table).order(parts::id);
        let of_payment = of_payment.filter(parts::payment_id.eq(1));
        let ids = of_payment.select((parts::route, nodes::name.nullable()));
        drop(ids.load::<(Vec<u8>, Option<String>)>(connection).unwrap());
    });
    check(
        &of_payment,
        "SEARCH parts USING INDEX parts_by_payment (payment_id=?)",
    );
}
