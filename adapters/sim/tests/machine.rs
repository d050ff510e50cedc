//! The engine over the fakes against a reference model of thirty lines: whatever callers, the node
//! and the storage do, in whatever order, both say the same.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod support;

use domain::{
    ApiError, Listed, PartFilter, PartId, Paying, PaymentApi, PaymentFilter, Refusal, Sent,
    StatusKind,
};
use proptest::option;
use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use sim::{Fault, Lapse};
use std::collections::BTreeMap;
use support::{World, keyed, partial, whole};

/// Payments, their intended amounts, and their parts in the order of their numbers.
#[derive(Clone, Debug, Default)]
struct Model {
    intended: BTreeMap<u64, u64>,
    parts: Vec<(u64, u64, StatusKind)>,
    keys: BTreeMap<u8, (Asked, u64)>,
    told: Option<Told>,
}

/// Payment, amount, intended amount.
type Asked = (u64, u64, u64);

#[derive(Clone, Debug)]
enum Step {
    /// A caller who tries again while storage fails.
    Send(Asked, Option<Fault>),
    /// One who has a key, and so may try again when a commit was in doubt.
    Keyed(Asked, u8, Option<Fault>),
    Pay(u64, u64),
    Fulfil(usize, Option<Fault>),
    Fail(usize, Option<Fault>),
    Lapse(Lapse),
    Restart,
}

/// What a caller is told.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    Accepted(u64),
    AlreadyComplete,
    InProgress,
    OtherTerms,
    OverCeiling,
    KeyReused,
}

impl Model {
    fn status(&self, n: u64) -> Option<StatusKind> {
        self.intended.get(&n)?;
        let mut parts = self.parts.iter().filter(|part| part.0 == n);
        Some(
            if parts.clone().any(|part| part.2 == StatusKind::Complete) {
                StatusKind::Complete
            } else if parts.any(|part| part.2 == StatusKind::Pending) {
                StatusKind::Pending
            } else {
                StatusKind::Failed
            },
        )
    }

    fn committed(&self, n: u64) -> u64 {
        let parts = self.parts.iter();
        let counted = parts.filter(|part| part.0 == n && part.2 != StatusKind::Failed);
        counted.map(|part| part.1).sum()
    }

    fn accept(&mut self, n: u64, amount: u64, intended: u64) -> Told {
        self.intended.insert(n, intended);
        self.parts.push((n, amount, StatusKind::Pending));
        Told::Accepted(self.parts.len() as u64)
    }

    fn send(&mut self, (n, amount, intended): Asked) -> Told {
        match (self.intended.get(&n), self.status(n)) {
            (Some(stored), _) if *stored != intended => Told::OtherTerms,
            (_, Some(StatusKind::Complete)) => Told::AlreadyComplete,
            _ if self.committed(n) + amount > intended => Told::OverCeiling,
            _ => self.accept(n, amount, intended),
        }
    }

    fn keyed(&mut self, asked: Asked, key: u8) -> Told {
        match self.keys.get(&key) {
            Some((before, part)) if *before == asked => Told::Accepted(*part),
            Some(_) => Told::KeyReused,
            None => {
                let told = self.send(asked);
                if let Told::Accepted(part) = told {
                    self.keys.insert(key, (asked, part));
                }
                told
            }
        }
    }

    fn pay(&mut self, n: u64, amount: u64) -> Told {
        match (self.intended.get(&n).copied(), self.status(n)) {
            (_, Some(StatusKind::Pending)) => return Told::InProgress,
            (Some(stored), _) if stored != amount => return Told::OtherTerms,
            (_, Some(StatusKind::Complete)) => return Told::AlreadyComplete,
            _ => self.accept(n, amount, amount),
        };
        Told::InProgress
    }

