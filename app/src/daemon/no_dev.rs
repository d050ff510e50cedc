//! In place of the embedded network, in a build without it: there is none, and none starts.

use super::nodes::Driven;
use crate::config::{Address, NotNode};
use devnet::{DevNetwork, OwnInvoices};
use std::future::{Ready, ready};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The embedded network, of which there is none.
pub(super) enum Dev {}

impl Dev {
    pub(super) fn is_kept_in(_: &Path) -> bool {
        false
    }

    /// No configuration asks for it: its address is refused where it is read.
    pub(super) fn start(_: Option<PathBuf>, _: bool) -> Ready<anyhow::Result<Dev>> {
        ready(Err(NotNode::NotBuiltIn.into()))
    }

    pub(super) fn driven(&self, _: &Address) -> Option<Driven> {
        match *self {}
    }

    pub(super) fn network(&self) -> Arc<dyn DevNetwork> {
        match *self {}
    }

    pub(super) fn invoices(&self) -> Arc<dyn OwnInvoices> {
        match *self {}
    }

    pub(super) fn stop(&self) -> Ready<()> {
        match *self {}
    }
}
