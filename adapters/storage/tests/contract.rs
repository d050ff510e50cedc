//! The port's contract, on a real file.
#![allow(clippy::unwrap_used, reason = "these are tests")]

use async_trait::async_trait;
use domain::contract::incoming::IncomingHarness;
use domain::contract::store::StoreHarness;
use domain::contract::unrecorded::UnrecordedHarness;
use domain::{IncomingStore, PaymentStore, UnrecordedStore};
use std::sync::Arc;
use storage::{Options, SqliteStore};
use tempfile::TempDir;

struct Harness {
    folder: TempDir,
    store: Arc<SqliteStore>,
}

impl Harness {
    fn new() -> Harness {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder);
        Harness { folder, store }
    }
}

fn open(folder: &TempDir) -> Arc<SqliteStore> {
    let path = folder.path().join("ampere.sqlite3");
    Arc::new(SqliteStore::open(&path, Options::default()).unwrap())
}

#[async_trait]
impl StoreHarness for Harness {
    fn store(&self) -> Arc<dyn PaymentStore> {
        Arc::clone(&self.store) as Arc<dyn PaymentStore>
    }

    async fn reopen(&mut self) {
        self.store.close().await;
        self.store = open(&self.folder);
    }
}

impl IncomingHarness for Harness {
    fn incoming(&self) -> Arc<dyn IncomingStore> {
        Arc::clone(&self.store) as Arc<dyn IncomingStore>
    }
}

impl UnrecordedHarness for Harness {
    fn unrecorded(&self) -> Arc<dyn UnrecordedStore> {
        Arc::clone(&self.store) as Arc<dyn UnrecordedStore>
    }
}

domain::store_contract!(Harness::new());
domain::incoming_store_contract!(Harness::new());
domain::unrecorded_contract!(Harness::new());
