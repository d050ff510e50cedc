//! What the nodes and the callers' side both work on.

use super::board::Board;
use super::ledger::Ledger;
use super::lessons::Lessons;
use super::tasks::Tasks;
use super::timing::Timing;
use super::unrecorded::Unrecorded;
use std::sync::Arc;

/// One of each, for all; everybody takes what it needs.
pub(super) struct Shared {
    pub(super) ledger: Arc<Ledger>,
    pub(super) board: Arc<Board>,
    pub(super) unrecorded: Arc<Unrecorded>,
    pub(super) lessons: Arc<Lessons>,
    pub(super) timing: Timing,
    pub(super) tasks: Arc<Tasks>,
}