    fn step(&mut self, step: &Step) -> Option<Told> {
        match step {
            Step::Send(asked, _) => return Some(self.send(*asked)),
            Step::Keyed(asked, key, _) => return Some(self.keyed(*asked, *key)),
            Step::Pay(n, amount) => return Some(self.pay(*n, *amount)),
            Step::Fulfil(part, _) => {
                self.parts.get_mut(*part)?.2 = StatusKind::Complete;
            }
            Step::Fail(part, _) => {
                let part = self.parts.get_mut(*part)?;
                if part.2 == StatusKind::Pending {
                    part.2 = StatusKind::Failed;
                }
            }
            Step::Lapse(_) | Step::Restart => {}
        }
        None
    }
}

impl ReferenceStateMachine for Model {
    type State = Model;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Model> {
        Just(Model::default()).boxed()
    }

    fn transitions(_: &Model) -> BoxedStrategy<Step> {
        let amount = || prop_oneof![Just(1u64), 100..700u64, Just(1_000), Just(1_001)];
        let intended = prop_oneof![8 => Just(1_000u64), 1 => Just(900)];
        let asked = (1..4u64, amount(), intended);
        let clean = || Just(Fault::Conflict).prop_union(Just(Fault::Unavailable));
        let doubt = || Just(Fault::ErrorAndLost).prop_union(Just(Fault::ErrorButWritten));
        let any = || option::weighted(0.3, prop_oneof![clean(), doubt()]);
        let lapse = Just(Lapse::AnswerLost).prop_union(Just(Lapse::OfferLost));
        prop_oneof![
            8 => (asked.clone(), option::weighted(0.1, clean())).prop_map(|(a, f)| Step::Send(a, f)),
            3 => (asked, 0..3u8, any()).prop_map(|(a, key, f)| Step::Keyed(a, key, f)),
            2 => (1..4u64, amount()).prop_map(|(n, amount)| Step::Pay(n, amount)),
            3 => (0..8usize, any()).prop_map(|(part, f)| Step::Fulfil(part, f)),
            6 => (0..8usize, any()).prop_map(|(part, f)| Step::Fail(part, f)),
            1 => lapse.prop_map(Step::Lapse),
            1 => Just(Step::Restart),
        ]
        .boxed()
    }

    fn apply(mut state: Model, step: &Step) -> Model {
        state.told = state.step(step);
        state
    }
}

/// The engine, and the runtime on which it does one thing after the other.
struct Real {
    runtime: tokio::runtime::Runtime,
    world: Option<World>,
}

impl Real {
    /// Does it, and returns what a caller is told who tries again while storage fails.
    async fn step(world: &World, step: &Step, model: &Model) -> Option<Told> {
        let fault = match step {
            Step::Send(_, fault)
            | Step::Keyed(_, _, fault)
            | Step::Fulfil(_, fault)
            | Step::Fail(_, fault) => *fault,
            Step::Pay(..) | Step::Lapse(_) | Step::Restart => None,
        };
        if let Some(fault) = fault {
            world.store.fault(fault);
        }
        match step {
            Step::Fulfil(part, _) | Step::Fail(part, _) => {
                let (n, ..) = model.parts.get(*part)?;
                let id = PartId(*part as u64 + 1);
                match step {
                    Step::Fulfil(..) => world.fulfil(*n, id),
                    _ => world.fail(*n, id),
                }
                return None;
            }
            Step::Lapse(lapse) => {
                world.node.lapse(lapse.clone());
                return None;
            }
            Step::Restart => return None,
            Step::Send(..) | Step::Keyed(..) | Step::Pay(..) => {}
        }
        loop {
            let told = match step {
                Step::Send((n, amount, intended), _) => sent(
                    world
                        .engine
                        .send_partial_pay(partial(*n, *amount, *intended))
                        .await,
                ),
                Step::Keyed((n, amount, intended), key, _) => {
                    let request = keyed(*n, *amount, *intended, &key.to_string());
                    sent(world.engine.send_partial_pay(request).await)
                }
                Step::Pay(n, amount) => paying(world.engine.send_pay(whole(*n, *amount)).await),
                _ => unreachable!("nobody is told"),
            };
            if told.is_some() {
                return told;
            }
        }
    }

    /// Until nothing moves any more: everything runs on this one thread.
    async fn settle() {
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
    }

