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

fn htlc(channel: &str, amount_msat: u64) -> Htlc {
    serde_json::from_value(json!({
        "created_index": 1, "short_channel_id": channel, "direction": "out",
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

/// The verdict on the first row, where no row was deleted.
fn judge(rows: &[Row], htlcs: &[Htlc], channels: &[Channel]) -> Verdict {
    of_pending_row(&rows[0], &evidence(rows, htlcs, channels, false))
}

/// The verdict on a part without a row.
fn judge_none(deleted: bool, rows: &[Row], htlcs: &[Htlc], channels: &[Channel]) -> Verdict {
    of_no_row(&evidence(rows, htlcs, channels, deleted))
}

fn evidence<'a>(
    rows: &'a [Row],
    htlcs: &'a [Htlc],
    channels: &'a [Channel],
    rows_were_deleted: bool,
) -> Evidence<'a> {
    Evidence {
        rows,
        rows_before: 10,
        channels,
        htlcs,
        rows_were_deleted,
        channel: "104x4x0",
        amount_sent_msat: SENT,
    }
}

fn is_doubt(verdict: &Verdict) -> bool {
    matches!(verdict, Doubt(_) | NotYet(_))
}

fn other() -> Channel {
    serde_json::from_value(json!({"state": "CHANNELD_NORMAL", "short_channel_id": "104x3x0"}))
        .unwrap()
}

#[test]
fn row_of_this_life_is_lightningds_to_end() {
    assert_eq!(judge(&[row(11, SENT, "pending")], &[], &[]), Out);
}

#[test]
fn row_of_an_earlier_life_without_htlc_was_never_sent() {
    let rows = [row(10, SENT, "pending")];
    assert_eq!(judge(&rows, &[], &[normal()]), NeverSent);
    // Of another amount, and on another channel: not its own.
    let others = [htlc("104x4x0", SENT + 1), htlc("104x3x0", SENT)];
    assert_eq!(judge(&rows, &others, &[normal(), other()]), NeverSent);
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
        let verdict = judge(&rows, &[], &channels);
        assert!(is_doubt(&verdict), "{channels:?}");
    }
}

/// Whatever else is missing will not come back: then only an operator can end the part.
#[test]
fn only_a_channel_that_is_not_back_yet_may_still_tell() {
    let rows = [row(10, SENT, "pending")];
    let waits = [channel("CHANNELD_NORMAL", false, false)];
    assert!(matches!(judge(&rows, &[], &waits), NotYet(_)));
    assert!(matches!(judge_none(false, &[], &[], &waits), NotYet(_)));
    let closed = [channel("ONCHAIN", true, false)];
    assert!(matches!(judge(&rows, &[], &closed), Doubt(_)));
    assert!(matches!(judge(&rows, &[], &[]), Doubt(_)));
}

#[test]
fn an_htlc_by_any_name_that_is_no_other_channels_is_out() {
    let rows = [row(10, SENT, "pending")];
    // The last one is what the channel was called before a splice.
    for name in ["104x4x0", "1x2x3", "4x5x6", "99x1x0"] {
        let htlcs = [htlc(name, SENT)];
        assert_eq!(judge(&rows, &htlcs, &[normal(), other()]), Out, "{name}");
    }
    assert_eq!(judge(&rows, &[htlc("9x9x9", SENT)], &[]), Out);
}

#[test]
fn one_htlc_and_two_rows_of_its_amount_decide_nothing() {
    let rows = [row(9, SENT, "pending"), row(10, SENT, "pending")];
    let one = [htlc("104x4x0", SENT)];
    assert!(is_doubt(&judge(&rows, &one, &[normal()])));
    let two = [htlc("104x4x0", SENT), htlc("104x3x0", SENT)];
    assert_eq!(judge(&rows, &two, &[normal(), other()]), Out);
}

#[test]
fn an_htlc_may_be_that_of_a_row_that_was_deleted() {
    let rows = [row(10, SENT, "pending")];
    let htlcs = [htlc("104x4x0", SENT)];
    let channels = [normal()];
    let verdict = of_pending_row(&rows[0], &evidence(&rows, &htlcs, &channels, true));
    assert!(is_doubt(&verdict));
}

#[test]
fn where_no_row_is_missing_a_part_without_one_was_never_sent() {
    let sibling = [row(9, SENT, "complete")];
    let its = [htlc("104x4x0", SENT)];
    for channels in [
        vec![normal()],
        vec![],
        vec![channel("ONCHAIN", false, false)],
    ] {
        assert_eq!(judge_none(false, &[], &[], &channels), NeverSent);
        assert_eq!(judge_none(false, &sibling, &its, &channels), NeverSent);
    }
}

/// The numbers are those of whichever database is there.
#[test]
fn a_channel_that_has_lost_state_or_may_have_proves_nothing() {
    for channel in [
        channel("AWAITING_UNILATERAL", false, true),
        channel("ONCHAIN", false, true),
        channel("CHANNELD_NORMAL", false, false),
    ] {
        assert!(is_doubt(&judge_none(false, &[], &[], &[channel])));
    }
}

#[test]
fn where_rows_are_missing_no_sibling_explains_an_htlc() {
    let htlcs = [htlc("104x4x0", SENT)];
    assert!(is_doubt(&judge_none(true, &[], &htlcs, &[normal()])));
    // One that failed before it had an HTLC, one that was paid by another part's HTLC, a dead one.
    for status in ["failed", "complete", "pending"] {
        let sibling = [row(9, SENT, status)];
        let verdict = judge_none(true, &sibling, &htlcs, &[normal()]);
        assert!(is_doubt(&verdict), "{status}");
    }
    assert_eq!(
        judge_none(true, &[], &[htlc("104x4x0", 1)], &[normal()]),
        NeverSent
    );
}

/// A channel that was closed and forgotten took its HTLCs with it.
#[test]
fn where_rows_are_missing_the_channel_must_be_there() {
    assert!(is_doubt(&judge_none(true, &[], &[], &[])));
    assert!(is_doubt(&judge_none(
        true,
        &[],
        &[],
        &[channel("ONCHAIN", true, false)]
    )));
    assert_eq!(judge_none(true, &[], &[], &[normal()]), NeverSent);
}
