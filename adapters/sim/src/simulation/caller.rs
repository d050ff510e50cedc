//! Those who want to pay: patient or not, careful or not, several at a time for one payment.

mod buyer;
mod cleaner;
mod meddler;

use super::chance::Fault;
use super::daemon::{ConnectionLost, Daemon};
use super::executor::Owner;
use super::truth::PAYMENTS;
use super::world::World;
use domain::contract::samples::{hash, msat, route, secret};
use domain::invariant::Rule;
use domain::{
    ApiError, Extras, NodeName, PartialPayment, PaymentApi, PaymentSummary, RequestId,
    SendPartialPay, Sent,
};
use futures::future::{Either, FutureExt, select};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

/// What every payment shall deliver.
const INTENDED: u64 = 1_000;
/// Ways to divide it.
const DIVISIONS: [&[u64]; 5] = [
    &[1_000],
    &[600, 400],
    &[400, 300, 300],
    &[500, 500],
    &[250, 250, 250, 250],
];
/// How often a part is tried.
const TRIES: u32 = 5;

/// One who makes calls; clones are the same one doing several things at once.
#[derive(Clone)]
struct Caller {
    daemon: Arc<Daemon>,
    name: String,
}

/// What an attempt came to.
enum Came {
    /// The part has its end, or it is known that there is none.
    ToAnEnd { good: bool },
    /// The payment is complete, or this can never be.
    ToNothing,
}

/// Everybody comes.
pub(super) fn all_come(daemon: &Arc<Daemon>) {
    let chance = &daemon.world.chance;
    for n in 1..=PAYMENTS {
        // Where some use `pay`, not every payment is also made in parts by others.
        if daemon.world.orders && !chance.one_in(3) {
            continue;
        }
        for who in 0..=u64::from(chance.one_in(3)) {
            let caller = Caller {
                daemon: daemon.clone(),
                name: format!("payer-{n}-{who}"),
            };
            let division = chance.pick(&DIVISIONS);
            let division = if daemon.world.ends_late {
                &[INTENDED]
            } else {
                division
            };
            for (index, amount) in division.iter().enumerate() {
                let (part, amount) = (caller.called(&index.to_string()), *amount);
                let paying = async move { part.pay_part(n, amount).await };
                daemon.world.spawn(Owner::Caller, paying.boxed());
            }
        }
    }
    let meddler = Caller {
        daemon: daemon.clone(),
        name: "meddler".into(),
    };
    let meddling = meddler.clone();
    let meddling = async move { meddling.meddle().await };
    daemon.world.spawn(Owner::Caller, meddling.boxed());
    if daemon.world.orders {
        meddler.all_buy();
    }
    if daemon.world.deletes {
        let cleaner = Caller {
            daemon: daemon.clone(),
            name: "cleaner".into(),
        };
        let cleaning = async move { cleaner.clean().await };
        daemon.world.spawn(Owner::Caller, cleaning.boxed());
    }
}

impl Caller {
    fn world(&self) -> &World {
        &self.daemon.world
    }

    fn called(&self, name: &str) -> Caller {
        Caller {
            daemon: self.daemon.clone(),
            name: format!("{}-{name}", self.name),
        }
    }

    /// Sends a part of that size, and another in its place when it fails.
    async fn pay_part(self, n: u64, amount: u64) {
        self.rest().await;
        let tries = if self.world().ends_late { 1 } else { TRIES };
        for attempt in 0..tries {
            let label = format!("{}-{attempt}", self.name);
            let request = self.request(n, amount, label);
            match self.see_through(request).await {
                Came::ToAnEnd { good: false } => self.rest().await,
                Came::ToAnEnd { good: true } | Came::ToNothing => return,
            }
        }
    }

    fn request(&self, n: u64, amount: u64, label: String) -> SendPartialPay {
        let chance = &self.world().chance;
        let key = RequestId::new(&label).ok();
        SendPartialPay {
            route: route(amount),
            payment_hash: hash(n),
            intended: msat(INTENDED),
            extras: Extras {
                label: Some(label),
                secret: Some(secret(n)),
                node: chance.one_in(2).then(|| NodeName::new("anna")),
                ..Extras::default()
            },
            request_id: key.filter(|_| !chance.one_in(3)),
        }
    }

    /// Repeats a request that has a key until it is answered; one that has none is made once.
    async fn see_through(&self, request: SendPartialPay) -> Came {
        let label = request.extras.label.clone().unwrap_or_default();
        let mut first = true;
        loop {
            let answer = self.send(&request).await;
            let keyed = request.request_id.is_some();
            match answer {
                Ok(Ok(Sent::Part(part))) => return self.wait(&part).await,
                Ok(Ok(Sent::AlreadyComplete(_))) => return Came::ToNothing,
                Ok(Err(ApiError::StorageUnknown(_))) | Err(ConnectionLost) if !keyed => {
                    return Came::ToNothing;
                }
                Ok(Err(ApiError::StorageUnknown(_))) | Err(ConnectionLost) => {}
                Ok(Err(error)) => {
                    if first {
                        self.world().judge().told_nothing(&label);
                    }
                    if !keyed || matches!(error, ApiError::Refused(_)) {
                        return self.told_no(&error);
                    }
                    // The same request may yet be made.
                    self.world().judge().told_perhaps(&label);
                }
            }
            first = false;
            self.rest().await;
        }
    }

