//! What proves that a part never left lightningd: the one place where that is decided.
//!
//! lightningd commits a part's row before its HTLC, and the HTLC before `commitment_signed` leaves. So
//! whatever is in neither table was never sent, if the tables are the ones that were written then:
//!
//! 1. **A row that is pending, from an earlier life of lightningd, without an HTLC** is dead: the kill
//!    came between the two commits. In the life that made it, the HTLC may be about to be committed;
//!    there lightningd itself says failed within 30 s (`htlc_offer_timeout`) if it is not.
//! 2. **The channel of the first hop must be there, and re-established** since the restart: the peer
//!    then has confirmed that no commitment is missing here. That rules out a database that was put back
//!    from a backup (`lost_state`), and a channel that took the HTLC's row with it when it was closed and
//!    forgotten.
//! 3. **`listhtlcs` keeps resolved HTLCs**, so it shows what was paid and forgotten otherwise: none of
//!    this hash with this amount on this channel may be there since before the offer. Of two parts with
//!    the same amount on the same channel, one HTLC could be either's.
//! 4. **No row at all** proves nothing alone: `delpay` and autoclean delete rows. But lightningd numbers
//!    its rows: if none is missing since before the part could be offered, its row was never made, and
//!    the channel need not be there (a part that has no row may never have had one to leave by). If some
//!    are missing, it takes a channel as in 2, and no HTLC of this hash with this amount anywhere.
//!
//! Short of the proof the part stays pending, and the reason is shown (rule A-5).

use crate::calls::{Channel, Htlc, Row};

/// What lightningd shows of a part.
pub(crate) struct Evidence<'a> {
    /// The rows of its hash.
    pub(crate) rows: &'a [Row],
    /// Rows up to this number are from an earlier life.
    pub(crate) rows_before: u64,
    /// The channels with the first hop's node; all channels, if there is an HTLC like the part's.
    pub(crate) channels: &'a [Channel],
    /// The outgoing HTLCs of its hash that were made since before the part could be offered.
    pub(crate) htlcs: &'a [Htlc],
    /// Whether rows that were made since then may have been deleted.
    pub(crate) rows_were_deleted: bool,
    /// The channel that it was to leave by.
    pub(crate) channel: &'a str,
    /// What it was to carry there.
    pub(crate) amount_sent_msat: u64,
}

/// What follows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// An HTLC is there: an outcome will come.
    Out,
    /// It never left, and never will.
    NeverSent,
    /// It may be out. Why that is not known now, and will be.
    NotYet(&'static str),
    /// It may be out. Why that will never be known here.
    Doubt(&'static str),
}

use Verdict::{Doubt, NeverSent, NotYet, Out};

const EITHER: &str = "lightningd has fewer HTLCs of its amount than rows: one of the parts never left, and \
    it may be another";
const NO_CHANNEL: &str =
    "lightningd has no HTLC for it, but the channel that it was to leave by is gone, too";
const LOST_STATE: &str = "lightningd has lost state of its channel: its database is not the one that was \
    there when the part was offered";
const NOT_YET: &str = "lightningd has restarted and has no HTLC for it: once its channel is re-established, \
    that proves that it never left";
const NO_ROW: &str = "lightningd has an HTLC that may be its, and no row: the row was deleted there (delpay, \
    autoclean)";

/// A pending row.
pub(crate) fn of_pending_row(row: &Row, evidence: &Evidence<'_>) -> Verdict {
    if row.created_index > evidence.rows_before {
        // Made in this life: lightningd itself brings it to an end.
        return Out;
    }
    if evidence.own_htlcs() > 0 {
        // A sibling's row that was deleted would leave its HTLC to be taken for this one's.
        return if evidence.every_row_has_one() && !evidence.rows_were_deleted {
            Out
        } else {
            Doubt(EITHER)
        };
    }
    let Some(channel) = evidence.own_channel() else {
        return Doubt(NO_CHANNEL);
    };
    if channel.lost_state {
        return Doubt(LOST_STATE);
    }
    if !channel.reestablished {
        return NotYet(NOT_YET);
    }
    NeverSent
}

/// No row.
pub(crate) fn of_no_row(evidence: &Evidence<'_>) -> Verdict {
    if evidence.channel_has_lost_state() {
        return Doubt(LOST_STATE);
    }
    let channel = evidence.own_channel();
    if channel.is_some_and(|channel| !channel.reestablished) {
        return NotYet(NOT_YET);
    }
    if !evidence.rows_were_deleted {
        return NeverSent;
    }
    if evidence.htlcs_like_it().next().is_some() {
        return Doubt(NO_ROW);
    }
    if channel.is_none() {
        return Doubt(NO_CHANNEL);
    }
    NeverSent
}

impl Evidence<'_> {
    fn own_channel(&self) -> Option<&Channel> {
        let mut channels = self.channels.iter();
        channels.find(|channel| channel.is_called(self.channel) && !is_over(&channel.state))
    }

    /// Also of a channel that is over, as one that has lost state soon is: the peer closes it.
    fn channel_has_lost_state(&self) -> bool {
        let mut channels = self.channels.iter();
        channels.any(|channel| channel.is_called(self.channel) && channel.lost_state)
    }

    /// How many HTLCs of the hash have the part's amount, and may have its channel: those that are not
    /// on a channel that is known to be another. (A splice gives a channel another name.)
    fn own_htlcs(&self) -> usize {
        let is_elsewhere = |htlc: &&Htlc| {
            let mut channels = self.channels.iter();
            channels.any(|channel| {
                channel.is_called(&htlc.short_channel_id) && !channel.is_called(self.channel)
            })
        };
        let own = self.htlcs_like_it().filter(|htlc| !is_elsewhere(htlc));
        own.count()
    }

    /// The HTLCs of the hash with the part's amount.
    fn htlcs_like_it(&self) -> impl Iterator<Item = &Htlc> {
        let amount = self.amount_sent_msat;
        self.htlcs
            .iter()
            .filter(move |htlc| htlc.amount_msat == amount)
    }

    /// Whether there are as many HTLCs of the part's amount as rows: then each row has its own.
    fn every_row_has_one(&self) -> bool {
        let like_it = |row: &&Row| row.amount_sent_msat == self.amount_sent_msat;
        self.rows.iter().filter(like_it).count() <= self.htlcs_like_it().count()
    }
}

/// States in which lightningd may have forgotten a channel's HTLCs, or soon will.
fn is_over(state: &str) -> bool {
    matches!(state, "ONCHAIN" | "CLOSED" | "FUNDING_SPEND_SEEN")
}

#[cfg(test)]
mod tests;
