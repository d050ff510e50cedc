//! What was found: a table for people, and a line of JSON for programs.

use comfy_table::{CellAlignment, Table, presets::UTF8_FULL_CONDENSED};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// All rows.
#[derive(Default)]
pub(super) struct Report(Vec<Row>);

/// What came of one stage.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    pub(super) stage: String,
    /// Rounds that were played.
    pub(super) rounds: u64,
    /// Faults that really hit something.
    pub(super) faults: u64,
    /// Commits of which a caller was told.
    pub(super) acknowledged: u64,
    /// Parts that came to their end, as their node says.
    pub(super) resolved: u64,
    /// Every error that a caller read, and how often.
    pub(super) errors: BTreeMap<String, u64>,
    /// With all that is needed to see it again.
    pub(super) violations: Vec<String>,
    /// What else should be known, or why it is not possible here.
    pub(super) note: String,
    pub(super) seconds: f64,
}

impl Row {
    pub(super) fn absorb(&mut self, other: Row) {
        self.rounds += other.rounds;
        self.faults += other.faults;
        self.acknowledged += other.acknowledged;
        self.resolved += other.resolved;
        self.violations.extend(other.violations);
        for (text, times) in other.errors {
            *self.errors.entry(text).or_default() += times;
        }
        self.note = other.note;
        self.seconds += other.seconds;
    }

    fn json(&self) -> Value {
        json!({
            "stage": self.stage, "rounds": self.rounds, "faults": self.faults,
            "acknowledged": self.acknowledged, "resolved": self.resolved,
            "violations": self.violations, "errors": self.errors, "note": self.note, "seconds": self.seconds,
        })
    }
}

impl Report {
    /// Another round of a stage is added to the one before.
    pub(super) fn add(&mut self, row: Row) {
        match self.0.iter_mut().find(|known| known.stage == row.stage) {
            Some(known) => known.absorb(row),
            None => self.0.push(row),
        }
    }

    pub(super) fn violations(&self) -> usize {
        self.0.iter().map(|row| row.violations.len()).sum()
    }

    pub(super) fn all_violations(&self) -> impl Iterator<Item = &String> {
        self.0.iter().flat_map(|row| &row.violations)
    }

    pub(super) fn table(&self) -> String {
        let mut table = Table::new();
        table.load_preset(UTF8_FULL_CONDENSED);
        table.set_header([
            "stage",
            "rounds",
            "faults",
            "acknowledged",
            "resolved",
            "violations",
            "s",
            "",
        ]);
        for row in &self.0 {
            table.add_row([
                row.stage.clone(),
                row.rounds.to_string(),
                row.faults.to_string(),
                row.acknowledged.to_string(),
                row.resolved.to_string(),
                row.violations.len().to_string(),
                format!("{:.1}", row.seconds),
                row.note.clone(),
            ]);
        }
        for column in table.column_iter_mut().skip(1).take(6) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table.to_string()
    }

    pub(super) fn json(&self, seed: u64) -> Value {
        let rows: Vec<Value> = self.0.iter().map(Row::json).collect();
        json!({ "seed": seed, "violations": self.violations(), "stages": rows })
    }
}