    fn told_no(&self, error: &ApiError) -> Came {
        match error {
            ApiError::Refused(_) | ApiError::Quarantined { .. } => Came::ToNothing,
            ApiError::Internal(what) => {
                self.bug(what);
                Came::ToNothing
            }
            _ => Came::ToAnEnd { good: false },
        }
    }

    async fn send(
        &self,
        request: &SendPartialPay,
    ) -> Result<Result<Sent, ApiError>, ConnectionLost> {
        let (world, since) = (self.world(), self.world().moves());
        let asked = request.clone();
        world.note(Some(request.payment_hash), || {
            let key = request.request_id.is_some();
            format!(
                "{}: sends {} (key: {key})",
                self.name,
                request.route.amount()
            )
        });
        let answer = self
            .daemon
            .call(|engine| async move { engine.send_partial_pay(asked).await })
            .await;
        self.note_answer(request.payment_hash, &answer);
        match &answer {
            Ok(Ok(Sent::Part(part))) => {
                let key = request.request_id.as_ref();
                world.judge().acknowledged(part, key, world.moves());
            }
            Ok(Ok(Sent::AlreadyComplete(payment))) => self.told(payment, since),
            Ok(Err(_)) | Err(ConnectionLost) => {}
        }
        answer
    }

    /// Waits for the part's end, however often it has to ask.
    async fn wait(&self, part: &PartialPayment) -> Came {
        let (world, id) = (self.world(), part.id);
        loop {
            let since = world.moves();
            let timeout = world.chance.one_in(3);
            let timeout = timeout.then(|| world.chance.up_to(Duration::from_secs(90)));
            let waiting = self
                .daemon
                .call(|engine| async move { engine.wait_partial_pay(id, timeout).await });
            let Some(answer) = self.unless_it_hangs_up(waiting).await else {
                continue;
            };
            self.note_answer(part.payment_hash, &answer);
            match answer {
                Ok(Ok(part)) => {
                    world.judge().told_part(&part, since, world.moves());
                    return Came::ToAnEnd { good: true };
                }
                Ok(Err(ApiError::PartFailed(part))) => {
                    world.judge().told_part(&part, since, world.moves());
                    return Came::ToAnEnd { good: false };
                }
                Ok(Err(ApiError::NoSuchPart(_))) if world.judge().is_gone(id) => {
                    return Came::ToAnEnd { good: false };
                }
                Ok(Err(ApiError::NoSuchPart(_))) => {
                    let lost = format!("part {id} was acknowledged and is not known");
                    let lost = Err(Rule::AcknowledgedIsDurable.broken(lost));
                    world.judge().rule(Some(part.payment_hash), since, lost);
                    return Came::ToNothing;
                }
                Ok(Err(ApiError::Quarantined { .. })) => return Came::ToNothing,
                Ok(Err(_)) | Err(ConnectionLost) => self.rest().await,
            }
        }
    }

    fn told(&self, payment: &PaymentSummary, since: u64) {
        let world = self.world();
        world.judge().told_payment(payment, since, world.moves());
    }

    /// No caller may ever be told of a bug.
    fn bug(&self, what: &str) {
        let world = self.world();
        let bug = Rule::FailClosed.broken(format!("{} was told of a bug: {what}", self.name));
        world.judge().rule(None, world.moves(), Err(bug));
    }

    /// `None` if it had no patience.
    async fn unless_it_hangs_up<T>(&self, waiting: impl Future<Output = T>) -> Option<T> {
        let world = self.world();
        if !world.chance.strikes(Fault::HangUp) {
            return Some(waiting.await);
        }
        let patience = world.chance.up_to(Duration::from_secs(20));
        match select(pin!(world.time.sleep(patience)), pin!(waiting)).await {
            Either::Left(_) => None,
            Either::Right((answer, _)) => Some(answer),
        }
    }

    async fn rest(&self) {
        let world = self.world();
        let rest = world.chance.up_to(Duration::from_secs(2));
        world.time.sleep(rest).await;
    }

    fn note_answer<T: std::fmt::Debug>(
        &self,
        payment: domain::PaymentHash,
        answer: &Result<Result<T, ApiError>, ConnectionLost>,
    ) {
        self.world().note(Some(payment), || match answer {
            Ok(Ok(told)) => format!("{}: told {told:?}", self.name),
            Ok(Err(error)) => format!("{}: told no: {error}", self.name),
            Err(ConnectionLost) => format!("{}: connection lost", self.name),
        });
    }
}
