//! What was found: a table for people, and a line of JSON for programs.

use super::finding::{Curve, Findings, Found};
use super::lines::{Goal, Unit};
use super::plan::Subject;
use super::plot;
use super::sample::{Sample, median};
use anyhow::Result;
use comfy_table::{CellAlignment, Table, presets::UTF8_FULL_CONDENSED};
use indicatif::HumanFloatCount;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What was found.
pub(super) struct Report {
    /// The samples of every subject, one a round.
    samples: BTreeMap<Subject, Vec<Sample>>,
    findings: Findings,
    curves: Vec<Curve>,
    /// How busy the machine was before.
    load_average: Option<f64>,
}

/// A ratio that has a name, and perhaps a goal.
struct Ratio {
    key: &'static str,
    subject: Subject,
    goal: Option<Goal>,
}

const RATIOS: [Ratio; 9] = [
    Ratio {
        key: "storage_vs_raw",
        subject: Subject::Storage(4_096),
        goal: Some(Goal::AtLeast(0.70)),
    },
    Ratio {
        key: "engine_vs_raw",
        subject: Subject::Engine(4_096),
        goal: Some(Goal::AtLeast(0.50)),
    },
    Ratio {
        key: "engine_256_vs_raw",
        subject: Subject::Engine(256),
        goal: None,
    },
    Ratio {
        key: "engine_16_vs_raw",
        subject: Subject::Engine(16),
        goal: None,
    },
    Ratio {
        key: "engine_1_vs_raw",
        subject: Subject::Engine(1),
        goal: None,
    },
    Ratio {
        key: "socket_vs_raw",
        subject: Subject::Socket(64),
        goal: Some(Goal::AtLeast(0.25)),
    },
    Ratio {
        key: "socket_pipelined_vs_raw",
        subject: Subject::Pipelined,
        goal: Some(Goal::AtLeast(0.25)),
    },
    Ratio {
        key: "lone_part_vs_fdatasync",
        subject: Subject::LonePart,
        goal: Some(Goal::AtMost(1.3)),
    },
    Ratio {
        key: "lone_outcome_vs_fdatasync",
        subject: Subject::LoneOutcome,
        goal: Some(Goal::AtMost(1.3)),
    },
];

impl Report {
    pub(super) fn new(load_average: Option<f64>) -> Report {
        Report {
            samples: BTreeMap::new(),
            findings: Findings::default(),
            curves: Vec::new(),
            load_average,
        }
    }

    pub(super) fn add(&mut self, samples: Vec<(Subject, Sample)>) {
        for (subject, sample) in samples {
            if let (Subject::Engine(256), Some((p50, p99))) = (subject, sample.answer_us) {
                self.findings
                    .add(vec![("engine_256_p99_vs_p50", p99 / p50)]);
            }
            self.samples.entry(subject).or_default().push(sample);
        }
    }

    pub(super) fn find(&mut self, found: Vec<Found>, curves: Vec<Curve>) {
        self.findings.add(found);
        self.curves.extend(curves);
    }

    /// Draws what there is to be drawn into that folder, and says which files.
    pub(super) fn draw(&self, folder: &Path) -> Result<Vec<PathBuf>> {
        let mut drawn = Vec::new();
        let engine = self.samples.keys().filter_map(|subject| match subject {
            Subject::Engine(callers) => Some((f64::from(*callers), self.ops(*subject)?)),
            _ => None,
        });
        let engine: Vec<_> = engine.collect();
        if engine.len() > 1 {
            let path = folder.join("callers.svg");
            let raw = self.ops(Subject::Raw).unwrap_or_default();
            let raw = engine.iter().map(|(callers, _)| (*callers, raw)).collect();
            let lines = [("raw SQLite, no callers", raw), ("engine", engine)];
            plot::callers(&path, &lines)?;
            drawn.push(path);
        }
        if !self.curves.is_empty() {
            let path = folder.join("size.svg");
            let lines = self.curves.iter().map(|c| (c.title, c.points.clone()));
            plot::latency(&path, &lines.collect::<Vec<_>>())?;
            drawn.push(path);
        }
        Ok(drawn)
    }

