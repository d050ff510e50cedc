//! What was decided and committed before is not worked out again: the same command on the same
//! payment always gives the same, and there are few of them in millions of states.

use super::script::Script;
use super::stored::Stored;
use domain::contract::samples::Command;
use domain::{Decision, Refusal};
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

/// What a command came to, by what it was decided on and what was stored by then.
#[derive(Default)]
pub(super) struct Memo(RwLock<HashMap<Known, Fate>>);

type Known = (u64, u64, Which);

/// Which command.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Which {
    Ask { ask: usize, with_sendpay: bool },
    Outcome { part: u8, fulfilled: bool },
}

/// What a command comes to.
#[derive(Clone)]
pub(super) enum Fate {
    /// Storage after the commit, the part, and whether it was what the decision expected.
    Commit {
        after: Stored,
        part: u8,
        expected: bool,
    },
    /// Nothing changes.
    Unchanged(domain::Unchanged),
    /// It was refused.
    Refused(Box<Refusal>),
}

impl Memo {
    /// Decides on `on`, and applies it to `stored`, by the product's own code.
    pub(super) fn fate(&self, on: &Stored, stored: &Stored, which: Which, script: &Script) -> Fate {
        let known = (on.identity(), stored.identity(), which);
        let memo = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(fate) = memo.get(&known) {
            return fate.clone();
        }
        drop(memo);
        let fate = work_out(on, stored, which, script);
        let mut memo = self.0.write().unwrap_or_else(PoisonError::into_inner);
        memo.entry(known).or_insert(fate).clone()
    }
}

fn work_out(on: &Stored, stored: &Stored, which: Which, script: &Script) -> Fate {
    let word;
    let (command, request): (&Command, _) = match which {
        Which::Ask { ask, with_sendpay } => {
            let command = script.ask(ask, with_sendpay);
            let keyed = super::script::has_key(command);
            (command, keyed.then_some(ask))
        }
        Which::Outcome { part, fulfilled } => {
            word = script.word(part, fulfilled);
            (&word, None)
        }
    };
    match on.decide(command) {
        Ok(Decision::Commit(transition)) => {
            let expected = stored.is_expected(&transition);
            let (after, part) = stored.after(*transition, request, script);
            Fate::Commit {
                after,
                part,
                expected,
            }
        }
        Ok(Decision::Unchanged(why)) => Fate::Unchanged(why),
        Err(refusal) => Fate::Refused(Box::new(refusal)),
    }
}
