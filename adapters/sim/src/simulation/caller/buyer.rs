//! Those who use `pay`: patient or not, one after the other or side by side, with the same terms or others.

use super::{Caller, Came, INTENDED};
use crate::simulation::daemon::ConnectionLost;
use crate::simulation::finder::hint;
use crate::simulation::truth::PAYMENTS;
use domain::contract::samples::{hash, invoice, invoice_terms, msat, node_id};
use domain::invariant::Rule;
use domain::{
    ApiError, Avoid, Clock, DirectedChannel, InvoiceTerms, Listed, NodeName, Pay, PayAnswer,
    PaymentApi, PaymentFilter, RequestId, ShortChannelId,
};
use futures::future::FutureExt;
use std::time::Duration;

/// What others deliver of a payment of which we pay a share.
const ELSEWHERE: u64 = 400;
/// How often an order is asked for.
const TRIES: u32 = 3;
/// So often a caller is impatient.
const IMPATIENT: u32 = 6;

impl Caller {
    /// Some who pay, each payment by one to three of them, and one who looks on and interferes.
    pub(super) fn all_buy(&self) {
        let world = self.world();
        for n in 1..=PAYMENTS {
            let terms = self.terms(n);
            let asked = terms.share.unwrap_or(msat(INTENDED));
            world
                .truth()
                .comes_from_elsewhere(hash(n), INTENDED - asked.get());
            for who in 0..=world.chance.below(3) {
                let buyer = self.named(format!("buyer-{n}-{who}"));
                let terms = buyer.own(&terms);
                let buying = async move { buyer.buy(terms).await };
                world.spawn(crate::simulation::executor::Owner::Caller, buying.boxed());
            }
        }
        let onlooker = self.named("onlooker".into());
        let looking = async move { onlooker.look_on().await };
        world.spawn(crate::simulation::executor::Owner::Caller, looking.boxed());
    }

    fn named(&self, name: String) -> Caller {
        Caller {
            daemon: self.daemon.clone(),
            name,
        }
    }

    /// What is asked for of payment `n`.
    fn terms(&self, n: u64) -> Pay {
        let world = self.world();
        let chance = &world.chance;
        let share = chance.one_in(5).then(|| msat(INTENDED - ELSEWHERE));
        let soon = Clock::now(&world.time).after(chance.up_to(Duration::from_secs(120)));
        let terms = invoice_terms();
        let expires_at = if chance.one_in(6) {
            soon
        } else {
            terms.expires_at
        };
        let terms = InvoiceTerms {
            expires_at,
            takes_parts: share.is_some() || !chance.one_in(6),
            ..terms
        };
        let nodes: &[&str] =
            chance.pick(&[&[][..], &[], &["alice"], &["anna"], &["anna", "alice"]]);
        let mut avoid = Avoid::default();
        match chance.below(8) {
            0 => drop(avoid.nodes.insert(node_id(1))),
            1 => drop(avoid.channels.insert(DirectedChannel::between(
                ShortChannelId(111 << 40),
                node_id(2),
                node_id(9),
            ))),
            _ => {}
        }
        Pay {
            invoice: domain::Invoice {
                bolt11: format!("lnbcrt10n{n}"),
                hints: vec![hint(n)],
                terms,
                ..invoice(n)
            },
            amount: None,
            share,
            max_fee: msat(chance.pick(&[0, 30, 60, 100, 200, 10_000])),
            retry_for: Duration::from_secs(chance.pick(&[0, 5, 60, 60, 300, 300])),
            max_delay: chance.pick(&[1_008, 1_008, 1_008, 60]),
            max_parts: chance.pick(&[None, None, Some(1), Some(2), Some(3)]),
            avoid,
            nodes: nodes.iter().map(|name| NodeName::new(*name)).collect(),
            description: None,
            label: None,
            request_id: None,
            timeout: None,
        }
    }

    /// The same, but for those who want something else.
    fn own(&self, terms: &Pay) -> Pay {
        let chance = &self.world().chance;
        let mut own = terms.clone();
        match chance.below(8) {
            0 => own.max_fee = msat(chance.pick(&[0, 100, 300])),
            1 => own.max_parts = Some(2),
            _ => {}
        }
        own
    }

    /// Pays, and again, with another key, after a failure.
    async fn buy(self, terms: Pay) {
        for attempt in 0..TRIES {
            self.rest().await;
            let chance = &self.world().chance;
            let key = RequestId::new(format!("{}-{attempt}", self.name)).ok();
            let request = Pay {
                request_id: key.filter(|_| !chance.one_in(3)),
                ..terms.clone()
            };
            match self.see_order_through(&request).await {
                Came::ToAnEnd { good: false } => {}
                Came::ToAnEnd { good: true } | Came::ToNothing => return,
            }
        }
    }

    /// Repeats a request until it is told its end.
    async fn see_order_through(&self, request: &Pay) -> Came {
        let mut round = 0;
        loop {
            let chance = &self.world().chance;
            let timeout = match chance.below(4) {
                _ if round >= IMPATIENT => None,
                0 => None,
                1 => Some(Duration::ZERO),
                _ => Some(chance.up_to(Duration::from_secs(60))),
            };
            let asked = Pay {
                timeout,
                ..request.clone()
            };
            if let Some(came) = self.ask_to_pay(&asked).await {
                // Whoever is told that it failed may ask again what became of it, with the same key.
                let is_failure = matches!(came, Came::ToAnEnd { good: false });
                let again = is_failure && request.request_id.is_some() && round < IMPATIENT;
                if !again || self.world().chance.one_in(2) {
                    return came;
                }
                round = IMPATIENT;
            }
            round += 1;
            self.rest().await;
        }
    }