    pub(super) fn table(&self) -> String {
        let mut table = Table::new();
        table.load_preset(UTF8_FULL_CONDENSED);
        table.set_header(["", "ops/s", "ratio", "to", "goal", "answer p50", "p99"]);
        for subject in self.samples.keys().copied() {
            let ratio = RATIOS.iter().find(|ratio| ratio.subject == subject);
            let found = ratio.and_then(|ratio| self.ratio(ratio.subject));
            let goal = ratio.and_then(|ratio| ratio.goal);
            let (to, _) = unit(subject);
            table.add_row([
                subject.name(),
                self.ops(subject).map_or(String::new(), thousands),
                found.map_or(String::new(), |found| format!("{found:.2}")),
                found.map_or(String::new(), |_| to.name()),
                goal.map_or(String::new(), |goal| goal.judged(found, Unit::Ratio)),
                self.answer(subject, |(p50, _)| p50)
                    .map_or(String::new(), time),
                self.answer(subject, |(_, p99)| p99)
                    .map_or(String::new(), time),
            ]);
        }
        for column in [1, 2, 5, 6] {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let findings = self.findings.table();
        let findings = findings.map_or(String::new(), |table| format!("\n{table}"));
        let rounds = self.samples.values().map(Vec::len).max().unwrap_or(0);
        let load = self.load_average;
        let load = load.map_or(String::new(), |load| {
            format!("; load average before: {load:.1}")
        });
        format!(
            "{table}{findings}\nmedians of {rounds} rounds{load}\n\
             an operation accepts a part or resolves it, and is durable when it is answered"
        )
    }

    /// One line, without the line's end.
    pub(super) fn json(&self) -> String {
        let mut ratios = Map::new();
        for ratio in &RATIOS {
            if let Some(found) = self.ratio(ratio.subject) {
                ratios.insert(ratio.key.into(), rounded(found, 1e3));
            }
        }
        let mut figures = Map::new();
        for subject in self.samples.keys().copied() {
            let mut figure = |what: &str, found: Option<f64>| {
                if let Some(found) = found {
                    figures.insert(format!("{}_{what}", subject.key()), rounded(found, 1e1));
                }
            };
            figure("ops_per_s", self.ops(subject));
            figure("answer_p50_us", self.answer(subject, |(p50, _)| p50));
            figure("answer_p99_us", self.answer(subject, |(_, p99)| p99));
        }
        if let Some(load) = self.load_average {
            figures.insert("load_average_before".into(), rounded(load, 1e2));
        }
        self.findings.write(&mut ratios, &mut figures);
        json!({ "ratios": ratios, "figures": figures }).to_string()
    }

    /// The median of the rounds' own ratios: what disturbs a round disturbs both sides.
    fn ratio(&self, subject: Subject) -> Option<f64> {
        let (to, figure) = unit(subject);
        let (one, other) = (self.samples.get(&subject)?, self.samples.get(&to)?);
        let ratios = one
            .iter()
            .zip(other)
            .filter_map(|(a, b)| Some(figure(a)? / figure(b)?));
        if subject == to {
            None
        } else {
            median(ratios.collect())
        }
    }

    fn ops(&self, subject: Subject) -> Option<f64> {
        let samples = self.samples.get(&subject)?.iter();
        median(samples.filter_map(|sample| sample.ops_per_second).collect())
    }

    fn answer(&self, subject: Subject, which: impl Fn((f64, f64)) -> f64) -> Option<f64> {
        let samples = self.samples.get(&subject)?.iter();
        median(
            samples
                .filter_map(|sample| sample.answer_us.map(&which))
                .collect(),
        )
    }
}

type Figure = fn(&Sample) -> Option<f64>;

/// What a subject is compared with, and in which figure.
fn unit(subject: Subject) -> (Subject, Figure) {
    match subject {
        Subject::Raw
        | Subject::Storage(_)
        | Subject::Engine(_)
        | Subject::Socket(_)
        | Subject::Pipelined => (Subject::Raw, |sample| sample.ops_per_second),
        Subject::LonePart | Subject::LoneOutcome | Subject::Fdatasync | Subject::Overwrite => {
            (Subject::Fdatasync, |sample| {
                sample.answer_us.map(|(p50, _)| p50)
            })
        }
    }
}

pub(super) fn rounded(figure: f64, steps: f64) -> Value {
    json!((figure * steps).round() / steps)
}

pub(super) fn time(us: f64) -> String {
    if us < 1e3 {
        format!("{us:.0} µs")
    } else {
        format!("{:.1} ms", us / 1e3)
    }
}

pub(super) fn thousands(figure: f64) -> String {
    format!("{:.0}", HumanFloatCount(figure))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let ops = |ops| Sample {
            ops_per_second: Some(ops),
            answer_us: Some((1.0, 2_000.0)),
        };
        let mut report = Report::new(Some(0.5));
        for (raw, engine) in [(100.0, 50.0), (1_000.0, 400.0), (10.0, 6.0)] {
            report.add(vec![(Subject::Raw, ops(raw))]);
            report.add(vec![(Subject::Engine(4_096), ops(engine))]);
        }
        report
    }

    #[test]
    fn a_ratio_is_the_median_of_the_rounds() {
        assert_eq!(report().ratio(Subject::Engine(4_096)), Some(0.5));
        assert_eq!(report().ratio(Subject::Raw), None);
        assert_eq!(report().ratio(Subject::LonePart), None);
    }

    #[test]
    fn the_json_is_one_line_and_says_what_the_table_says() {
        let json: Value = serde_json::from_str(&report().json()).unwrap();
        assert!(!report().json().contains('\n'));
        assert_eq!(json["ratios"], json!({ "engine_vs_raw": 0.5 }));
        assert_eq!(json["figures"]["raw_ops_per_s"], json!(100.0));
        let table = report().table();
        assert!(
            table.contains("≥ 0.50 met") && table.contains("2.0 ms"),
            "{table}"
        );
    }

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(thousands(1_234_566.6), "1,234,567");
        assert_eq!(thousands(12.0), "12");
    }
}
