//! What a test can do to the world and to the database.

use super::channels::ChannelState;
use super::db::Db;
use super::failure::Cause;
use super::forward::unknown_details;
use super::htlc::{PartKey, Resolution};
use super::lightningd::Lightningd;
use super::own_invoice::OwnInvoice;
use super::payment::Notes;
use super::send::Outgoing;
use super::state::State;
use super::topology::L4;

/// A backup of the whole database.
#[derive(Debug, Clone)]
pub struct Snapshot(Db);

impl State {
    fn end(&mut self, ends: Vec<(super::htlc::HtlcRef, Resolution)>) {
        self.payee().tell(self.place.us, ends);
        self.settle();
    }
}

/// The world.
impl Lightningd {
    /// Lets l4 keep what arrives, whatever it is; turned off, it looks at all of it.
    pub fn hold(&self, on: bool) {
        self.with(|state| {
            let ends = state.payee().hold(on, state.world.height);
            state.end(ends);
        });
    }

    /// Lets HTLCs stay uncommitted: there is a row, but no HTLC, and [`Lightningd::kill`] makes
    /// the row a dead one. Turned off, they are committed.
    pub fn hold_commits(&self, on: bool) {
        self.with(|state| {
            state.world.hold_commits = on;
            state.settle();
        });
    }

    /// l4 has waited long enough for the rest of this payment. If the node is down it learns of
    /// this when it is back.
    pub fn mpp_timeout(&self, payment_hash: &str) {
        self.with(|state| {
            let ends = state.payee().mpp_timeout(payment_hash);
            state.end(ends);
        });
    }

    /// What of this payment waits at l4 for the rest.
    pub fn waiting_msat(&self, payment_hash: &str) -> u64 {
        self.with(|state| state.payee().waiting_msat(payment_hash))
    }

    /// The rest of this payment has come to l4 from another payer's node: it takes what it has.
    pub fn rest_arrives(&self, payment_hash: &str) {
        self.with(|state| {
            let ends = state.payee().rest_arrives(payment_hash);
            state.end(ends);
        });
    }

    /// The chain has grown, or was reorganised.
    pub fn set_height(&self, height: u32) {
        self.with(|state| state.set_height(height));
    }

    /// Whether peers reconnect at the next start. `true` brings them back at once if the node
    /// runs; `false` leaves them connected until then.
    pub fn reconnect(&self, on: bool) {
        self.with(|state| {
            state.world.reconnect = on;
            if on
                && state
                    .process
                    .as_ref()
                    .is_some_and(|process| !process.connected)
            {
                state.connect_peers();
            }
        });
    }

    /// The peers go away while the node runs, until [`Lightningd::reconnect`]`(true)` or the next
    /// start. HTLCs that were not committed fail.
    pub fn disconnect(&self) {
        self.with(State::disconnect_peers);
    }

    /// Closes the channel to l2 (0) or l3 (1) on chain: `ONCHAIN`. The second call is the time
    /// after which lightningd forgets it, and its HTLCs with it.
    pub fn close_channel(&self, i: usize) {
        self.with(|state| state.close_channel(state.place.edges[i].scid));
    }
}

/// Its own channels.
impl Lightningd {
    /// The channel to l2 (0) or l3 (1) has no number of its own yet. Returns its alias.
    pub fn unconfirm(&self, i: usize) -> String {
        self.with(|state| {
            let channel = state.channel_mut(state.place.edges[i].scid);
            channel.is_young = true;
            channel.alias()
        })
    }

    /// The channel to l2 (0) or l3 (1) is being spliced.
    pub fn splice(&self, i: usize) {
        self.with(|state| {
            state.channel_mut(state.place.edges[i].scid).state = ChannelState::AwaitingSplice;
        });
    }
}

/// What comes in.
impl Lightningd {
    /// An invoice of l1's own, as `invoice` makes it.
    #[must_use]
    pub fn own_invoice(&self, amount_msat: u64) -> OwnInvoice {
        self.with(|state| state.issue(Some(amount_msat), None, "coffee"))
    }

    /// One that leaves the amount to the payer.
    #[must_use]
    pub fn open_invoice(&self) -> OwnInvoice {
        self.with(|state| state.issue(None, None, "as you like"))
    }

