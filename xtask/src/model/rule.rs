//! The rules about money (A-1 to A-15: docs/invariants.md), as far as the model can see them broken.

/// A rule that a state of the model may break.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rule {
    /// A-1, of the stored parts.
    Ceiling,
    /// A-1, of what the node has out or has delivered.
    CeilingAtNode,
    /// no part is accepted once the proof is stored.
    NoPartAfterSuccess,
    /// what the node knows of was stored before.
    IntentBeforeAct,
    /// one key a part.
    OneKey,
    /// what is called failed is not out, and was not delivered.
    UnknownIsNotFailed,
    /// complete only with the proof, and a wrong one is refused.
    Proof,
    /// what is stored as the end of a part is its end.
    OneOutcome,
    /// the payment is what its parts are.
    FunctionOfParts,
    /// one set of terms.
    OneSetOfTerms,
    /// a complete payment sends nothing more.
    NeverTwice,
    /// what a caller was told is stored, and a repeated request is the same request.
    Acknowledged,
    /// none of the checks that are made on reading a payment refuses it.
    ReadsWell,
}

/// The rules that have been broken.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Broken(u16);

impl Broken {
    /// With this one, unless it holds.
    pub(super) fn require(&mut self, holds: bool, rule: Rule) {
        if !holds {
            self.0 |= 1 << rule as u16;
        }
    }

    /// Whether this one was broken.
    pub(super) fn has(self, rule: Rule) -> bool {
        self.0 & (1 << rule as u16) != 0
    }
}
