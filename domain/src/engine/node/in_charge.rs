//! Which of a node's parts have a task, and why the outcome of each is still in doubt.

use crate::{Mutex, PartId};
use std::collections::{HashMap, HashSet};
use std::sync::MutexGuard;

/// Parts under care at one node, and how often that node has started anew.
#[derive(Default)]
pub(super) struct InCharge(Mutex<State>);

#[derive(Default)]
struct State {
    life: u64,
    /// With why the part is still in doubt, once it is.
    parts: HashMap<PartId, Option<String>>,
    /// Those that are being offered at this moment.
    offering: HashSet<PartId>,
}

impl InCharge {
    /// Whether nobody was taking care of that part; from now on somebody is.
    pub(super) fn begin(&self, part: PartId) -> bool {
        let mut state = self.state();
        let free = !state.parts.contains_key(&part);
        if free {
            state.parts.insert(part, None);
        }
        free
    }

    /// The node's present life, to be read before it is asked.
    pub(super) fn life(&self) -> u64 {
        self.state().life
    }

    /// Ends the care of that part, unless the node has started anew since `life`: then what it said
    /// may hold no longer, and the care goes on.
    pub(super) fn end(&self, part: PartId, life: u64) -> bool {
        let mut state = self.state();
        let holds = state.life == life;
        if holds {
            state.parts.remove(&part);
        }
        holds
    }

    /// That part is being offered: to be said while the payment's turn is held in which it was found to be
    /// wanted, so that nobody ends it in between.
    pub(super) fn offering(&self, part: PartId) {
        self.state().offering.insert(part);
    }

    /// The offer has been answered, or given up.
    pub(super) fn offered(&self, part: PartId) {
        self.state().offering.remove(&part);
    }

    pub(super) fn is_offering(&self, part: PartId) -> bool {
        self.state().offering.contains(&part)
    }

    /// The node has started anew.
    pub(super) fn another_life(&self) {
        self.state().life += 1;
    }

    /// Why the part is still in doubt.
    pub(super) fn doubt(&self, part: PartId, reason: String) {
        self.state().parts.insert(part, Some(reason));
    }

    /// What is in the way of knowing more of that part.
    pub(super) fn doubted(&self, part: PartId) -> Option<String> {
        self.state().parts.get(&part).cloned().flatten()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn care_goes_on_when_the_node_has_started_anew() {
        let (in_charge, part) = (InCharge::default(), PartId(1));
        assert!(in_charge.begin(part));
        assert!(!in_charge.begin(part));
        let life = in_charge.life();
        in_charge.another_life();
        assert!(
            !in_charge.end(part, life),
            "what it said was said in another life"
        );
        assert!(!in_charge.begin(part), "it is still taken care of");
        in_charge.doubt(part, "no answer".to_owned());
        assert_eq!(in_charge.doubted(part).as_deref(), Some("no answer"));
        assert!(in_charge.end(part, in_charge.life()));
        assert_eq!(in_charge.doubted(part), None);
        assert!(in_charge.begin(part));
    }
}
