//! The fake lightningd as a [`World`].
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]

use crate::fake;
use crate::support::{Node, World, hop};
use async_trait::async_trait;
use cln::OfferBy;
use domain::Route;
use std::path::PathBuf;
use tempfile::TempDir;

/// A fake lightningd in a folder of its own.
pub struct Fake {
    pub lightningd: fake::Lightningd,
    _folder: TempDir,
}

impl Fake {
    pub fn new() -> Fake {
        let folder = tempfile::tempdir().unwrap();
        let lightningd = fake::Lightningd::start(&folder.path().join("lightning-rpc"));
        Fake {
            lightningd,
            _folder: folder,
        }
    }
}

/// An adapter on a fake of its own.
pub fn node() -> Node<Fake> {
    Node::new(Fake::new(), OfferBy::SendOnion)
}

#[async_trait]
impl World for Fake {
    fn socket(&self) -> PathBuf {
        self.lightningd.rpc_file().to_owned()
    }

    async fn invoice(&self, amount_msat: u64) -> (String, String) {
        let invoice = self.lightningd.invoice(amount_msat);
        (invoice.payment_hash, invoice.payment_secret)
    }

    async fn way(&self, which: usize, amount_msat: u64) -> Route {
        let hops = self.lightningd.way(which, amount_msat);
        let hops = hops
            .iter()
            .map(|h| hop(&h.id, &h.channel, h.amount_msat, h.delay));
        Route::new(hops.collect()).unwrap()
    }

    async fn kill(&self) {
        self.lightningd.kill().await;
    }

    async fn start(&self) {
        self.lightningd.start_again();
    }

    async fn start_below_the_tip(&self) {
        self.lightningd.start_at(78);
    }

    async fn load_blocks(&self) {
        self.lightningd.has_loaded();
    }
}
