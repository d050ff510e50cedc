//! What callers do while the daemon is killed, and how it is judged.

use super::daemon::Home;
use super::load::Load;
use anyhow::Result;
use fastrand::Rng;

/// Callers with one data directory, and their book.
pub(super) trait Work: Default {
    /// What one of them is told.
    type Note;

    fn note(&mut self, line: String);

    /// For a report.
    fn history(&self) -> String;

    /// Commits of which a caller was told.
    fn acknowledged(&self) -> u64;

    /// What was judged at its end.
    fn resolved(&self) -> u64;

    /// Whose money it is before the first payment, while no daemon runs.
    async fn open(&mut self, home: &Home) -> Result<()>;

    /// What was told last time is still true, and there is new work.
    async fn prepare(&mut self, home: &Home, dice: &mut Rng) -> Result<()>;

    /// Starts the callers.
    fn start(&self, home: &Home, dice: &mut Rng) -> Load<Self::Note>;

    /// Writes down what they were told.
    fn write_down(&mut self, notes: Vec<Self::Note>) -> Result<()>;

    /// Lets everything come to its end, and judges it.
    async fn settle(&mut self, home: &Home, dice: &mut Rng) -> Result<()>;

    /// Compares what was told with the nodes' own books, while no daemon runs.
    async fn check(&self, home: &Home) -> Result<()>;
}
