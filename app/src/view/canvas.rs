//! Where payments are drawn: live lines on a terminal, a line for each change elsewhere.

use super::bar;
use super::{PartRow, Snapshot, State, sat};
use console::style;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::collections::HashMap;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// How long a route is drawn at least.
const ROUTE: usize = 20;

/// One payment's drawing.
pub struct Canvas {
    live: Option<MultiProgress>,
    lines: Vec<ProgressBar>,
    seen: HashMap<u64, Seen>,
    opened: Instant,
    opened_at: u64,
}

/// What was drawn of a part, and how old it was when.
struct Seen {
    state: State,
    first: Instant,
    age_then: Duration,
    final_age: Option<String>,
}

/// Whether standard output is a terminal that can be drawn on.
pub fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

impl Canvas {
    /// An empty canvas on standard output; `live` draws in place, else line by line.
    pub fn new(live: bool, now: u64) -> Canvas {
        let target = indicatif::ProgressDrawTarget::stdout_with_hz(30);
        Canvas {
            live: live.then(|| MultiProgress::with_draw_target(target)),
            lines: Vec::new(),
            seen: HashMap::new(),
            opened: Instant::now(),
            opened_at: now,
        }
    }

    /// Draws the payment as it is now. Without a terminal it is printed, which may fail.
    pub fn draw(&mut self, snapshot: &Snapshot) -> io::Result<()> {
        let mut lines = Vec::new();
        let routes = snapshot.parts.iter().map(|part| part.route.chars().count());
        let width = routes.max().unwrap_or(0).max(ROUTE);
        for part in &snapshot.parts {
            let changed = self.note(part);
            let drawn = self.drawn(part, width);
            if changed && self.live.is_none() {
                for line in &drawn {
                    write_line(&format!("   {line}"))?;
                }
            }
            lines.extend(drawn);
        }
        lines.push(bar::draw(snapshot));
        lines.extend(snapshot.foot.clone());
        self.place(&lines);
        Ok(())
    }

    /// Leaves the drawing as it stands; without a terminal, prints the bar once.
    pub fn finish(&mut self, snapshot: &Snapshot) -> io::Result<()> {
        self.draw(snapshot)?;
        self.leave();
        if self.live.is_none() && !snapshot.parts.is_empty() {
            write_line(&format!("   {}", bar::draw(snapshot)))?;
        }
        Ok(())
    }

    /// Leaves the drawing as it stands, finished or not.
    pub fn leave(&self) {
        for line in &self.lines {
            line.abandon();
        }
    }

    /// A line of text above the drawing.
    pub fn say(&self, text: &str) {
        match &self.live {
            // Only a closed terminal makes this fail.
            Some(live) => drop(live.println(text)),
            None => print_line(text),
        }
    }

    fn place(&mut self, lines: &[String]) {
        let Some(live) = &self.live else { return };
        while self.lines.len() < lines.len() {
            let bar = ProgressBar::new_spinner().with_style(plain_style());
            self.lines.push(live.add(bar));
        }
        for (bar, line) in self.lines.iter().zip(lines) {
            bar.set_message(format!("   {line}"));
        }
    }

    /// Remembers the part; says whether it is new or has changed.
    fn note(&mut self, part: &PartRow) -> bool {
        let now = Instant::now();
        let known = self.seen.contains_key(&part.id);
        let age_then = self.age_when_first_seen(part);
        let seen = self.seen.entry(part.id).or_insert(Seen {
            state: part.state,
            first: now,
            age_then,
            final_age: None,
        });
        let changed = !known || seen.state != part.state;
        seen.state = part.state;
        if part.state != State::Pending && seen.final_age.is_none() {
            let lived = part
                .completed_at
                .map(|at| at.saturating_sub(part.created_at));
            // The lists have whole seconds; what was watched from the start is known better.
            seen.final_age = Some(match (known, lived) {
                (false, Some(0)) => "< 1 s".to_owned(),
                (false, Some(secs)) => format!("{secs} s"),
                _ => shown(seen.age_then + seen.first.elapsed()),
            });
        }
        changed
    }

    fn age_when_first_seen(&self, part: &PartRow) -> Duration {
        // A part that is younger than the canvas has only just been accepted.
        match self.opened_at.saturating_sub(part.created_at) {
            0 => Duration::ZERO,
            secs => Duration::from_secs(secs) + self.opened.elapsed(),
        }
    }

    /// The part's line, and one below it that says why it failed.
    fn drawn(&self, part: &PartRow, width: usize) -> Vec<String> {
        let age = self.seen.get(&part.id).map_or(String::new(), |seen| {
            let now = || shown(seen.age_then + seen.first.elapsed());
            seen.final_age.clone().unwrap_or_else(now)
        });
        let state = match part.state {
            State::Pending => style("in flight").yellow(),
            State::Complete => style("complete ").green(),
            State::Failed => style("failed   ").red(),
        };
        let line = format!(
            "part {:<2} {:<width$} {:>12}  fee {:>7}  {state}  {:>6}  {}",
            part.id,
            part.route,
            sat(part.amount_msat),
            sat(part.fee_msat),
            age,
            style(&part.channels).dim()
        );
        let reason = part.reason.as_ref();
        let reason = reason.map(|reason| format!("        {}", style(reason).red()));
        std::iter::once(line).chain(reason).collect()
    }
}

fn shown(age: Duration) -> String {
    if age < Duration::from_secs(1) {
        format!("{} ms", age.as_millis())
    } else {
        format!("{}.{} s", age.as_secs(), age.subsec_millis() / 100)
    }
}

fn plain_style() -> ProgressStyle {
    ProgressStyle::with_template("{msg}").expect("a fixed template")
}

/// A line on standard output. A reader that went away is no reason to panic, as `println!` would.
pub fn print_line(text: &str) {
    let _ = write_line(text);
}

/// A line on standard output, where its loss is to be told.
pub fn write_line(text: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{text}")
}
