//! What must hold in every state, and what must happen in some, so that the rest says something.

use super::protocol::Protocol;
use super::rule::Rule;
use super::script::{INTENDED, label};
use super::step::{By, Step};
use super::world::{Care, Key, Ledger, Phase, Reply, World};
use domain::{PartialPayment, StatusKind};
use stateright::Property;

/// The name of the property that nothing is left undone.
pub(super) const SETTLED: &str =
    "every part gets its true end, whatever went wrong, and every caller its answer";

/// All that can be told within the protocol's bounds.
pub(super) fn properties(protocol: &Protocol) -> Vec<Property<Protocol>> {
    let bounds = &protocol.bounds;
    let mut all = always();
    all.extend(endings());
    if protocol.script.len() > 2 {
        all.push(replaced());
    }
    for (budget, properties) in [
        (bounds.crashes, crashes()),
        (bounds.losses, losses()),
        (bounds.copies, copies()),
        (bounds.lapses, lapses()),
    ] {
        all.extend(properties.into_iter().filter(|_| budget > 0));
    }
    all
}

/// The name of a rule's property.
pub(super) fn says(rule: Rule) -> &'static str {
    match rule {
        Rule::Ceiling => "A-1: stored parts stay within the intended amount",
        Rule::CeilingAtNode => "A-1: what is out or was taken stays within the intended amount",
        Rule::NoPartAfterSuccess => "A-2: no part is accepted after success",
        Rule::IntentBeforeAct => "A-3: what the node knows of was stored before",
        Rule::OneKey => "A-4: one key a part, one part a key",
        Rule::UnknownIsNotFailed => "A-5: what is called failed is not out and was not taken",
        Rule::Proof => "A-6: complete with the proof only, and a wrong proof is refused",
        Rule::OneOutcome => "A-7: an end that is stored never changes, and nothing is quarantined",
        Rule::FunctionOfParts => "A-8: the payment is what its parts are",
        Rule::OneSetOfTerms => "A-9: terms never change, and others are refused",
        Rule::NeverTwice => "A-10: a complete payment sends nothing",
        Rule::Acknowledged => "A-14: what a caller was told is stored, and is one part a request",
        Rule::ReadsWell => "A-15: what is committed and what is read passes the catalogue's checks",
    }
}

fn rule(rule: Rule, holds: fn(&Protocol, &World) -> bool) -> Property<Protocol> {
    always_so(says(rule), holds)
}

fn always_so(says: &'static str, holds: fn(&Protocol, &World) -> bool) -> Property<Protocol> {
    Property::always(says, holds)
}

fn seen(says: &'static str, happens: fn(&Protocol, &World) -> bool) -> Property<Protocol> {
    Property::sometimes(says, happens)
}

fn always() -> Vec<Property<Protocol>> {
    vec![
        rule(Rule::Ceiling, |_, w| w.keeps(Rule::Ceiling)),
        rule(Rule::CeilingAtNode, |_, w| w.at_node() <= INTENDED),
        rule(Rule::NoPartAfterSuccess, |_, w| {
            w.keeps(Rule::NoPartAfterSuccess)
        }),
        rule(Rule::IntentBeforeAct, |_, w| {
            let mut known = w.keys.iter().filter(|key| key.is_known());
            known.all(|key| w.stored.part(key.part).is_some())
        }),
        rule(Rule::OneKey, |_, w| {
            let known = w.keys.iter().zip(1..).filter(|(key, _)| key.is_known());
            known.into_iter().all(|(key, number)| key.part == number)
        }),
        rule(Rule::UnknownIsNotFailed, |_, w| {
            let mut out = w.keys.iter().filter(|key| key.counts());
            out.all(|key| w.status_of(key.part) != Some(StatusKind::Failed))
        }),
        rule(Rule::Proof, |_, w| w.keeps(Rule::Proof)),
        rule(Rule::OneOutcome, |_, w| w.keeps(Rule::OneOutcome)),
        rule(Rule::FunctionOfParts, |_, w| w.keeps(Rule::FunctionOfParts)),
        rule(Rule::OneSetOfTerms, |_, w| w.keeps(Rule::OneSetOfTerms)),
        rule(Rule::NeverTwice, |_, w| w.keeps(Rule::NeverTwice)),
        rule(Rule::Acknowledged, |m, w| {
            w.keeps(Rule::Acknowledged) && (0..w.callers.len()).all(|c| m.is_true_to(w, c))
        }),
        rule(Rule::ReadsWell, |_, w| w.keeps(Rule::ReadsWell)),
        always_so(SETTLED, |m, w| w.is_settled() || m.goes_on(w)),
    ]
}

