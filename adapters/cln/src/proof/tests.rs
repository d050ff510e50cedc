//! What proves that a part never left, and what does not.

use super::*;
use serde_json::json;

const SENT: u64 = 1_011;

fn row(created_index: u64, amount_sent: u64, status: &str) -> Row {
    serde_json::from_value(json!({
        "created_index": created_index, "payment_hash": "00", "groupid": 7, "partid": created_index,
        "amount_sent_msat": amount_sent, "status": status,
    }))
    .unwrap()
}

fn htlc(channel: &str, amount_msat: u64, direction: &str) -> Htlc {
    serde_json::from_value(json!({
        "created_index": 1, "short_channel_id": channel, "direction": direction,
        "amount_msat": amount_msat, "payment_hash": "00",
    }))
    .unwrap()
}

fn channel(state: &str, reestablished: bool, lost_state: bool) -> Channel {
    serde_json::from_value(json!({
        "state": state, "reestablished": reestablished, "lost_state": lost_state,
        "short_channel_id": "104x4x0", "alias": {"local": "1x2x3", "remote": "4x5x6"},
    }))
    .unwrap()
}

fn normal() -> Channel {
    channel("CHANNELD_NORMAL", true, false)
}

/// The verdict on the first row, or on a part without one.
fn judge(rows: &[Row], htlcs: &[Htlc], channels: &[Channel], own_row: bool) -> Verdict {
    let evidence = Evidence {
        rows,
        rows_before: 10,
        channels,
        htlcs,
        channel: "104x4x0",
        amount_sent_msat: SENT,
    };
    if own_row {
        of_pending_row(&rows[0], &evidence)
    } else {
        of_no_row(&evidence)
    }
}

fn is_doubt(verdict: &Verdict) -> bool {
    matches!(verdict, Doubt(_))
}

#[test]
fn row_of_this_life_is_lightningds_to_end() {
    assert_eq!(judge(&[row(11, SENT, "pending")], &[], &[], true), Out);
}

#[test]
fn row_of_an_earlier_life_without_htlc_was_never_sent() {
    let rows = [row(10, SENT, "pending")];
    assert_eq!(judge(&rows, &[], &[normal()], true), NeverSent);
    // Incoming, of another amount, on another channel: not its own.
    let others = [
        htlc("104x4x0", SENT, "in"),
        htlc("104x4x0", SENT + 1, "out"),
        htlc("104x3x0", SENT, "out"),
    ];
    assert_eq!(judge(&rows, &others, &[normal()], true), NeverSent);
}

#[test]
fn short_of_the_proof_it_stays_pending() {
    let rows = [row(10, SENT, "pending")];
    for channels in [
        vec![],
        vec![channel("CHANNELD_NORMAL", false, false)],
        vec![channel("AWAITING_UNILATERAL", true, true)],
        vec![channel("ONCHAIN", true, false)],
        vec![channel("CLOSED", true, false)],
    ] {
        let verdict = judge(&rows, &[], &channels, true);
        assert!(is_doubt(&verdict), "{channels:?}");
    }
}

#[test]
fn an_htlc_by_any_of_the_channels_names_is_out() {
    let rows = [row(10, SENT, "pending")];
    for name in ["104x4x0", "1x2x3", "4x5x6"] {
        let htlcs = [htlc(name, SENT, "out")];
        assert_eq!(judge(&rows, &htlcs, &[normal()], true), Out, "{name}");
    }
    // A channel whose other names are forgotten: any HTLC may be its own.
    assert_eq!(judge(&rows, &[htlc("9x9x9", SENT, "out")], &[], true), Out);
}

#[test]
fn one_htlc_and_two_rows_of_its_amount_decide_nothing() {
    let rows = [row(9, SENT, "pending"), row(10, SENT, "pending")];
    let one = [htlc("104x4x0", SENT, "out")];
    assert!(is_doubt(&judge(&rows, &one, &[normal()], true)));
    let two = [htlc("104x4x0", SENT, "out"), htlc("104x3x0", SENT, "out")];
    assert_eq!(judge(&rows, &two, &[normal()], true), Out);
}

#[test]
fn no_row_and_no_htlc_was_never_sent_even_without_a_channel() {
    assert_eq!(judge(&[], &[], &[], false), NeverSent);
    assert_eq!(
        judge(&[], &[], &[channel("ONCHAIN", false, false)], false),
        NeverSent
    );
}

#[test]
fn no_row_where_state_was_lost_proves_nothing() {
    let lost = channel("AWAITING_UNILATERAL", false, true);
    assert!(is_doubt(&judge(&[], &[], &[lost], false)));
}

#[test]
fn a_deleted_row_leaves_its_htlc() {
    let htlcs = [htlc("104x4x0", SENT, "out")];
    assert!(is_doubt(&judge(&[], &htlcs, &[normal()], false)));
    // A sibling that is accounted for went out with it.
    let sibling = [row(9, SENT, "complete")];
    assert_eq!(judge(&sibling, &htlcs, &[normal()], false), NeverSent);
    let on_another = [htlc("104x4x0", SENT, "out"), htlc("104x3x0", SENT, "out")];
    assert!(is_doubt(&judge(&sibling, &on_another, &[normal()], false)));
    // A dead sibling explains no HTLC.
    let dead = [row(9, SENT, "pending")];
    assert!(is_doubt(&judge(&dead, &htlcs, &[normal()], false)));
}
