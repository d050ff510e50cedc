//! What LDK says, and what this node does about it.

use super::driver::Driver;
use crate::store::{StoreError, ToldOutcome};
use crate::{failure, key};
use domain::{Failure, Outcome, PaymentHash};
use lightning::bitcoin::secp256k1::PublicKey;
use lightning::bitcoin::{Amount, ScriptBuf, TxOut};
use lightning::events::{Event, EventsProvider};
use lightning::ln::channelmanager::PaymentId;
use lightning::ln::types::ChannelId;
use lightning::types::payment::{PaymentHash as LdkHash, PaymentPreimage};
use std::cell::RefCell;

impl Driver {
    /// Takes every event out of LDK and acts on it. LDK has forgotten them, but not on the disk:
    /// should the commit that follows not come about, it will say them again.
    pub(super) fn handle_events(&mut self) -> Result<(), StoreError> {
        let events = RefCell::new(Vec::new());
        let collect = |event| {
            events.borrow_mut().push(event);
            Ok(())
        };
        self.node.manager.process_pending_events(&collect);
        self.node.monitors.process_pending_events(&collect);
        for event in events.into_inner() {
            self.handle(event)?;
        }
        Ok(())
    }

    fn handle(&mut self, event: Event) -> Result<(), StoreError> {
        match event {
            Event::OpenChannelRequest {
                temporary_channel_id,
                counterparty_node_id,
                ..
            } => {
                self.accept_channel(temporary_channel_id, counterparty_node_id);
            }
            Event::FundingGenerationReady {
                temporary_channel_id,
                counterparty_node_id,
                channel_value_satoshis,
                output_script,
                ..
            } => {
                let output = txout(Amount::from_sat(channel_value_satoshis), output_script);
                self.fund_channel(temporary_channel_id, counterparty_node_id, output);
            }
            Event::PaymentClaimable {
                payment_hash,
                purpose,
                ..
            } => {
                self.receive(payment_hash, purpose.preimage())?;
            }
            Event::PaymentClaimed {
                payment_hash,
                purpose,
                amount_msat,
                htlcs,
                ..
            } => {
                let hash = PaymentHash(payment_hash.0);
                let preimage = purpose.preimage().map(|preimage| preimage.0);
                self.received(hash, preimage, amount_msat, &htlcs);
                self.turn.paid.push(hash);
            }
            Event::PaymentSent {
                payment_id: Some(id),
                payment_hash,
                payment_preimage,
                ..
            } => {
                self.settle(id, payment_hash, Outcome::Fulfilled(payment_preimage.0));
            }
            Event::PaymentPathFailed {
                payment_id: Some(id),
                payment_hash,
                failure,
                path,
                ..
            } => {
                let reply = self.node.log.take_reply(id);
                let ours = self.node.id();
                let failure = failure::of_path(ours, &path, &failure, reply.as_deref());
                self.fail(id, payment_hash, failure);
            }
            Event::PaymentFailed {
                payment_id,
                payment_hash: Some(hash),
                reason,
            } => {
                self.give_up(payment_id, hash, failure::without_path(reason))?;
            }
            Event::ChannelClosed {
                channel_id, reason, ..
            } => {
                let node = self.node.name;
                tracing::error!(node, channel = %channel_id, %reason, "a channel was closed");
            }
            _ => {}
        }
        Ok(())
    }

    fn accept_channel(&self, channel: ChannelId, peer: PublicKey) {
        let accepted = self
            .node
            .manager
            .accept_inbound_channel(&channel, &peer, 0, None);
        if let Err(error) = accepted {
            tracing::warn!(node = self.node.name, ?error, "a channel was not accepted");
        }
    }

    fn fund_channel(&self, channel: ChannelId, peer: PublicKey, output: TxOut) {
        let Some(tx) = self.node.chain.fund(output) else {
            tracing::error!(node = self.node.name, "no coin is left for a channel");
            return;
        };
        let funded = self
            .node
            .manager
            .funding_transaction_generated(channel, peer, tx);
        if let Err(error) = funded {
            tracing::error!(node = self.node.name, ?error, "a channel was not funded");
        }
    }

    /// Takes the money, keeps it waiting, or gives it back: nobody pays one invoice twice.
    fn receive(
        &mut self,
        hash: LdkHash,
        preimage: Option<PaymentPreimage>,
    ) -> Result<(), StoreError> {
        let name = PaymentHash(hash.0);
        let paid = self.turn.paid.contains(&name) || self.store.is_paid(name)?;
        match preimage {
            Some(preimage) if !paid && self.holding => {
                self.held.push(preimage.0);
                self.turn.held.push((name, preimage.0));
            }
            Some(preimage) if !paid && self.desk.takes(name) => {
                self.desk.claim(name);
                self.node.manager.claim_funds(preimage);
            }
            _ => self.node.manager.fail_htlc_backwards(&hash),
        }
        Ok(())
    }

    fn fail(&mut self, id: PaymentId, hash: LdkHash, failure: Failure) {
        self.settle(id, hash, Outcome::Failed(Box::new(failure)));
    }

    fn settle(&mut self, id: PaymentId, hash: LdkHash, word: Outcome) {
        let (part, payment_hash) = (key::part(id), PaymentHash(hash.0));
        self.out.remove(&id);
        self.turn.outcomes.push(ToldOutcome {
            part,
            payment_hash,
            word,
        });
    }

    /// LDK says this after every failed path; only rarely is it all that it says.
    fn give_up(
        &mut self,
        id: PaymentId,
        hash: LdkHash,
        failure: Failure,
    ) -> Result<(), StoreError> {
        let (part, payment_hash) = (key::part(id), PaymentHash(hash.0));
        let told = |o: &ToldOutcome| o.part == part && o.payment_hash == payment_hash;
        if !self.turn.outcomes.iter().any(told) && !self.store.had_outcome(part, payment_hash)? {
            self.fail(id, hash, failure);
        }
        Ok(())
    }
}

fn txout(value: Amount, script_pubkey: ScriptBuf) -> TxOut {
    TxOut {
        value,
        script_pubkey,
    }
}
