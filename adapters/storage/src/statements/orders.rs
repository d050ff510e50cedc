//! The statements of orders. A payment's row and its order change in one transition.

use super::{ExpectedPayment, Notes, Progress};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use diesel::sqlite::Sqlite;

statement! {
    /// An order is opened on a payment that is there.
    PaymentOpened {
        "update or fail payments set ", progress: Progress;
        ", ", notes: Notes;
        ", order_deadline = ", order_deadline: i64 as BigInt;
        ", deliver_msat = ", deliver_msat: i64 as BigInt;
        ", max_fee_msat = ", max_fee_msat: i64 as BigInt;
        "", expected: ExpectedPayment;
    }
}

statement! {
    /// A part was fulfilled, and with it the payment's order is closed.
    PaymentProvenAndClosed {
        "update or fail payments set order_deadline = null, deliver_msat = null, max_fee_msat = null, ",
            progress: Progress;
        ", payment_preimage = ", payment_preimage: Option<Vec<u8>> as Nullable<Binary>;
        "", expected: ExpectedPayment;
    }
}

statement! {
    /// The payment's order is closed, with the failure of a part or by itself.
    PaymentClosed {
        "update or fail payments set order_deadline = null, deliver_msat = null, max_fee_msat = null, ",
            progress: Progress;
        "", expected: ExpectedPayment;
    }
}

statement! {
    /// An order is opened.
    NewOrder {
        "insert or fail into orders (seq, payment_id, deliver_msat, max_fee_msat, deadline, max_delay, \
         max_parts, max_attempts, parts_before, nodes, avoid, hints, opened_at, request_id, digest) \
         values (", seq: i64 as BigInt;
        ", ", payment_id: i64 as BigInt;
        ", ", deliver_msat: i64 as BigInt;
        ", ", max_fee_msat: i64 as BigInt;
        ", ", deadline: i64 as BigInt;
        ", ", max_delay: i64 as BigInt;
        ", ", max_parts: i64 as BigInt;
        ", ", max_attempts: i64 as BigInt;
        ", ", parts_before: i64 as BigInt;
        ", ", nodes: String as Text;
        ", ", avoid: String as Text;
        ", ", hints: String as Text;
        ", ", opened_at: i64 as BigInt;
        ", ", request_id: Option<String> as Nullable<Text>;
        ", ", digest: Option<Vec<u8>> as Nullable<Binary>;
        ")";
    }
}

statement! {
    /// A payment's open order is closed.
    OrderClosed {
        "update or fail orders set closed_at = ", closed_at: i64 as BigInt;
        ", closed_event = ", closed_event: i64 as BigInt;
        ", why = ", why: i64 as BigInt;
        ", why_msat = ", why_msat: Option<i64> as Nullable<BigInt>;
        " where closed_at is null and payment_id = ", payment_id: i64 as BigInt;
    }
}

statement! {
    /// A payment goes, and with it what it was asked for.
    DeleteOrders { "delete from orders where payment_id = ", payment_id: i64 as BigInt; }
}
