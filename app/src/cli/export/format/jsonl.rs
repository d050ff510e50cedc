//! The rows as they came, one a line, and what is worked out from them.

use super::Writer;
use crate::cli::export::rows::{Damaged, Payment};
use crate::escape;
use anyhow::Context;
use serde::Serialize;
use serde_json::value::RawValue;
use std::io::Write;

pub(super) struct Jsonl<W: Write>(W);

/// What a payment's row gets besides.
#[derive(Serialize)]
struct Besides {
    #[serde(skip_serializing_if = "Option::is_none")]
    fee_msat: Option<u64>,
    created_at_iso: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at_iso: Option<String>,
}

/// What a damaged row gets besides.
#[derive(Serialize)]
struct Quarantined {
    status: &'static str,
}

impl<W: Write> Jsonl<W> {
    pub(super) fn begin(out: W) -> Jsonl<W> {
        Jsonl(out)
    }

    /// The row and then the other's fields, in one object. Parsing the row would lose the order of
    /// its fields, and those that are not known here.
    fn write(&mut self, row: &RawValue, besides: &impl Serialize) -> anyhow::Result<()> {
        let besides = serde_json::to_string(besides)?;
        let besides = besides.strip_prefix('{').context("no object")?;
        let row = escape::json(row.get().trim_end());
        let row = row.strip_suffix('}').context("a row that is no object")?;
        // A line break in JSON is between two words of it: inside of text it is escaped.
        for line in row.split(['\n', '\r']) {
            self.0.write_all(line.as_bytes())?;
        }
        writeln!(self.0, ",{besides}")?;
        Ok(())
    }
}

impl<W: Write> Writer for Jsonl<W> {
    fn payment(&mut self, payment: &Payment<'_>) -> anyhow::Result<()> {
        let besides = Besides {
            fee_msat: payment.fee().filter(|_| !payment.tells_fee),
            created_at_iso: payment.created_at.to_string(),
            completed_at_iso: payment.completed_at.map(|at| at.to_string()),
        };
        self.write(payment.json, &besides)
    }

    fn damaged(&mut self, row: &Damaged<'_>) -> anyhow::Result<()> {
        let status = "quarantined";
        self.write(row.json, &Quarantined { status })
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        Ok(self.0.flush()?)
    }

    fn finish(&mut self) -> anyhow::Result<Option<String>> {
        self.flush().map(|()| None)
    }
}

#[cfg(test)]
mod tests {
    use super::Jsonl;
    use crate::cli::export::format::Writer;
    use crate::cli::export::rows::Row;
    use serde_json::value::RawValue;

    #[test]
    fn a_row_keeps_its_order_and_what_is_not_known_here() {
        let row = r#"{"status": "complete",
            "id": 1, "later": [1.50, {"b": 1, "a": "x\n}"}],
            "payment_hash": "00", "created_at": 0, "completed_at": 1,
            "amount_sent_msat": 3, "delivered_msat": 1 }
        "#;
        let row = RawValue::from_string(row.to_owned()).unwrap();
        let Row::Payment(payment) = Row::read(&row).unwrap() else {
            panic!("damaged")
        };
        let mut out = Vec::new();
        Jsonl::begin(&mut out).payment(&payment).unwrap();
        let line = String::from_utf8(out).unwrap();
        let later = r#""later": [1.50, {"b": 1, "a": "x\n}"}],"#;
        let (before, after) = line.split_once(later).unwrap();
        assert!(before.starts_with(r#"{"status": "complete","#), "{line}");
        let besides = r#","fee_msat":2,"created_at_iso":"1970-01-01T00:00:00Z","#;
        assert!(after.contains(besides), "{line}");
        assert_eq!(line.find('\n'), Some(line.len() - 1));
    }
}
