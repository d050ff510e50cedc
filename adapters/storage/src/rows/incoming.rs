//! Payments that came in, as they are stored.

use super::damaged;
use crate::fields::{RawText, count, msat, node_id, payment_hash, proof, text, time, unsigned};
use crate::queries::{searched, start_at};
use crate::schema::{incoming_cursors, incoming_parts, incoming_payments, nodes};
use diesel::prelude::*;
use domain::invariant::stored;
use domain::{
    Cursor, IncomingPayment, Listed, NodeName, PaidInvoice, PaymentFilter, PaymentId, ReceivedPart,
    ShortChannelId,
};
use std::collections::HashMap;

#[derive(Queryable, Selectable)]
#[diesel(table_name = incoming_payments)]
struct IncomingRow {
    id: i64,
    payment_hash: Vec<u8>,
    payment_preimage: Vec<u8>,
    destination: Vec<u8>,
    requested_msat: Option<i64>,
    received_msat: i64,
    created_at: i64,
    completed_at: i64,
    label: Option<RawText>,
    description: Option<RawText>,
    bolt11: Option<RawText>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = incoming_parts)]
struct IncomingPartRow {
    payment_id: i64,
    channel: i64,
    htlc_id: Option<i64>,
    amount_msat: i64,
    cltv_expiry: Option<i64>,
    received_at: Option<i64>,
}

/// A page of them, by id.
pub(crate) fn incoming(
    connection: &mut SqliteConnection,
    filter: &PaymentFilter,
) -> QueryResult<Vec<Listed<IncomingPayment>>> {
    let start = start_at(filter);
    let mut page = incoming_payments::table
        .left_join(nodes::table)
        .select((IncomingRow::as_select(), nodes::name.nullable()))
        .limit(i64::from(filter.limit))
        .into_boxed();
    page = if filter.reverse {
        let earlier = page.filter(incoming_payments::id.le(start));
        earlier.order(incoming_payments::id.desc())
    } else {
        let later = page.filter(incoming_payments::id.ge(start));
        later.order(incoming_payments::id.asc())
    };
    if let Some(hash) = filter.hash {
        page = page.filter(incoming_payments::payment_hash.eq(hash.0.to_vec()));
    }
    if let Some(text) = &filter.search {
        page = page.filter(searched(
            "incoming_payments",
            &["label", "description"],
            text,
        ));
    }
    let rows: Vec<(IncomingRow, Option<RawText>)> = page.load(connection)?;
    let ids: Vec<i64> = rows.iter().map(|(row, _)| row.id).collect();
    let parts: Vec<IncomingPartRow> = incoming_parts::table
        .filter(incoming_parts::payment_id.eq_any(ids))
        .select(IncomingPartRow::as_select())
        .order((incoming_parts::payment_id, incoming_parts::place))
        .load(connection)?;
    let mut of: HashMap<i64, Vec<IncomingPartRow>> = HashMap::new();
    for part in parts {
        of.entry(part.payment_id).or_default().push(part);
    }
    let listed = rows.into_iter().map(|(row, node)| {
        let parts = of.remove(&row.id).unwrap_or_default();
        row.into_listed(node, parts)
    });
    Ok(listed.collect())
}

/// How many are on all of its pages.
pub(crate) fn count_incoming(
    connection: &mut SqliteConnection,
    filter: &PaymentFilter,
) -> QueryResult<i64> {
    let mut all = incoming_payments::table.into_boxed();
    if let Some(hash) = filter.hash {
        all = all.filter(incoming_payments::payment_hash.eq(hash.0.to_vec()));
    }
    if let Some(text) = &filter.search {
        all = all.filter(searched(
            "incoming_payments",
            &["label", "description"],
            text,
        ));
    }
    all.count().get_result(connection)
}

/// How far a node's paid invoices have been heard.
pub(crate) fn incoming_cursor(
    connection: &mut SqliteConnection,
    node: &NodeName,
) -> QueryResult<Option<Cursor>> {
    let heard = incoming_cursors::table.find(node.as_str());
    let heard: Option<i64> = heard
        .select(incoming_cursors::cursor)
        .get_result(connection)
        .optional()?;
    Ok(heard.map(|heard| Cursor(u64::try_from(heard).unwrap_or(0))))
}

impl IncomingRow {
    fn into_listed(
        self,
        node: Option<RawText>,
        parts: Vec<IncomingPartRow>,
    ) -> Listed<IncomingPayment> {
        let (id, hash) = (self.id, payment_hash(&self.payment_hash).ok());
        match self.into_domain(node, parts) {
            Ok(payment) => Listed::Sound(payment),
            Err(reason) => damaged(id, hash, reason),
        }
    }

    fn into_domain(
        self,
        node: Option<RawText>,
        parts: Vec<IncomingPartRow>,
    ) -> Result<IncomingPayment, String> {
        let hash = payment_hash(&self.payment_hash)?;
        let node = node.ok_or("its node is missing")?.into_string("its node")?;
        let requested = self.requested_msat.map(|m| msat(m, "requested_msat"));
        let payment = IncomingPayment {
            id: PaymentId(unsigned(self.id, "id")?),
            node: NodeName::new(node),
            paid: PaidInvoice {
                payment_hash: hash,
                preimage: proof(hash, &self.payment_preimage)?,
                destination: node_id(&self.destination, "destination")?,
                requested: requested.transpose()?,
                received: msat(self.received_msat, "received_msat")?,
                parts: parts
                    .into_iter()
                    .map(IncomingPartRow::into_domain)
                    .collect::<Result<_, _>>()?,
                label: text(self.label, "label")?,
                description: text(self.description, "description")?,
                bolt11: text(self.bolt11, "bolt11")?,
                created_at: time(self.created_at, "created_at")?,
                completed_at: time(self.completed_at, "completed_at")?,
            },
        };
        stored::incoming(&payment.paid).map_err(|broken| broken.to_string())?;
        Ok(payment)
    }
}

impl IncomingPartRow {
    fn into_domain(self) -> Result<ReceivedPart, String> {
        let number = |id: Option<i64>, what| id.map(|id| unsigned(id, what)).transpose();
        let expiry = self.cltv_expiry.map(|height| count(height, "cltv_expiry"));
        let seen_at = self.received_at.map(|at| time(at, "received_at"));
        Ok(ReceivedPart {
            channel: ShortChannelId(self.channel.cast_unsigned()),
            htlc_id: number(self.htlc_id, "htlc_id")?,
            amount: msat(self.amount_msat, "amount_msat")?,
            cltv_expiry: expiry.transpose()?,
            seen_at: seen_at.transpose()?,
        })
    }
}
