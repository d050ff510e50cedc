//! How parts failed, in the words that were heard when it happened.

use crate::connection::{CallError, Complaint};
use crate::failure;
use crate::session::Session;
use domain::{Failure, Mutex, PartId, PaymentHash, Route};
use std::collections::{HashMap, VecDeque};
use std::sync::MutexGuard;

/// Failures that are remembered: who asks again soon after is told the same.
const REMEMBERED: usize = 4_096;

type Key = (PaymentHash, PartId);

/// The parts whose end is awaited, and how the last ones failed.
#[derive(Default)]
pub(crate) struct Ends(Mutex<State>);

#[derive(Default)]
struct State {
    /// With their ways, which lightningd does not know of an onion that it did not make.
    awaited: HashMap<Key, Route>,
    failed: HashMap<Key, Failure>,
    order: VecDeque<Key>,
}

impl Ends {
    /// The part may be out, over that way.
    pub(crate) fn await_end(&self, hash: PaymentHash, part: PartId, route: &Route) {
        let mut state = self.state();
        if !state.failed.contains_key(&(hash, part)) {
            state.awaited.insert((hash, part), route.clone());
        }
    }

    /// The parts that may be out.
    pub(crate) fn awaited(&self) -> Vec<Key> {
        self.state().awaited.keys().copied().collect()
    }

    /// The part has ended well, or never left.
    pub(crate) fn forget(&self, hash: PaymentHash, part: PartId) {
        self.state().awaited.remove(&(hash, part));
    }

    /// Why a part that has failed has failed.
    pub(crate) async fn failure(
        &self,
        session: &Session,
        hash: PaymentHash,
        part: PartId,
    ) -> Result<Failure, CallError> {
        let key = (hash, part);
        if let Some(known) = self.state().failed.get(&key) {
            return Ok(known.clone());
        }
        let heard = session.heard_end(hash, part).await;
        if let Some(Err(CallError::ReportedOutcome(complaint))) = heard
            // If not, the question was too early.
            && !complaint.is_no_such_part()
        {
            let failure = self.keep(hash, part, &complaint);
            session.forget(hash, part);
            return Ok(failure);
        }
        match session.ask_end(hash, part).await {
            Err(CallError::ReportedOutcome(complaint)) if !complaint.is_no_such_part() => {
                Ok(self.keep(hash, part, &complaint))
            }
            Err(error) => Err(error),
            Ok(_) => {
                let what = "a part that has failed in its list, and not when asked for";
                Err(CallError::Nonsense(what.into()))
            }
        }
    }

    /// Remembers why a part has failed, in lightningd's words.
    pub(crate) fn keep(&self, hash: PaymentHash, part: PartId, said: &Complaint) -> Failure {
        self.state().keep((hash, part), failure::of(said))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }
}

impl State {
    /// What was heard first stays: who asks later is told less.
    fn keep(&mut self, key: Key, failure: Failure) -> Failure {
        if let Some(known) = self.failed.get(&key) {
            return known.clone();
        }
        let route = self.awaited.remove(&key);
        let failure = match route {
            Some(route) => failure::along(failure, &route),
            None => failure,
        };
        self.failed.insert(key, failure.clone());
        self.order.push_back(key);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.failed.remove(&oldest);
        }
        failure
    }
}
