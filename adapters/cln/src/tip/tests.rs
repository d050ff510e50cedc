//! What lightningd says of its height, and what follows from it.

use super::*;

fn told(height: u32) -> Told {
    Told {
        height,
        warning: None,
    }
}

fn loading(height: u32) -> Told {
    Told {
        height,
        warning: Some(Warning::Lightningd),
    }
}

/// A new life of a lightningd whose highest block that was ever heard of is this one.
fn after(highest: u32, told: Told) -> Progress {
    let heights = Heights::default();
    heights.highest.store(highest, Ordering::Release);
    Progress::new(Arc::new(heights), 1, told)
}

fn info(height: u32, warning: &str) -> GetInfo {
    let mut info = json!({
        "id": "02", "version": "v26.06.6", "network": "regtest", "blockheight": height,
    });
    if !warning.is_empty() {
        info[warning] = json!("Still loading latest blocks from bitcoind.");
    }
    serde_json::from_value(info).expect("what lightningd says")
}

#[test]
fn either_warning_says_that_there_are_more_blocks() {
    assert_eq!(
        Told::new(&info(95, "warning_lightningd_sync"), 112),
        loading(95)
    );
    let bitcoind = Told::new(&info(95, "warning_bitcoind_sync"), 112);
    assert_eq!(after(112, bitcoind).tip(), Tip::Below(95));
    assert_eq!(Told::new(&info(112, ""), 112), told(112));
}

#[test]
fn neither_gossipd_nor_a_block_taken_back_makes_the_tip_too_low() {
    assert_eq!(Told::new(&info(0, ""), 112), told(112));
    assert_eq!(Told::new(&info(112, ""), 110), told(112));
}

#[test]
fn below_the_highest_block_ever_heard_of_it_is_not_at_the_tip() {
    for height in [0, 1, 82, 95, 105] {
        assert_eq!(after(112, told(height)).tip(), Tip::Below(height));
    }
    for (young, height) in [(5, 0), (5, 1), (1, 0), (20, 1)] {
        assert_eq!(after(young, told(height)).tip(), Tip::Below(height));
    }
    assert_eq!(after(112, told(112)).tip(), Tip::At(112));
    // Nothing was ever heard of it.
    assert_eq!(after(0, told(1)).tip(), Tip::At(1));
    assert_eq!(after(0, told(0)).tip(), Tip::Below(0));
}

#[test]
fn what_is_still_missing_is_said() {
    let progress = after(112, loading(95));
    let said = "lightningd is still loading blocks (at 95 of at least 112)";
    assert_eq!(progress.reason(95), said);
    // It warns still, at a block that nobody had heard of.
    progress.note(loading(113));
    assert_eq!(progress.tip(), Tip::Below(113));
    assert!(progress.reason(113).contains("(at 113 of at least 113)"));
    progress.note(Told::new(&info(113, "warning_bitcoind_sync"), 113));
    let said = progress.reason(113);
    assert!(
        said.ends_with("at least 113): its bitcoind is not up to date with the network"),
        "{said}"
    );
}

#[test]
fn a_reorganisation_at_the_tip_is_followed() {
    let progress = after(112, told(112));
    assert_eq!(progress.note(told(110)), Tip::At(110));
    assert_eq!(progress.heights.highest(), 110);
    assert_eq!(progress.note(told(113)), Tip::At(113));
    // And not while it warns: it may be loading the very blocks that it has lost.
    let restarted = after(112, loading(111));
    assert_eq!(restarted.tip(), Tip::Below(111));
    assert_eq!(restarted.heights.highest(), 112);
}

#[test]
fn a_lower_chain_that_is_stood_by_is_believed_in_the_end() {
    let (progress, start) = (after(112, told(80)), Instant::now());
    let at = |told, seconds| progress.note_at(told, start + Duration::from_secs(seconds));
    // What it said while it warned does not count.
    assert_eq!(at(loading(80), 300), Tip::Below(80));
    assert_eq!(at(told(80), 301), Tip::Below(80));
    assert_eq!(at(told(81), 900), Tip::Below(81));
    assert_eq!(at(told(0), 901), Tip::Below(0));
    assert_eq!(at(told(81), 901), Tip::At(81));
    assert_eq!(progress.heights.highest(), 81);
}

#[tokio::test]
async fn whoever_waits_for_the_tip_is_told() {
    let progress = after(112, loading(95));
    let reached = progress
        .heights
        .reached(|| matches!(progress.tip(), Tip::At(_)));
    let loads = async {
        progress.note(loading(112));
        progress.note(told(112));
    };
    tokio::join!(reached, loads);
}
