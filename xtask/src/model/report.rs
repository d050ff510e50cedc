//! What was found: figures, what each property says and whether it does, and how anything that must
//! not be comes about.

use super::protocol::Protocol;
use super::step::Step;
use super::world::World;
use comfy_table::{Table, presets::UTF8_FULL_CONDENSED};
use indicatif::HumanCount;
use serde_json::json;
use stateright::{Checker, Expectation, Model, Path};
use std::fmt::Write;
use std::time::Duration;

/// What was found.
pub(super) struct Report {
    unique: usize,
    generated: usize,
    depth: usize,
    time: Duration,
    findings: Vec<Finding>,
}

/// What was found of one property.
struct Finding {
    name: &'static str,
    verdict: Verdict,
    /// How that which must not be comes about.
    path: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Holds,
    Broken,
    Happens,
    NeverHappens,
}

impl Report {
    pub(super) fn new(checker: &impl Checker<Protocol>, time: Duration) -> Report {
        let mut found = checker.discoveries();
        let findings = checker.model().properties().into_iter().map(|property| {
            let path = found.remove(property.name);
            let (verdict, path) = match (property.expectation, path) {
                (Expectation::Sometimes, Some(_)) => (Verdict::Happens, None),
                (Expectation::Sometimes, None) => (Verdict::NeverHappens, None),
                (_, None) => (Verdict::Holds, None),
                (_, Some(path)) => (Verdict::Broken, Some(written(path))),
            };
            Finding {
                name: property.name,
                verdict,
                path,
            }
        });
        Report {
            unique: checker.unique_state_count(),
            generated: checker.state_count(),
            depth: checker.max_depth(),
            time,
            findings: findings.collect(),
        }
    }

    /// Whether what must hold holds, and what must happen happens.
    pub(super) fn is_sound(&self) -> bool {
        let sound = |f: &Finding| matches!(f.verdict, Verdict::Holds | Verdict::Happens);
        self.findings.iter().all(sound)
    }

    /// The names of the properties that were found broken.
    #[cfg(test)]
    pub(super) fn broken(&self) -> Vec<&'static str> {
        let broken = self.findings.iter().filter(|f| f.path.is_some());
        broken.map(|finding| finding.name).collect()
    }

    pub(super) fn table(&self) -> String {
        let mut table = Table::new();
        table.load_preset(UTF8_FULL_CONDENSED);
        table.set_header(["", "in every state, or in some"]);
        for finding in &self.findings {
            table.add_row([finding.verdict.as_str(), finding.name]);
        }
        format!(
            "{table}\n{} states, {} steps between them, at most {} deep, in {:.1} s: {} states/s",
            thousands(self.unique),
            thousands(self.generated),
            self.depth,
            self.time.as_secs_f64(),
            thousands(self.rate())
        )
    }

    /// How everything that must not be comes about, step by step.
    pub(super) fn paths(&self) -> Vec<String> {
        let broken = self.findings.iter();
        let broken = broken.filter_map(|f| Some((f.name, f.path.as_ref()?)));
        broken
            .map(|(name, path)| format!("\nbroken: {name}\n{path}"))
            .collect()
    }

    /// One line, without the line's end.
    pub(super) fn json(&self) -> String {
        let properties = self.findings.iter();
        let properties: serde_json::Map<_, _> = properties
            .map(|finding| (finding.name.into(), finding.verdict.as_str().into()))
            .collect();
        json!({
            "unique_states": self.unique,
            "generated_states": self.generated,
            "max_depth": self.depth,
            "seconds": (self.time.as_secs_f64() * 10.0).round() / 10.0,
            "states_per_s": self.rate(),
            "sound": self.is_sound(),
            "properties": properties,
        })
        .to_string()
    }

    fn rate(&self) -> usize {
        let ms = usize::try_from(self.time.as_millis()).unwrap_or(usize::MAX);
        self.unique.saturating_mul(1_000) / ms.max(1)
    }
}

impl Verdict {
    fn as_str(self) -> &'static str {
        match self {
            Verdict::Holds => "holds",
            Verdict::Broken => "BROKEN",
            Verdict::Happens => "happens",
            Verdict::NeverHappens => "NEVER HAPPENS",
        }
    }
}

/// The steps, and what is stored after each that changed it.
fn written(path: Path<World, Step>) -> String {
    let mut text = String::new();
    let mut stored = None;
    for (number, (world, step)) in path.into_vec().into_iter().enumerate() {
        if stored
            .as_ref()
            .is_some_and(|stored| *stored != world.stored)
        {
            let _ = writeln!(text, "      {:?}", world.stored);
        }
        if let Some(step) = step {
            let _ = writeln!(text, "{:4}. {step}", number + 1);
        } else {
            let out = world.at_node();
            let _ = writeln!(text, "      {out} msat are out or were taken");
        }
        stored = Some(world.stored);
    }
    text
}

fn thousands(figure: usize) -> HumanCount {
    HumanCount(u64::try_from(figure).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    #[test]
    fn thousands_are_grouped() {
        assert_eq!(super::thousands(1_234_567).to_string(), "1,234,567");
        assert_eq!(super::thousands(12).to_string(), "12");
    }
}
