//! What every `PaymentStore` must do.

use crate::PaymentStore;
use async_trait::async_trait;
use std::sync::Arc;

/// A store under test.
#[async_trait]
pub trait StoreHarness: Send {
    /// The store.
    fn store(&self) -> Arc<dyn PaymentStore>;

    /// The same store after the process was restarted.
    async fn reopen(&mut self);
}