    /// One call. None if its end is still to come.
    async fn ask_to_pay(&self, asked: &Pay) -> Option<Came> {
        let (world, since, request) = (self.world(), self.world().moves(), asked.clone());
        let hash = asked.invoice.payment_hash;
        world.judge().asks_to_pay(asked);
        world.note(Some(hash), || {
            let (key, fee) = (asked.request_id.is_some(), asked.max_fee);
            format!(
                "{}: pay for at most {fee} (key: {key}, {:?})",
                self.name, asked.timeout
            )
        });
        let paying = self
            .daemon
            .call(|engine| async move { engine.pay(request).await });
        let answer = self.unless_it_hangs_up(paying).await?;
        self.note_answer(hash, &answer);
        match answer {
            Ok(Ok(told)) => {
                world
                    .judge()
                    .told_of_pay(asked, &told, since, world.moves());
                is_paid(&told).then_some(Came::ToAnEnd { good: true })
            }
            Ok(Err(error)) => self.told_why(asked, &error, since),
            Err(ConnectionLost) => None,
        }
    }

    fn told_why(&self, asked: &Pay, error: &ApiError, since: u64) -> Option<Came> {
        let world = self.world();
        let failed = Some(Came::ToAnEnd { good: false });
        match error {
            ApiError::OrderFailed(told) => {
                let mut judge = world.judge();
                judge.told_order_failed(Some(asked), told, since, world.moves());
                failed
            }
            ApiError::PaymentFailed(payment, part) => {
                self.told(payment, since);
                world.judge().told_part(part, since, world.moves());
                failed
            }
            // Somebody else's order, or parts, or it is over.
            ApiError::Refused(_) if world.chance.one_in(3) => Some(Came::ToNothing),
            ApiError::Internal(what) => {
                self.bug(what);
                Some(Came::ToNothing)
            }
            ApiError::Quarantined { .. }
            | ApiError::NoSuchPayment(_)
            | ApiError::PaymentDeleted(_)
            | ApiError::DeletedMeanwhile(_) => Some(Came::ToNothing),
            _ => None,
        }
    }

    /// Looks at what becomes of all that, and now and then abandons it.
    async fn look_on(self) {
        for _ in 0..16_u32 {
            let world = self.world();
            let rest = world.chance.up_to(Duration::from_secs(15));
            world.time.sleep(rest).await;
            let n = 1 + world.chance.below(PAYMENTS);
            match world.chance.below(6) {
                0 => self.abandon(n).await,
                1 | 2 => self.wait_for_end(n).await,
                _ => self.list_pays().await,
            }
        }
    }

    async fn abandon(&self, n: u64) {
        let (world, since) = (self.world(), self.world().moves());
        world.note(Some(hash(n)), || format!("{}: abandonpay", self.name));
        world.judge().abandons(hash(n));
        let abandoning = self
            .daemon
            .call(|engine| async move { engine.abandon_pay(hash(n)).await });
        let Some(answer) = self.unless_it_hangs_up(abandoning).await else {
            return;
        };
        self.note_answer(hash(n), &answer);
        match answer {
            Ok(Ok(told)) => world.judge().told_abandoned(&told, since, world.moves()),
            Ok(Err(ApiError::Internal(what))) => self.bug(&what),
            Ok(Err(_)) | Err(ConnectionLost) => {}
        }
    }

    async fn wait_for_end(&self, n: u64) {
        let (world, since) = (self.world(), self.world().moves());
        let timeout = Some(world.chance.up_to(Duration::from_secs(60)));
        let waiting = self
            .daemon
            .call(|engine| async move { engine.wait_payment(hash(n), timeout).await });
        let Some(answer) = self.unless_it_hangs_up(waiting).await else {
            return;
        };
        self.note_answer(hash(n), &answer);
        if let Ok(Ok(told)) = answer {
            self.told(&told, since);
            let settled = told.tally.live == 0 && told.order.is_none();
            let what = "who waits for the end of a payment was told before it";
            let holds = settled.then_some(());
            let holds = holds.ok_or_else(|| Rule::HonestStatus.broken(what));
            world.judge().rule(Some(hash(n)), since, holds);
        }
    }

    async fn list_pays(&self) {
        let (world, since) = (self.world(), self.world().moves());
        let filter = PaymentFilter {
            limit: 100,
            ..PaymentFilter::default()
        };
        let listing = self
            .daemon
            .call(|engine| async move { engine.list_pays(filter).await });
        let Ok(Ok(page)) = listing.await else {
            return;
        };
        for row in page.rows {
            match row {
                Listed::Sound(row) => world.judge().told_paid_by(&row, since, world.moves()),
                Listed::Damaged(_) => {
                    let damaged = Err(Rule::FailClosed.broken("a row is damaged"));
                    world.judge().rule(None, since, damaged);
                }
            }
        }
    }
}

fn is_paid(told: &PayAnswer) -> bool {
    told.payment.status() == domain::StatusKind::Complete
}
