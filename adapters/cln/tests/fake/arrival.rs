//! HTLCs that come in: their states, the hook `htlc_accepted`, and the sets in which l1 gathers them
//! for its own invoices (`lightningd/peer_htlcs.c`, `lightningd/htlc_set.c`).

use serde_json::{Value, json};

use super::error::Answer;
use super::plugin_io::Caller;
use super::state::State;
use super::topology::{CLTV_DELTA, L2};
use super::wait::{Index, Subsystem};

/// The states on the way in, after the first.
const ADDED: [&str; 4] = [
    "RCVD_ADD_COMMIT",
    "SENT_ADD_REVOCATION",
    "SENT_ADD_COMMIT",
    ACCEPTED,
];
const ACCEPTED: &str = "RCVD_ADD_ACK_REVOCATION";
/// The states on the way out. They do not tell whether it was claimed or failed.
const REMOVED: [&str; 5] = [
    "SENT_REMOVE_HTLC",
    "SENT_REMOVE_COMMIT",
    "RCVD_REMOVE_REVOCATION",
    "RCVD_REMOVE_ACK_COMMIT",
    GONE,
];
const GONE: &str = "SENT_REMOVE_ACK_REVOCATION";

/// What the hook is told in confidence, the same for every HTLC.
pub const SHARED_SECRET: &str = "5ec2e7d05ec2e7d15ec2e7d25ec2e7d35ec2e7d45ec2e7d55ec2e7d65ec2e7d7";
/// See [`SHARED_SECRET`].
pub const PAYMENT_SECRET: &str = "7d5ec2e70d5ec2e71d5ec2e72d5ec2e73d5ec2e74d5ec2e75d5ec2e76d5ec2e7";

/// A row of `channel_htlcs` of the other direction.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(crate) created_index: u64,
    pub(crate) updated_index: u64,
    pub(crate) scid: String,
    id: u64,
    expiry: u32,
    amount_msat: u64,
    payment_hash: String,
    state: &'static str,
    /// Whether every plugin has let it pass.
    passed: bool,
}

impl Arrival {
    pub(crate) fn is_in(&self, scid: &str) -> bool {
        self.scid == scid && self.state != GONE
    }

    /// As `listpeerchannels` shows it.
    pub(crate) fn in_channel(&self) -> Value {
        json!({
            "direction": "in",
            "id": self.id,
            "amount_msat": self.amount_msat,
            "expiry": self.expiry,
            "payment_hash": self.payment_hash,
            "state": self.state,
        })
    }

    /// As `listhtlcs` shows it.
    pub(crate) fn to_json(&self) -> Value {
        let mut htlc = self.in_channel();
        htlc["created_index"] = json!(self.created_index);
        htlc["updated_index"] = json!(self.updated_index);
        htlc["short_channel_id"] = json!(self.scid);
        htlc
    }
}

impl State {
    /// An HTLC comes in and is looked at.
    pub(crate) fn arrives(&mut self, payment_hash: &str, scid: &str, amount_msat: u64) {
        let created_index = self.added(payment_hash, scid, amount_msat);
        self.move_on(created_index, &ADDED);
        self.accept_htlc(created_index, 0);
    }

    /// One that stays in a state for ever.
    pub(crate) fn is_on_its_way(
        &mut self,
        payment_hash: &str,
        scid: &str,
        amount_msat: u64,
        at: &'static str,
    ) {
        let created_index = self.added(payment_hash, scid, amount_msat);
        self.move_on(created_index, &[at]);
    }

    /// All that has come in for a hash goes back.
    pub(crate) fn gives_back(&mut self, payment_hash: &str) {
        for created_index in self.set(payment_hash) {
            self.move_on(created_index, &REMOVED);
        }
    }

    /// After a start lightningd looks at everything again that is not decided, and so do its plugins.
    pub(crate) fn replay_arrivals(&mut self) {
        let live = self.db.arrivals.values_mut();
        let live = live.filter(|htlc| htlc.state == ACCEPTED);
        let live: Vec<u64> = live
            .map(|htlc| {
                htlc.passed = false;
                htlc.created_index
            })
            .collect();
        for created_index in live {
            self.accept_htlc(created_index, 0);
        }
    }

    /// A plugin has answered.
    pub(crate) fn hook_answered(&mut self, created_index: u64, asked: usize, answer: &Answer) {
        // One that has gone is passed over.
        let is_continue = |answer: &Value| answer["result"] == "continue";
        if self.process.is_some() && answer.as_ref().map_or(true, is_continue) {
            self.accept_htlc(created_index, asked);
        }
    }

