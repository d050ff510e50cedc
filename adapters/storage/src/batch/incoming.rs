//! What is written of a payment that came in.

use super::{Batch, next, number};
use crate::changes::{Unstorable, amount, cursor, fit, time};
use crate::codes;
use crate::error::Fault;
use crate::schema::{incoming_cursors, incoming_parts, incoming_payments};
use crate::statements::NewEvent;
use diesel::prelude::*;
use diesel::query_dsl::methods::FilterDsl;
use diesel::upsert::excluded;
use domain::{Cursor, EventKind, NodeName, PaymentId, ReceivedPart, Recorded, StatusKind};

/// A payment that came in, as rows; the numbers are given out at commit.
pub(crate) struct IncomingWrite {
    node: NodeName,
    payment: NewIncoming,
    parts: Vec<NewIncomingPart>,
    cursor: i64,
}

#[derive(Insertable)]
#[diesel(table_name = incoming_payments)]
struct NewIncoming {
    id: i64,
    node_id: i64,
    payment_hash: Vec<u8>,
    payment_preimage: Vec<u8>,
    destination: Vec<u8>,
    requested_msat: Option<i64>,
    received_msat: i64,
    created_at: i64,
    completed_at: i64,
    label: Option<String>,
    description: Option<String>,
    bolt11: Option<String>,
}

#[derive(Insertable)]
#[diesel(table_name = incoming_parts)]
struct NewIncomingPart {
    payment_id: i64,
    place: i64,
    channel: i64,
    htlc_id: Option<i64>,
    amount_msat: i64,
    cltv_expiry: Option<i64>,
    received_at: Option<i64>,
}

impl IncomingWrite {
    /// The rows, unless they would not hold it.
    pub(crate) fn of(payment: domain::NewIncoming, heard: Cursor) -> Result<Self, Unstorable> {
        let paid = payment.paid;
        let requested = paid.requested.map(|msat| amount(msat, "requested_msat"));
        let parts = (0..).zip(&paid.parts);
        Ok(IncomingWrite {
            node: payment.node,
            payment: NewIncoming {
                id: 0,
                node_id: 0,
                payment_hash: paid.payment_hash.0.to_vec(),
                payment_preimage: paid.preimage.expose().to_vec(),
                destination: paid.destination.bytes().to_vec(),
                requested_msat: requested.transpose()?,
                received_msat: amount(paid.received, "received_msat")?,
                created_at: time(paid.created_at)?,
                completed_at: time(paid.completed_at)?,
                label: paid.label,
                description: paid.description,
                bolt11: paid.bolt11,
            },
            parts: parts
                .map(|(place, part)| NewIncomingPart::of(place, part))
                .collect::<Result<_, _>>()?,
            cursor: cursor(heard)?,
        })
    }
}

impl NewIncomingPart {
    fn of(place: i64, part: &ReceivedPart) -> Result<NewIncomingPart, Unstorable> {
        Ok(NewIncomingPart {
            payment_id: 0,
            place,
            channel: part.channel.0.cast_signed(),
            htlc_id: part.htlc_id.map(|id| fit(id, "htlc_id")).transpose()?,
            amount_msat: amount(part.amount, "amount_msat")?,
            cltv_expiry: part.cltv_expiry.map(i64::from),
            received_at: part.seen_at.map(time).transpose()?,
        })
    }
}

impl Batch<'_> {
    /// Writes a payment that came in, unless it is there.
    pub(crate) fn record(&mut self, write: &mut IncomingWrite) -> Result<Recorded, Fault> {
        self.heard_incoming(&write.node, write.cursor)?;
        let node_id = self.node(&write.node)?;
        let id = next(self.now.payment)?;
        let payment = &mut write.payment;
        (payment.id, payment.node_id) = (id, node_id);
        let insert = diesel::insert_into(incoming_payments::table).values(&*payment);
        let known = (incoming_payments::node_id, incoming_payments::payment_hash);
        let inserted = insert.on_conflict(known).do_nothing();
        if inserted.execute(self.connection)? == 0 {
            return Ok(Recorded::Before);
        }
        self.now.payment = id;
        for part in &mut write.parts {
            part.payment_id = id;
            let insert = diesel::insert_into(incoming_parts::table).values(&*part);
            insert.execute(self.connection)?;
        }
        let mut event = NewEvent {
            seq: 0,
            payment_id: id,
            part_id: None,
            kind: codes::of_event(EventKind::PaymentReceived),
            payment_status: codes::of_status(StatusKind::Complete),
            part_status: None,
            at: write.payment.completed_at,
        };
        let seq = next(self.now.event)?;
        self.write_event(seq, id, None, &mut event)?;
        Ok(Recorded::Yes(PaymentId(number(id)?), number(seq)?))
    }

    fn heard_incoming(&mut self, node: &NodeName, cursor: i64) -> Result<(), Fault> {
        use incoming_cursors::{cursor as heard, node as name, table};
        let first = (name.eq(node.as_str()), heard.eq(cursor));
        let insert = diesel::insert_into(table).values(first);
        let update = insert.on_conflict(name).do_update();
        let later = FilterDsl::filter(update.set(heard.eq(excluded(heard))), heard.lt(cursor));
        later.execute(self.connection)?;
        Ok(())
    }
}