    /// An HTLC for this hash comes in from l2 (0) or l3 (1): for l1 itself, if it has an invoice of it.
    pub fn arrives(&self, payment_hash: &str, i: usize, amount_msat: u64) {
        self.with(|state| state.arrives(payment_hash, state.place.edges[i].scid, amount_msat));
    }

    /// The same, stopped in a state on its way in, or out.
    pub fn is_on_its_way(&self, payment_hash: &str, i: usize, amount_msat: u64, at: &'static str) {
        self.with(|state| {
            state.is_on_its_way(payment_hash, state.place.edges[i].scid, amount_msat, at);
        });
    }

    /// l1 has waited long enough for the rest of what has come in for this hash.
    pub fn gives_back(&self, payment_hash: &str) {
        self.with(|state| state.gives_back(payment_hash));
    }

    /// What a datastore key holds.
    #[must_use]
    pub fn datastore_holds(&self, key: &[&str]) -> Option<String> {
        self.with(|state| {
            let held = state
                .db
                .datastore
                .get(&key.iter().map(ToString::to_string).collect::<Vec<_>>());
            held.map(|datum| String::from_utf8_lossy(&datum.data).into_owned())
        })
    }

    /// `delinvoice`, as autoclean does it.
    pub fn forget_invoice(&self, payment_hash: &str) {
        self.with(|state| {
            let invoices = &mut state.db.invoices;
            invoices.retain(|_, invoice| invoice.payment_hash != payment_hash);
        });
    }
}

/// The database.
impl Lightningd {
    /// Another controller of the node sends one part (partid 1, as xpay would) by l2, with an HTLC
    /// that stays until [`Lightningd::resolve_foreign`].
    ///
    /// # Panics
    ///
    /// If lightningd refuses it.
    pub fn foreign_payment(&self, payment_hash: &str, amount_msat: u64, groupid: u64) {
        let part = Outgoing {
            key: PartKey {
                payment_hash: payment_hash.to_owned(),
                partid: 1,
                groupid,
            },
            first_hop: self.way(0, amount_msat).swap_remove(0),
            amount_msat,
            // `injectpaymentonion` does not know the total.
            total_msat: 0,
            destination: Some(L4.to_owned()),
            notes: Notes::default(),
            route: None,
            has_secrets: false,
            onion: None,
        };
        self.with(|state| {
            state
                .send_payment(part)
                .expect("lightningd takes the foreign part");
            state.settle();
        });
    }

    /// Ends what [`Lightningd::foreign_payment`] began. If l4 knows the hash, success pays that
    /// invoice; if not, the preimage is made up.
    pub fn resolve_foreign(&self, payment_hash: &str, success: bool) {
        self.with(|state| {
            let preimage = state.payee().preimage(payment_hash);
            let resolution = if success {
                state.payee().mark_paid(payment_hash);
                Resolution::Fulfilled {
                    preimage: preimage.unwrap_or_else(|| "0f".repeat(32)),
                }
            } else {
                let message = unknown_details(0, state.world.height);
                Resolution::Failed(Cause::Remote { origin: 1, message })
            };
            let of_hash = state
                .world
                .foreign
                .extract_if(.., |htlc| htlc.payment_hash == payment_hash)
                .map(|htlc| (htlc, resolution.clone()))
                .collect::<Vec<_>>();
            state.end(of_hash);
        });
    }

    /// Autoclean: the rows of this hash that are complete or failed are deleted, and the `deleted`
    /// index moves.
    pub fn forget_rows(&self, payment_hash: &str) {
        self.with(|state| state.autoclean(payment_hash));
    }

    /// Makes a backup of the database.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.with(|state| Snapshot(state.db.clone()))
    }

    /// Puts a backup back. Peers notice when the node starts: a channel in which there have been
    /// HTLCs since is lost (`lost_state`, `AWAITING_UNILATERAL`, never re-established).
    ///
    /// # Panics
    ///
    /// If lightningd is running.
    pub fn restore(&self, snapshot: &Snapshot) {
        self.with(|state| {
            assert!(state.process.is_none(), "lightningd has its database open");
            state.db = snapshot.0.clone();
        });
    }
}