    fn added(&mut self, payment_hash: &str, scid: &str, amount_msat: u64) -> u64 {
        let same = self.db.arrivals.values();
        let id = same.filter(|htlc| htlc.scid == scid).count();
        let created_index = self.bump(Subsystem::Htlcs, Index::Created, 1, &json!({}));
        let htlc = Arrival {
            created_index,
            updated_index: 0,
            scid: scid.to_owned(),
            id: u64::try_from(id).expect("a count"),
            expiry: self.world.height + 3 * CLTV_DELTA,
            amount_msat,
            payment_hash: payment_hash.to_owned(),
            state: "RCVD_ADD_HTLC",
            passed: false,
        };
        self.db.arrivals.insert(created_index, htlc);
        created_index
    }

    /// Asks the plugins, one after the other, and then looks at it.
    fn accept_htlc(&mut self, created_index: u64, asked: usize) {
        let known = self.db.arrivals.get(&created_index);
        let Some(htlc) = known.filter(|htlc| htlc.state == ACCEPTED && !htlc.passed) else {
            return;
        };
        let request = json!({
            "jsonrpc": "2.0", "method": "htlc_accepted", "params": self.hook_params(htlc),
        });
        let hooked = self.process.as_ref().and_then(|it| it.hooked.get(asked));
        if let Some(line) = hooked {
            let asked = asked + 1;
            return line.call(
                request,
                None,
                Caller::Hook {
                    created_index,
                    asked,
                },
            );
        }
        let hash = htlc.payment_hash.clone();
        if let Some(htlc) = self.db.arrivals.get_mut(&created_index) {
            htlc.passed = true;
        }
        self.look_at(&hash);
    }

    /// `htlc_set_add()`: the whole set is claimed once it brings what the invoice asks for.
    fn look_at(&mut self, payment_hash: &str) {
        let Some(invoice) = self.own_unpaid(payment_hash) else {
            // Somebody else's, who never answers.
            return;
        };
        let asked = invoice.amount_msat.unwrap_or(1);
        let set = self.set(payment_hash);
        let amount = |number: &u64| self.db.arrivals[number].amount_msat;
        let passed = set.iter().filter(|number| self.db.arrivals[number].passed);
        let so_far: u64 = passed.map(amount).sum();
        if so_far >= asked {
            self.own_paid(payment_hash, so_far);
            for created_index in set {
                self.move_on(created_index, &REMOVED);
            }
        }
    }

    /// What has come in for a hash and is not decided.
    fn set(&self, payment_hash: &str) -> Vec<u64> {
        let live = self.db.arrivals.values();
        let live = live.filter(|htlc| htlc.state == ACCEPTED && htlc.payment_hash == payment_hash);
        live.map(|htlc| htlc.created_index).collect()
    }

    fn move_on(&mut self, created_index: u64, states: &[&'static str]) {
        for state in states {
            let updated_index = self.bump(Subsystem::Htlcs, Index::Updated, 1, &json!({}));
            if let Some(htlc) = self.db.arrivals.get_mut(&created_index) {
                (htlc.state, htlc.updated_index) = (state, updated_index);
            }
        }
    }

    /// `htlc_accepted_hook_serialize()`, of an HTLC that ends here unless nobody knows its hash.
    fn hook_params(&self, htlc: &Arrival) -> Value {
        let invoices = self.db.invoices.values();
        let mut ours = invoices.filter(|invoice| invoice.payment_hash == htlc.payment_hash);
        let mut onion = json!({
            "payload": "00", "type": "tlv", "forward_msat": htlc.amount_msat,
            "outgoing_cltv_value": htlc.expiry, "next_onion": "", "shared_secret": SHARED_SECRET,
        });
        if let Some(invoice) = ours.next() {
            onion["total_msat"] = json!(invoice.amount_msat.unwrap_or(htlc.amount_msat));
            onion["payment_secret"] = json!(PAYMENT_SECRET);
        } else {
            onion["short_channel_id"] = json!("104x2x0");
        }
        json!({
            "peer_id": L2,
            "onion": onion,
            "htlc": {
                "short_channel_id": htlc.scid,
                "id": htlc.id,
                "amount_msat": htlc.amount_msat,
                "cltv_expiry": htlc.expiry,
                "cltv_expiry_relative": htlc.expiry - self.world.height,
                "payment_hash": htlc.payment_hash,
            },
        })
    }
}
