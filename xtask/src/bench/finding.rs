//! Figures that are no throughput: each has a key in the JSON, a line in the table, and perhaps a goal.

use super::lines::{LINES, Unit};
use super::report::rounded;
use super::sample::median;
use comfy_table::{CellAlignment, Table, presets::UTF8_FULL_CONDENSED};
use serde_json::Map;
use std::collections::BTreeMap;

/// A figure that was found, under the key of its line.
pub(super) type Found = (&'static str, f64);

/// How something grows with something else, point by point.
pub(super) struct Curve {
    pub(super) title: &'static str,
    /// For the size of the database: payments, and microseconds.
    pub(super) points: Vec<(f64, f64)>,
}

/// All figures that were found, one a round.
#[derive(Default)]
pub(super) struct Findings(BTreeMap<&'static str, Vec<f64>>);

impl Findings {
    pub(super) fn add(&mut self, found: Vec<Found>) {
        for (key, figure) in found {
            debug_assert!(
                LINES.iter().any(|line| line.key == key),
                "{key} has no line"
            );
            self.0.entry(key).or_default().push(figure);
        }
    }

    /// Minimum, median and maximum of each; nothing if nothing was found.
    pub(super) fn table(&self) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        let mut table = Table::new();
        table.load_preset(UTF8_FULL_CONDENSED);
        table.set_header(["", "min", "median", "max", "goal"]);
        for line in &LINES {
            let Some(figures) = self.0.get(line.key) else {
                continue;
            };
            let middle = median(figures.clone());
            let shown = |figure: Option<f64>| figure.map_or(String::new(), |f| line.unit.shown(f));
            table.add_row([
                line.title.to_owned(),
                shown(figures.iter().copied().reduce(f64::min)),
                shown(middle),
                shown(figures.iter().copied().reduce(f64::max)),
                line.goal
                    .map_or(String::new(), |goal| goal.judged(middle, line.unit)),
            ]);
        }
        for column in 1..=3 {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        Some(table.to_string())
    }

    /// The median of each, for the JSON: ratios among the ratios, all others among the figures.
    pub(super) fn write(
        &self,
        ratios: &mut Map<String, serde_json::Value>,
        figures: &mut Map<String, serde_json::Value>,
    ) {
        for line in &LINES {
            let Some(middle) = self.0.get(line.key).cloned().and_then(median) else {
                continue;
            };
            let map = if line.unit == Unit::Ratio {
                &mut *ratios
            } else {
                &mut *figures
            };
            map.insert(line.key.into(), rounded(middle, 1e3));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_judged_by_its_median() {
        let mut findings = Findings::default();
        assert_eq!(findings.table(), None);
        for figure in [0.5, 2.0, 0.9] {
            findings.add(vec![("start_10k_live_s", figure)]);
        }
        let table = findings.table().unwrap();
        assert!(
            table.contains("0.50 s") && table.contains("≤ 1.00 s met"),
            "{table}"
        );
        let (mut ratios, mut figures) = (Map::new(), Map::new());
        findings.write(&mut ratios, &mut figures);
        assert!(ratios.is_empty());
        assert_eq!(figures["start_10k_live_s"], serde_json::json!(0.9));
    }

    #[test]
    fn no_key_is_used_twice() {
        let keys: std::collections::BTreeSet<_> = LINES.iter().map(|line| line.key).collect();
        assert_eq!(keys.len(), LINES.len());
    }
}
