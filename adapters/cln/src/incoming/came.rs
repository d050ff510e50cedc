//! The HTLCs that came in lately, for the parts of what was paid.
//!
//! `listhtlcs` does not say whether an HTLC was claimed or failed. So the HTLCs of a hash are a
//! payment's parts only if together they brought what came, to the millisatoshi; if some of an earlier
//! attempt are among them, none are named rather than guessed.

use super::said::{Htlc, ListHtlcs};
use super::{channel, hash, msat};
use crate::calls::Waited;
use crate::connection::CallError;
use crate::session::Session;
use domain::{Msat, PaymentHash, ReceivedPart};
use serde_json::json;
use std::collections::{HashMap, VecDeque};

/// HTLCs asked for at once.
const PAGE: usize = 1_000;
/// How many of the last HTLCs, of either direction, are looked at.
const REACH: u64 = 100_000;

/// What was read of lightningd's HTLCs.
#[derive(Default)]
pub(super) struct Came {
    /// In which of its lives.
    life: String,
    read: u64,
    by_hash: HashMap<PaymentHash, Vec<ReceivedPart>>,
    in_order: VecDeque<(u64, PaymentHash)>,
}

impl Came {
    /// The parts that brought `received`, as far as they can be told.
    pub(super) async fn parts(
        &mut self,
        session: &Session,
        hash: PaymentHash,
        received: Msat,
    ) -> Result<Vec<ReceivedPart>, CallError> {
        if !session.life.htlcs_are_numbered {
            // Read whole for each payment, they would cost more than they are worth.
            return Ok(Vec::new());
        }
        if self.life != session.life.started {
            *self = Came::beginning(session).await?;
        }
        if !self.brought(hash, received) {
            self.read_on(session).await?;
        }
        let parts = self
            .by_hash
            .get(&hash)
            .filter(|_| self.brought(hash, received));
        Ok(parts.cloned().unwrap_or_default())
    }

    async fn beginning(session: &Session) -> Result<Came, CallError> {
        let params = json!({"subsystem": "htlcs", "indexname": "created", "nextvalue": 0});
        let made: Waited = session.ask("wait", &params).await?;
        Ok(Came {
            life: session.life.started.clone(),
            read: made.created.saturating_sub(REACH),
            ..Came::default()
        })
    }

    fn brought(&self, hash: PaymentHash, received: Msat) -> bool {
        let mut amounts = self.by_hash.get(&hash).into_iter().flatten();
        let sum = amounts.try_fold(Msat::default(), |sum, part| sum.checked_add(part.amount));
        sum == Some(received)
    }

    async fn read_on(&mut self, session: &Session) -> Result<(), CallError> {
        loop {
            let params = json!({"index": "created", "start": self.read + 1, "limit": PAGE});
            let list: ListHtlcs = session.ask("listhtlcs", &params).await?;
            let is_last = list.htlcs.len() < PAGE;
            for htlc in &list.htlcs {
                self.take(htlc)?;
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// A page must bring later ones, or the next one would be the same for ever.
    fn take(&mut self, htlc: &Htlc) -> Result<(), CallError> {
        self.read = crate::history::later(htlc.created_index, self.read)?;
        if htlc.direction == "in" {
            let hash = hash(&htlc.payment_hash)?;
            self.by_hash.entry(hash).or_default().push(ReceivedPart {
                channel: channel(&htlc.short_channel_id)?,
                htlc_id: Some(htlc.id),
                amount: msat(htlc.amount_msat)?,
                cltv_expiry: Some(htlc.expiry),
                seen_at: None,
            });
            self.in_order.push_back((self.read, hash));
        }
        self.forget();
        Ok(())
    }

    fn forget(&mut self) {
        let kept = self.read.saturating_sub(REACH);
        while let Some((number, hash)) = self.in_order.front().copied()
            && number <= kept
        {
            self.in_order.pop_front();
            if let Some(parts) = self.by_hash.get_mut(&hash) {
                parts.remove(0);
                if parts.is_empty() {
                    self.by_hash.remove(&hash);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn htlc(created_index: u64, direction: &str, hash: u8, amount_msat: u64) -> Htlc {
        Htlc {
            created_index,
            short_channel_id: "1x2x3".to_owned(),
            id: created_index,
            expiry: 100,
            direction: direction.to_owned(),
            amount_msat,
            payment_hash: PaymentHash([hash; 32]).to_string(),
        }
    }

    fn brought(came: &Came, hash: u8, amount: u64) -> bool {
        came.brought(
            PaymentHash([hash; 32]),
            Msat::new(amount).expect("an amount"),
        )
    }

    #[test]
    fn parts_are_named_only_if_they_brought_what_came() {
        let mut came = Came::default();
        for htlc in [
            htlc(1, "in", 1, 400),
            htlc(2, "out", 1, 600),
            htlc(5, "in", 1, 600),
        ] {
            came.take(&htlc).expect("in order");
        }
        assert!(brought(&came, 1, 1_000));
        came.take(&htlc(6, "in", 1, 1)).expect("in order");
        assert!(!brought(&came, 1, 1_000), "one of them failed: which?");
        assert!(!brought(&came, 2, 1_000));
        assert!(
            came.take(&htlc(6, "in", 1, 1)).is_err(),
            "it does not go on"
        );
    }

    #[test]
    fn what_is_long_ago_is_forgotten() {
        let mut came = Came::default();
        came.take(&htlc(1, "in", 1, 400)).expect("in order");
        came.take(&htlc(2, "in", 1, 300)).expect("in order");
        came.take(&htlc(REACH + 1, "out", 2, 9)).expect("in order");
        assert!(brought(&came, 1, 300));
        came.take(&htlc(REACH + 2, "out", 2, 9)).expect("in order");
        assert!(came.by_hash.is_empty() && came.in_order.is_empty());
    }
}