fn endings() -> Vec<Property<Protocol>> {
    vec![
        seen("two parts pay it", |_, w| {
            w.is_over(StatusKind::Complete, &[StatusKind::Complete; 2])
        }),
        seen("sendpay pays it", |_, w| {
            w.with_sendpay && w.is_over(StatusKind::Complete, &[StatusKind::Complete])
        }),
        seen("it fails", |_, w| {
            w.is_over(StatusKind::Failed, &[StatusKind::Failed; 2])
        }),
        seen("a part is refused: there is no room", |_, w| {
            w.replies(Reply::Refused)
        }),
        seen("sendpay is under way already", |_, w| {
            w.replies(Reply::InProgress)
        }),
        seen("a caller is told that it is paid already", |_, w| {
            w.replies(Reply::Complete)
        }),
        seen("the node refuses a part", |_, w| {
            w.any(|key| key.ledger == Ledger::Refused)
        }),
        seen("a part waits too long and is dropped", |_, w| {
            w.any(|key| key.care == Care::Resolve { fulfilled: false } && !key.is_held())
        }),
        seen("storage answers that there is a conflict", |m, w| {
            (0..w.callers.len()).any(|caller| m.conflicts(w, caller))
        }),
    ]
}

fn replaced() -> Property<Protocol> {
    seen("a part that failed is replaced, and it is paid", |_, w| {
        use StatusKind::{Complete, Failed};
        w.is_over(Complete, &[Complete, Failed, Complete])
    })
}

fn crashes() -> Vec<Property<Protocol>> {
    vec![
        seen("a crash between the commit and the offer", |m, w| {
            w.recovering && w.crashed(m) && w.live(|key| !key.is_known())
        }),
        seen("a crash while an offer is on its way", |m, w| {
            w.recovering && w.crashed(m) && w.live(|key| key.strays > 0)
        }),
        seen("a crash before an end is heard", |m, w| {
            w.recovering && w.crashed(m) && w.live(|key| key.ledger == Ledger::Fulfilled)
        }),
        seen("every crash there can be", |_, w| w.left.crashes == 0),
    ]
}

fn losses() -> Vec<Property<Protocol>> {
    vec![
        seen("an answer is lost, and the request is repeated", |m, w| {
            m.is_repeated(w)
        }),
        seen("a look-up proves that a part never left", |_, w| {
            w.any(|key| key.care == Care::LookUp && key.amount > 0 && !key.is_known())
        }),
        seen("a look-up waits: an offer is on its way", |_, w| {
            w.any(|key| key.care == Care::LookUp && !key.is_held() && key.is_on_its_way())
        }),
    ]
}

fn copies() -> Vec<Property<Protocol>> {
    vec![
        seen("an offer arrives that the node knows", |_, w| {
            w.any(|key| key.is_held() && key.is_on_its_way())
        }),
        seen("an end is told that is stored already", |_, w| {
            w.any(|key| key.word && w.status_of(key.part) != Some(StatusKind::Pending))
        }),
    ]
}

fn lapses() -> Vec<Property<Protocol>> {
    vec![
        seen("storage cannot tell, and it was written", |m, w| {
            m.is_repeated(w) && w.replies(Reply::Unknown)
        }),
        seen("storage is not available", |_, w| {
            w.replies(Reply::Unavailable)
        }),
    ]
}

