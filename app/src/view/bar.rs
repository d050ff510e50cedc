//! The bar: delivered, in flight, still to go.

use super::{Snapshot, is_terminal, sat};
use console::style;

/// How long the bar is, where there is room.
const CELLS: u16 = 40;
/// What stands beside it.
const WORDS: u16 = 62;

/// `████████▒▒▒▒░░░░  delivered 60,000 sat · in flight 40,000 sat · of 120,000 sat`
pub(super) fn draw(snapshot: &Snapshot) -> String {
    let (delivered, in_flight) = snapshot.delivered_and_in_flight();
    let columns = console::Term::stdout().size().1;
    let length = if is_terminal() {
        columns.saturating_sub(WORDS).clamp(8, CELLS)
    } else {
        CELLS
    };
    let (full, half, empty) = cells(length, delivered, in_flight, snapshot.intended_msat);
    let bar = format!(
        "{}{}{}",
        style("█".repeat(full)).green(),
        style("▒".repeat(half)).yellow(),
        style("░".repeat(empty)).dim(),
    );
    format!(
        "{bar}  delivered {} · in flight {} · of {}",
        sat(delivered),
        sat(in_flight),
        sat(snapshot.intended_msat)
    )
}

/// How many cells are delivered, in flight, and neither; always `length` in all.
fn cells(length: u16, delivered: u64, in_flight: u64, intended: u64) -> (usize, usize, usize) {
    let upto = |msat: u64| {
        let share = u128::from(msat) * u128::from(length) / u128::from(intended.max(1));
        usize::try_from(share.min(u128::from(length))).unwrap_or(0)
    };
    let full = upto(delivered);
    let lit = upto(delivered.saturating_add(in_flight));
    (full, lit - full, upto(intended.max(1)) - lit)
}

#[cfg(test)]
mod tests {
    use super::cells;

    #[test]
    fn the_bar_is_always_of_one_length() {
        assert_eq!(cells(40, 0, 0, 100), (0, 0, 40));
        assert_eq!(cells(40, 60, 40, 100), (24, 16, 0));
        assert_eq!(cells(40, 0, 25, 100), (0, 10, 30));
        assert_eq!(cells(40, 200, 7, 100), (40, 0, 0));
        assert_eq!(cells(40, 0, 0, 0), (0, 0, 40));
        assert_eq!(cells(40, u64::MAX, u64::MAX, u64::MAX), (40, 0, 0));
    }
}
