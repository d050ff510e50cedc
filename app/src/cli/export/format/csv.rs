//! A table for spreadsheets.

use super::Writer;
use super::table::{Cell, EMPTY, Table};
use crate::cli::export::rows::{Damaged, Moved, Payment};
use std::io::Write;

/// New ones come last: whoever counts columns goes on finding the others.
const COLUMNS: [&str; 22] = [
    "id",
    "direction",
    "status",
    "created_at",
    "completed_at",
    "payment_hash",
    "destination",
    "node",
    "requested_msat",
    "delivered_msat",
    "sent_msat",
    "received_msat",
    "fee_msat",
    "parts",
    "label",
    "description",
    "payment_preimage",
    "warning",
    "bolt11",
    "self_payment",
    "self_msat",
    "ended_by_hand",
];

pub(super) struct Csv<W: Write>(Table<W>);

impl<W: Write> Csv<W> {
    pub(super) fn begin(out: W) -> anyhow::Result<Csv<W>> {
        Ok(Csv(Table::begin(out, &COLUMNS)?))
    }
}

impl<W: Write> Writer for Csv<W> {
    fn payment(&mut self, payment: &Payment<'_>) -> anyhow::Result<()> {
        let (delivered, sent, received) = match payment.moved {
            Moved::Unsettled { delivered, sent } => (delivered, sent, None),
            Moved::Paid { sent, delivered } => (Some(delivered), Some(sent), None),
            Moved::Received(received) => (None, None, Some(received)),
        };
        let own = payment.own.as_ref();
        let record: [Cell<'_>; COLUMNS.len()] = [
            Cell::of(Some(payment.id)),
            Cell::of(Some(payment.direction.as_str())),
            Cell::of(Some(payment.status.as_str())),
            Cell::of(Some(payment.created_at)),
            Cell::of(payment.completed_at),
            Cell::text(Some(&payment.hash)),
            Cell::text(payment.destination.as_deref()),
            Cell::text(payment.node.as_deref()),
            Cell::of(payment.requested),
            Cell::of(delivered),
            Cell::of(sent),
            Cell::of(received),
            Cell::of(payment.fee()),
            Cell::of(payment.parts),
            Cell::text(payment.label.as_deref()),
            Cell::text(payment.description.as_deref()),
            Cell::text(payment.preimage.as_deref()),
            Cell::text(payment.warning.as_deref()),
            Cell::text(payment.invoice.as_deref()),
            Cell::of(own.map(|own| own.row)),
            Cell::of(own.and_then(|own| own.msat)),
            Cell::text(payment.by_hand.as_deref()),
        ];
        self.0.row(&record)
    }

    fn damaged(&mut self, row: &Damaged<'_>) -> anyhow::Result<()> {
        let record = COLUMNS.map(|column| match column {
            "id" => Cell::of(Some(row.id)),
            "status" => Cell::of(Some("quarantined")),
            "payment_hash" => Cell::text(row.hash.as_deref()),
            "warning" => Cell::text(Some(&row.warning)),
            _ => EMPTY,
        });
        self.0.row(&record)
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        self.0.flush()
    }

    fn finish(&mut self) -> anyhow::Result<Option<String>> {
        self.flush().map(|()| None)
    }
}
