//! LDK's log: the only place where it tells a part's BOLT 4 failure code.

use domain::Mutex;
use lightning::ln::channelmanager::PaymentId;
use lightning::util::logger::{Level, Logger, Record};
use std::collections::HashMap;

/// The module whose records (from info upwards) are about failures that came back.
const FAILURES: &str = "lightning::ln::onion_utils";
/// Replies without an event: a few at most, unless something is very wrong.
const REPLIES_MAX: usize = 10_000;

/// One node's log.
pub(crate) struct Log {
    node: &'static str,
    replies: Mutex<HashMap<PaymentId, String>>,
}

impl Log {
    /// With what was written before the last restart and never asked for.
    pub(super) fn new(node: &'static str, replies: Vec<(PaymentId, String)>) -> Log {
        let replies = Mutex::new(replies.into_iter().collect());
        Log { node, replies }
    }

    /// What was said of the failure of that part.
    pub(super) fn take_reply(&self, id: PaymentId) -> Option<String> {
        self.replies().remove(&id)
    }

    /// What nobody has asked for yet.
    pub(super) fn open_replies(&self) -> Vec<(PaymentId, String)> {
        self.replies()
            .iter()
            .map(|(id, text)| (*id, text.clone()))
            .collect()
    }

    fn replies(&self) -> std::sync::MutexGuard<'_, HashMap<PaymentId, String>> {
        self.replies.lock()
    }
}

impl Logger for Log {
    fn log(&self, record: Record<'_>) {
        if let Some(id) = record.payment_id
            && record.module_path == FAILURES
            && record.level >= Level::Info
        {
            let mut replies = self.replies();
            if replies.len() < REPLIES_MAX {
                replies.insert(id, record.args.to_string());
            }
        }
        // Below this LDK writes preimages (rule A-15).
        if record.level >= Level::Warn {
            tracing::debug!(node = self.node, level = %record.level, "LDK: {}", record.args);
        }
    }
}