impl Protocol {
    /// Whether something happens yet although nothing more goes wrong. No state comes twice, so all
    /// that begins comes to such an end.
    fn goes_on(&self, world: &World) -> bool {
        let mut steps = Vec::new();
        self.enabled(world, &mut steps);
        steps.into_iter().any(|step: Step| !step.is_fault())
    }

    /// Whether what this caller was told is stored, and is what it asked for.
    fn is_true_to(&self, world: &World, caller: usize) -> bool {
        let told = world.callers[caller].told.into_iter().zip(0..);
        let mut told = told.filter_map(|(part, over)| Some((part?, 2 * over + caller)));
        told.all(|(part, ask)| {
            let asked = label(self.script.ask(ask, world.with_sendpay));
            let part = world.stored.part(part);
            part.is_some_and(|part| part.label.as_deref() == asked)
        })
    }

    fn conflicts(&self, world: &World, caller: usize) -> bool {
        let deciding = matches!(world.callers[caller].phase, Phase::Deciding(_));
        deciding && self.committed(world, By::Caller(caller)).is_none()
    }

    /// Whether caller A has yet to learn of a part that its request has made.
    fn is_repeated(&self, world: &World) -> bool {
        let open = match world.callers[0].phase {
            Phase::Ready | Phase::Answered(Reply::Unknown) => self.asks_on(world, 0),
            Phase::Deciding(_) | Phase::Answered(_) | Phase::Done => false,
        };
        open && world.stored.request(2 * world.callers[0].over).is_some()
    }
}

impl World {
    fn keeps(&self, rule: Rule) -> bool {
        !self.broken.has(rule) && !self.stored.breaks(rule)
    }

    fn status_of(&self, part: u8) -> Option<StatusKind> {
        self.stored.part(part).map(PartialPayment::status)
    }

    /// Whether every part has the end that it has at the node.
    fn is_settled(&self) -> bool {
        let ends = self.stored.parts().all(|part| {
            let mut keys = self.keys.iter().zip(1_u64..);
            let found = keys.find(|(_, number)| *number == part.id.0);
            let found = found.map(|(key, _)| (key.ledger, key.is_on_its_way()));
            match part.status() {
                StatusKind::Pending => false,
                StatusKind::Complete => matches!(found, Some((Ledger::Fulfilled, _))),
                StatusKind::Failed => matches!(
                    found,
                    Some((Ledger::Failed | Ledger::Refused, _) | (Ledger::Absent, false))
                ),
            }
        });
        ends && self.callers.iter().all(|c| c.phase == Phase::Done)
    }

    fn is_over(&self, payment: StatusKind, parts: &[StatusKind]) -> bool {
        let mut left = parts.to_vec();
        let mut here = self.stored.parts().map(PartialPayment::status);
        self.stored.status() == Some(payment)
            && here.all(|status| {
                let found = left.iter().position(|wanted| *wanted == status);
                found.map(|index| left.swap_remove(index)).is_some()
            })
            && left.is_empty()
    }

    fn replies(&self, reply: Reply) -> bool {
        let phase = Phase::Answered(reply);
        self.callers.iter().any(|caller| caller.phase == phase)
    }

    fn crashed(&self, protocol: &Protocol) -> bool {
        self.left.crashes < protocol.bounds.crashes
    }

    fn any(&self, is: impl Fn(&Key) -> bool) -> bool {
        self.keys.iter().any(is)
    }

    /// Whether there is such a key of a live part.
    fn live(&self, is: impl Fn(&Key) -> bool) -> bool {
        let mut keys = self.keys.iter().zip(1..);
        keys.any(|(key, part)| self.stored.is_live(part) && is(key))
    }
}

impl Key {
    /// Whether the node knows of it, or will.
    fn is_known(self) -> bool {
        self.is_held() || self.is_on_its_way()
    }

    fn is_held(self) -> bool {
        self.ledger != Ledger::Absent
    }
}
