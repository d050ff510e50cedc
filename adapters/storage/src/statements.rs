//! The statements that run for every part. Each has a constant text and a static `QueryId`, so
//! that diesel keeps it prepared and finds it by its type: its own `update().set()` is prepared
//! anew at every run, and the text of its own `insert_into()` is made anew to look it up.
//!
//! They hold secrets, so they have no `Debug` (rule A-15). `or fail` is explained at the top of the
//! migration.

use diesel::expression::{AppearsOnTable, Expression, ValidGrouping, is_aggregate};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use diesel::sqlite::Sqlite;

/// A statement, or a piece of one, that reads like its text: each text is followed by the field
/// that stands there, which is a value `as` some SQL type, or another piece.
macro_rules! statement {
    (
        $(#[$meta:meta])*
        $name:ident { $($text:literal $(, $field:ident: $rust:ty $(as $sql:ty)?)?;)+ }
    ) => {
        $(#[$meta])*
        pub(crate) struct $name { $($(pub(crate) $field: $rust,)?)+ }

        impl QueryId for $name {
            type QueryId = $name;
            const HAS_STATIC_QUERY_ID: bool = true;
        }

        impl QueryFragment<Sqlite> for $name {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
                $(
                    out.push_sql($text);
                    $(piece!(out, self.$field, $rust $(as $sql)?);)?
                )+
                Ok(())
            }
        }

        impl RunQueryDsl<SqliteConnection> for $name {}
        impl RunQueryDsl<SqliteConnection> for &$name {}
    };
}

macro_rules! piece {
    ($out:ident, $value:expr, $rust:ty as $sql:ty) => {
        $out.push_bind_param::<$sql, $rust>(&$value)?
    };
    ($out:ident, $value:expr, $piece:ty) => {
        $value.walk_ast($out.reborrow())?
    };
}

mod orders;

pub(crate) use orders::{
    DeleteOrders, NewOrder, OrderClosed, PaymentClosed, PaymentOpened, PaymentProvenAndClosed,
};

statement! {
    /// Takes the one lock that writers share.
    Begin { "begin immediate"; }
}

statement! {
    /// Starts a snapshot for reading.
    BeginRead { "begin"; }
}

statement! {
    /// A number that changes for a connection whenever another one has committed.
    DataVersion { "pragma data_version"; }
}

impl Query for DataVersion {
    type SqlType = BigInt;
}

statement! {
    /// Makes what was written durable, or ends a snapshot.
    Commit { "commit"; }
}

statement! {
    /// Columns of a payment that every transition sets.
    Progress {
        "status = ", status: i64 as BigInt;
        ", parts = ", parts: i64 as BigInt;
        ", live_parts = ", live_parts: i64 as BigInt;
        ", in_flight_msat = ", in_flight_msat: i64 as BigInt;
        ", delivered_msat = ", delivered_msat: i64 as BigInt;
        ", sent_msat = ", sent_msat: i64 as BigInt;
        ", completed_at = ", completed_at: Option<i64> as Nullable<BigInt>;
        ", version = ", version: i64 as BigInt;
        ", quarantine = ", quarantine: Option<String> as Nullable<Text>;
    }
}

statement! {
    /// Columns of a payment that only accepting a part sets.
    Notes {
        "payment_secret = ", payment_secret: Option<Vec<u8>> as Nullable<Binary>;
        ", payment_metadata = ", payment_metadata: Option<Vec<u8>> as Nullable<Binary>;
        ", description = ", description: Option<String> as Nullable<Text>;
        ", label = ", label: Option<String> as Nullable<Text>;
        ", bolt11 = ", bolt11: Option<String> as Nullable<Text>;
        ", invoice_description = ", invoice_description: Option<String> as Nullable<Text>;
        ", invoice_network = ", invoice_network: Option<String> as Nullable<Text>;
        ", invoice_expires_at = ", invoice_expires_at: Option<i64> as Nullable<BigInt>;
        ", min_final_cltv_expiry = ", min_final_cltv_expiry: Option<i64> as Nullable<BigInt>;
        ", basic_mpp = ", basic_mpp: Option<i64> as Nullable<BigInt>;
        ", description_hash = ", description_hash: Option<Vec<u8>> as Nullable<Binary>;
    }
}

statement! {
    /// A payment with its first part: what no later statement sets, then what every one does. A
    /// hash that is there already is left alone, and counts as no row.
    NewPayment {
        "insert or fail into payments (id, payment_hash, direction, intended_msat, requested_msat, \
         destination, created_at, status, parts, live_parts, in_flight_msat, delivered_msat, \
         sent_msat, completed_at, version, quarantine, payment_secret, payment_metadata, \
         description, label, bolt11, invoice_description, invoice_network, invoice_expires_at, \
         min_final_cltv_expiry, basic_mpp, description_hash, order_deadline, deliver_msat, \
         max_fee_msat) values (", id: i64 as BigInt;
        ", ", payment_hash: Vec<u8> as Binary;
        ", ", direction: i64 as BigInt;
        ", ", intended_msat: i64 as BigInt;
        ", ", requested_msat: i64 as BigInt;
        ", ", destination: Vec<u8> as Binary;
        ", ", created_at: i64 as BigInt;
        ", ", status: i64 as BigInt;
        ", ", parts: i64 as BigInt;
        ", ", live_parts: i64 as BigInt;
        ", ", in_flight_msat: i64 as BigInt;
        ", ", delivered_msat: i64 as BigInt;
        ", ", sent_msat: i64 as BigInt;
        ", ", completed_at: Option<i64> as Nullable<BigInt>;
        ", ", version: i64 as BigInt;
        ", ", quarantine: Option<String> as Nullable<Text>;
        ", ", payment_secret: Option<Vec<u8>> as Nullable<Binary>;
        ", ", payment_metadata: Option<Vec<u8>> as Nullable<Binary>;
        ", ", description: Option<String> as Nullable<Text>;
        ", ", label: Option<String> as Nullable<Text>;
        ", ", bolt11: Option<String> as Nullable<Text>;
        ", ", invoice_description: Option<String> as Nullable<Text>;
        ", ", invoice_network: Option<String> as Nullable<Text>;
        ", ", invoice_expires_at: Option<i64> as Nullable<BigInt>;
        ", ", min_final_cltv_expiry: Option<i64> as Nullable<BigInt>;
        ", ", basic_mpp: Option<i64> as Nullable<BigInt>;
        ", ", description_hash: Option<Vec<u8>> as Nullable<Binary>;
        ", ", order_deadline: Option<i64> as Nullable<BigInt>;
        ", ", deliver_msat: Option<i64> as Nullable<BigInt>;
        ", ", max_fee_msat: Option<i64> as Nullable<BigInt>;
        ") on conflict (payment_hash) do nothing";
    }
}

statement! {
    /// The row that a transition expects. By its number: the index of hashes is large and cold.
    ExpectedPayment {
        " where id = ", id: i64 as BigInt;
        " and version = ", version: i64 as BigInt;
    }
}

statement! {
    /// Another part was accepted. It leaves the proof alone, which so cannot be lost here.
    PaymentJoined {
        "update or fail payments set ", progress: Progress;
        ", ", notes: Notes;
        "", expected: ExpectedPayment;
    }
}

statement! {
    /// A part was fulfilled.
    PaymentProven {
        "update or fail payments set ", progress: Progress;
        ", payment_preimage = ", payment_preimage: Option<Vec<u8>> as Nullable<Binary>;
        "", expected: ExpectedPayment;
    }
}

statement! {
    /// A part failed, or is contradicted. It leaves the proof alone, which so cannot be lost here.
    PaymentNotProven {
        "update or fail payments set ", progress: Progress;
        "", expected: ExpectedPayment;
    }
}

statement! {
    /// A part is accepted. It has no failure: those columns stay null.
    NewPart {
        "insert or fail into parts (id, payment_id, node_id, status, amount_msat, amount_sent_msat, \
         cltv_expiry, created_at, accepted_event, route, description, label) values (", id: i64 as BigInt;
        ", ", payment_id: i64 as BigInt;
        ", ", node_id: i64 as BigInt;
        ", ", status: i64 as BigInt;
        ", ", amount_msat: i64 as BigInt;
        ", ", amount_sent_msat: i64 as BigInt;
        ", ", cltv_expiry: Option<i64> as Nullable<BigInt>;
        ", ", created_at: i64 as BigInt;
        ", ", accepted_event: i64 as BigInt;
        ", ", route: Vec<u8> as Binary;
        ", ", description: Option<String> as Nullable<Text>;
        ", ", label: Option<String> as Nullable<Text>;
        ")";
    }
}

statement! {
    /// The row of the part that a transition expects.
    ExpectedPart {
        " where id = ", id: i64 as BigInt;
        " and payment_id = ", payment_id: i64 as BigInt;
        " and status = ", status: i64 as BigInt;
    }
}

statement! {
    /// The outcome of a part that is complete.
    PartFulfilled {
        "update or fail parts set status = 1, failure_code = null, failure_message = null, \
         erring_index = null, failcode = null, erring_node = null, erring_channel = null, \
         onionreply = null, raw_message = null, elsewhere = null, completed_at = ", completed_at: i64 as BigInt;
        ", ended_event = coalesce(ended_event, ", ended_event: i64 as BigInt;
        ")", expected: ExpectedPart;
    }
}

statement! {
    /// The outcome of a part that failed.
    PartFailed {
        "update or fail parts set status = 2, completed_at = ", completed_at: i64 as BigInt;
        ", failure_code = ", code: i64 as BigInt;
        ", failure_message = ", message: String as Text;
        ", erring_index = ", erring_index: Option<i64> as Nullable<BigInt>;
        ", failcode = ", failcode: Option<i64> as Nullable<BigInt>;
        ", erring_node = ", erring_node: Option<Vec<u8>> as Nullable<Binary>;
        ", erring_channel = ", erring_channel: Option<i64> as Nullable<BigInt>;
        ", onionreply = ", onionreply: Option<Vec<u8>> as Nullable<Binary>;
        ", raw_message = ", raw_message: Option<Vec<u8>> as Nullable<Binary>;
        ", elsewhere = ", elsewhere: Option<i64> as Nullable<BigInt>;
        ", ended_event = coalesce(ended_event, ", ended_event: i64 as BigInt;
        ")", expected: ExpectedPart;
    }
}

statement! {
    /// A transition's place in the history.
    NewEvent {
        "insert into events (seq, payment_id, part_id, kind, payment_status, part_status, at) \
         values (", seq: i64 as BigInt;
        ", ", payment_id: i64 as BigInt;
        ", ", part_id: Option<i64> as Nullable<BigInt>;
        ", ", kind: i64 as BigInt;
        ", ", payment_status: i64 as BigInt;
        ", ", part_status: Option<i64> as Nullable<BigInt>;
        ", ", at: i64 as BigInt;
        ")";
    }
}

statement! {
    /// Who ended a part by hand, and why.
    NewResolution {
        "insert or fail into resolutions (seq, part_id, status, who, why) values (", seq: i64 as BigInt;
        ", ", part_id: i64 as BigInt;
        ", ", status: i64 as BigInt;
        ", ", who: String as Text;
        ", ", why: String as Text;
        ")";
    }
}

statement! {
    /// An idempotency key and the part that it made.
    NewRequest {
        "insert into requests (request_id, digest, payment_id, part_id) values (",
            request_id: String as Text;
        ", ", digest: Vec<u8> as Binary;
        ", ", payment_id: i64 as BigInt;
        ", ", part_id: i64 as BigInt;
        ")";
    }
}

statement! {
    /// What is left of a payment that was paid, and goes or never was.
    NewTombstone {
        "insert into tombstones (payment_hash, payment_id, deleted_at) values (",
            payment_hash: Vec<u8> as Binary;
        ", ", payment_id: Option<i64> as Nullable<BigInt>;
        ", ", deleted_at: i64 as BigInt;
        ") on conflict (payment_hash) do nothing";
    }
}

statement! {
    /// A payment goes, and with it its idempotency keys.
    DeleteRequests { "delete from requests where payment_id = ", payment_id: i64 as BigInt; }
}

statement! {
    /// That an event is one of these payments', whichever way they went; `payments` is JSON. Each part
    /// says which events began and ended it, and what else there may be is rare, and has an index.
    HistoryOf {
        "events.seq in (with of (id) as (select value from json_each(", payments: String as Text;
        ")) select accepted_event from of join parts on parts.payment_id = of.id \
         union all select ended_event from of join parts on parts.payment_id = of.id \
         union all select seq from of join events as rare on rare.payment_id = of.id where rare.kind > 3)";
    }
}

impl HistoryOf {
    pub(crate) fn payments(ids: &[i64]) -> HistoryOf {
        let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
        let payments = format!("[{}]", ids.join(","));
        HistoryOf { payments }
    }
}

impl Expression for HistoryOf {
    type SqlType = Bool;
}

impl<Tables> AppearsOnTable<Tables> for HistoryOf {}

impl ValidGrouping<()> for HistoryOf {
    type IsAggregate = is_aggregate::No;
}

statement! {
    /// A payment goes, and with it its history.
    DeleteEvents { "delete from events where ", of: HistoryOf; }
}

statement! {
    /// A payment goes, and with it who ended its parts by hand.
    DeleteResolutions {
        "delete from resolutions where part_id in (select id from parts where payment_id = ",
            payment_id: i64 as BigInt;
        ")";
    }
}

statement! {
    /// A payment goes, and with it its parts.
    DeleteParts { "delete from parts where payment_id = ", payment_id: i64 as BigInt; }
}

statement! {
    /// A payment goes.
    DeletePayment { "delete from payments where id = ", payment_id: i64 as BigInt; }
}

statement! {
    /// A node has been heard so far; a smaller number changes nothing.
    CursorMoved {
        "insert into cursors (node, cursor) values (", node: String as Text;
        ", ", cursor: i64 as BigInt;
        ") on conflict (node) do update set cursor = excluded.cursor \
         where excluded.cursor > cursors.cursor";
    }
}

statement! {
    /// Overwrites what a failed COMMIT may have left in the log.
    Fence { "update counters set fences = fences + 1 where one = 1"; }
}