    async fn rows(world: &World) -> (Vec<(u64, StatusKind)>, Vec<(u64, StatusKind)>) {
        let filter = PaymentFilter {
            limit: 100,
            ..PaymentFilter::default()
        };
        let payments = world.engine.list_payments(filter).await.unwrap();
        let filter = PartFilter {
            limit: 100,
            ..PartFilter::default()
        };
        let parts = world.engine.list_partial_payments(filter).await.unwrap();
        let payments = payments.rows.into_iter().map(|row| match row {
            Listed::Sound(payment) => (payment.terms.intended.get(), payment.status()),
            Listed::Damaged(damaged) => panic!("{damaged:?}"),
        });
        let parts = parts.rows.into_iter().map(|row| match row {
            Listed::Sound(row) => (row.part.amount().get(), row.part.status()),
            Listed::Damaged(damaged) => panic!("{damaged:?}"),
        });
        (payments.collect(), parts.collect())
    }
}

fn sent(sent: Result<Sent, ApiError>) -> Option<Told> {
    match sent {
        Ok(Sent::Part(part)) => Some(Told::Accepted(part.id.0)),
        Ok(Sent::AlreadyComplete(_)) => Some(Told::AlreadyComplete),
        Err(error) => refused(error),
    }
}

/// `sendpay` does not tell the part's number: the rows do.
fn paying(paying: Result<Paying, ApiError>) -> Option<Told> {
    match paying {
        Ok(Paying::InProgress(_)) => Some(Told::InProgress),
        Ok(Paying::AlreadyComplete(_)) => Some(Told::AlreadyComplete),
        Err(error) => refused(error),
    }
}

fn refused(error: ApiError) -> Option<Told> {
    match error {
        ApiError::Refused(Refusal::Ceiling { .. }) => Some(Told::OverCeiling),
        ApiError::Refused(Refusal::RequestReused { .. }) => Some(Told::KeyReused),
        ApiError::Refused(Refusal::TermsDiffer { .. } | Refusal::SucceededWithAmount(_)) => {
            Some(Told::OtherTerms)
        }
        ApiError::StorageUnavailable(_) | ApiError::StorageUnknown(_) => None,
        other => panic!("{other:?}"),
    }
}

impl StateMachineTest for Real {
    type SystemUnderTest = Real;
    type Reference = Model;

    fn init_test(_: &Model) -> Real {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.expect("a runtime");
        let world = Some(runtime.block_on(World::new()));
        Real { runtime, world }
    }

    fn apply(mut real: Real, model: &Model, step: Step) -> Real {
        let world = real.world.take().expect("put back after each step");
        let world = real.runtime.block_on(async {
            let told = Real::step(&world, &step, model).await;
            Real::settle().await;
            world.store.clear_faults();
            let world = match step {
                Step::Restart => world.restart().await,
                _ => world,
            };
            Real::settle().await;
            assert_eq!(told, model.told, "what the caller is told of {step:?}");
            check(&world, model).await;
            world
        });
        real.world = Some(world);
        real
    }
}

/// The lists, and the node's own ledger.
async fn check(world: &World, model: &Model) {
    let (payments, parts) = Real::rows(world).await;
    let expected: Vec<_> = model.parts.iter().map(|part| (part.1, part.2)).collect();
    assert_eq!(parts, expected);
    let mut order: Vec<u64> = Vec::new();
    for (n, ..) in &model.parts {
        if !order.contains(n) {
            order.push(*n);
        }
    }
    let expected = order
        .iter()
        .map(|n| (model.intended[n], model.status(*n).expect("it has one")));
    assert_eq!(payments, expected.collect::<Vec<_>>());
    for ((part, hash), htlcs) in world.node.ledger() {
        assert_eq!(htlcs, 1, "A-4: part {part} of {hash}");
    }
    for n in order {
        let out = model
            .parts
            .iter()
            .filter(|part| part.0 == n && part.2 == StatusKind::Pending);
        assert!(
            out.map(|part| part.1).sum::<u64>() <= model.intended[&n],
            "A-1"
        );
    }
}

prop_state_machine! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn engine_and_model_agree(sequential 1..40 => Real);
}
