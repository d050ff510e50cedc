//! The words of the history.

use domain::EventKind;

#[test]
fn every_event_has_its_word() {
    let words = [
        (EventKind::PartAccepted, "part_accepted"),
        (EventKind::PartFulfilled, "part_fulfilled"),
        (EventKind::PartFailed, "part_failed"),
        (
            EventKind::PartFulfilledAfterFailure,
            "part_fulfilled_after_failure",
        ),
        (EventKind::Contradiction, "contradiction"),
    ];
    for (kind, word) in words {
        assert_eq!(kind.as_str(), word);
    }
}
