//! A table for spreadsheets.

use super::Writer;
use crate::cli::export::rows::{Damaged, Moved, Payment};
use std::borrow::Cow;
use std::io::Write;

const COLUMNS: [&str; 18] = [
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
];

/// A column each.
type Record<'a> = [Cow<'a, str>; COLUMNS.len()];

pub(super) struct Csv<W: Write>(::csv::Writer<W>);

impl<W: Write> Csv<W> {
    pub(super) fn begin(out: W) -> anyhow::Result<Csv<W>> {
        let mut table = ::csv::Writer::from_writer(out);
        table.write_record(COLUMNS)?;
        Ok(Csv(table))
    }

    fn write(&mut self, record: &Record<'_>) -> anyhow::Result<()> {
        Ok(self
            .0
            .write_record(record.iter().map(|field| field.as_bytes()))?)
    }
}

impl<W: Write> Writer for Csv<W> {
    fn payment(&mut self, payment: &Payment<'_>) -> anyhow::Result<()> {
        let (delivered, sent, received) = match payment.moved {
            Moved::Unsettled { delivered, sent } => (delivered, sent, None),
            Moved::Paid { sent, delivered } => (Some(delivered), Some(sent), None),
            Moved::Received(received) => (None, None, Some(received)),
        };
        self.write(&[
            payment.id.to_string().into(),
            payment.direction.as_str().into(),
            payment.status.as_str().into(),
            payment.created_at.to_string().into(),
            shown(payment.completed_at),
            payment.hash.as_str().into(),
            text(payment.destination.as_ref()),
            text(payment.node.as_ref()),
            shown(payment.requested),
            shown(delivered),
            shown(sent),
            shown(received),
            shown(payment.fee()),
            shown(payment.parts),
            text(payment.label.as_ref()),
            text(payment.description.as_ref()),
            text(payment.preimage.as_ref()),
            text(payment.warning.as_ref()),
        ])
    }

    fn damaged(&mut self, row: &Damaged<'_>) -> anyhow::Result<()> {
        let mut record = Record::default();
        let filled = COLUMNS.iter().zip(&mut record);
        for (column, field) in filled {
            *field = match *column {
                "id" => row.id.to_string().into(),
                "status" => "quarantined".into(),
                "payment_hash" => text(row.hash.as_ref()),
                "warning" => text(Some(&row.warning)),
                _ => continue,
            };
        }
        self.write(&record)
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        Ok(self.0.flush()?)
    }

    fn finish(&mut self) -> anyhow::Result<Option<String>> {
        self.flush().map(|()| None)
    }
}

fn shown<T: ToString>(value: Option<T>) -> Cow<'static, str> {
    value
        .map(|value| value.to_string())
        .unwrap_or_default()
        .into()
}

/// Text of anybody's. A spreadsheet takes some of it for a formula and obeys: not with an apostrophe
/// before it. (The wide signs are those of Japanese keyboards.)
fn text(value: Option<&String>) -> Cow<'_, str> {
    const FORMULA: [char; 11] = [
        '=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ];
    let value = value.map(String::as_str).unwrap_or_default();
    if value.starts_with(FORMULA) {
        return format!("'{value}").into();
    }
    value.into()
}
