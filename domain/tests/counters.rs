//! The counters of a payment.

use domain::contract::samples::{msat, part};
use domain::{PartId, StatusKind};

/// Counting is undone by counting back, from each state to each.
#[test]
fn counters_move_both_ways() {
    use StatusKind::{Complete, Failed, Pending};
    let first = domain::contract::samples::after(
        None,
        &domain::contract::samples::Command::Send(Box::new(part(1, 400, 1_000))),
    );
    let (tally, row) = (first.summary().tally, first.part(PartId(1)).unwrap());
    for (from, to) in [(Pending, Complete), (Pending, Failed), (Complete, Failed)] {
        let start = tally.moved(row, Pending, from).unwrap();
        let there = start.moved(row, from, to).unwrap();
        assert_eq!(there.moved(row, to, from), Some(start), "{from:?} {to:?}");
        assert_eq!(there.parts, 1);
    }
    let delivered = tally.moved(row, Pending, Complete).unwrap();
    assert_eq!(
        (delivered.delivered, delivered.sent),
        (msat(400), msat(1_400))
    );
    let undone = delivered.moved(row, Complete, Failed).unwrap();
    assert_eq!(
        (undone.delivered, undone.sent, undone.live),
        (msat(0), msat(0), 0)
    );
    assert_eq!(
        undone.moved(row, Complete, Failed),
        None,
        "nothing is left to take back"
    );
}
