//! One who does this and that, some of it wrong.

use super::{Caller, INTENDED};
use crate::simulation::daemon::ConnectionLost;
use crate::simulation::truth::PAYMENTS;
use domain::contract::samples::{hash, msat, route, route_to, secret};
use domain::invariant::Rule;
use domain::{
    ApiError, Engine, Extras, Listed, PartFilter, Paying, PaymentApi, PaymentFilter, RequestId,
    SendPay,
};
use std::sync::Arc;
use std::time::Duration;

impl Caller {
    /// Does this and that, some of it wrong.
    pub(super) async fn meddle(self) {
        for round in 0..12_u32 {
            self.rest().await;
            let chance = &self.world().chance;
            let (n, what) = (1 + chance.below(PAYMENTS), chance.below(7));
            let label = format!("{}-{round}", self.name);
            match what {
                0 => self.pay(n, label).await,
                1 => {
                    let over = self.request(n, chance.pick(&[1, 700, 1_000]), label);
                    let _ = self.see_through(over).await;
                }
                2 => {
                    let mut wrong = self.request(n, 300, label);
                    wrong.intended = msat(900);
                    let _ = self.see_through(wrong).await;
                }
                3 => {
                    let mut wrong = self.request(n, 300, label);
                    wrong.route = route_to(8, 300);
                    let _ = self.see_through(wrong).await;
                }
                4 => {
                    // Somebody else's key, for something else.
                    let mut wrong = self.request(n, 1, label);
                    wrong.request_id = RequestId::new(format!("payer-{n}-0-0-0")).ok();
                    let _ = self.send(&wrong).await;
                }
                5 => self.list().await,
                _ => self.wait_for_payment(n).await,
            }
        }
    }

    async fn pay(&self, n: u64, label: String) {
        let (world, since) = (self.world(), self.world().moves());
        let request = SendPay {
            route: route(INTENDED),
            payment_hash: hash(n),
            msatoshi: None,
            extras: Extras {
                label: Some(label),
                secret: Some(secret(n)),
                ..Extras::default()
            },
        };
        world.note(Some(hash(n)), || format!("{}: sendpay", self.name));
        let call = self
            .daemon
            .call(|engine| async move { engine.send_pay(request).await });
        let answer = call.await;
        self.note_answer(hash(n), &answer);
        match answer {
            Ok(Ok(Paying::InProgress(payment) | Paying::AlreadyComplete(payment))) => {
                self.told(&payment, since);
            }
            Ok(Err(ApiError::PaymentFailed(payment, part))) => {
                self.told(&payment, since);
                world.judge().told_part(&part, since, world.moves());
            }
            Ok(Err(ApiError::Internal(what))) => self.bug(&what),
            Ok(Err(_)) | Err(ConnectionLost) => {}
        }
    }

    async fn wait_for_payment(&self, n: u64) {
        let (world, since) = (self.world(), self.world().moves());
        let timeout = Some(world.chance.up_to(Duration::from_secs(60)));
        let waiting = self
            .daemon
            .call(|engine| async move { engine.wait_send_pay(hash(n), timeout).await });
        let Some(answer) = self.unless_it_hangs_up(waiting).await else {
            return;
        };
        self.note_answer(hash(n), &answer);
        match answer {
            Ok(Ok(payment)) => self.told(&payment, since),
            Ok(Err(ApiError::PaymentFailed(payment, part))) => {
                self.told(&payment, since);
                world.judge().told_part(&part, since, world.moves());
            }
            Ok(Err(ApiError::OrderFailed(told))) => {
                let mut judge = world.judge();
                judge.told_order_failed(None, &told, since, world.moves());
            }
            Ok(Err(_)) | Err(ConnectionLost) => {}
        }
    }

    /// Both lists, each row of which must be true.
    async fn list(&self) {
        let (world, since) = (self.world(), self.world().moves());
        let (limit, damaged) = (100, Rule::FailClosed.broken("a row is damaged"));
        let filter = PartFilter {
            limit,
            ..PartFilter::default()
        };
        let listing =
            |engine: Arc<Engine>| async move { engine.list_partial_payments(filter).await };
        if let Ok(Ok(page)) = self.daemon.call(listing).await {
            for row in page.rows {
                match row {
                    Listed::Sound(row) => {
                        world.judge().told_part(&row.part, since, world.moves());
                    }
                    Listed::Damaged(_) => {
                        world.judge().rule(None, since, Err(damaged.clone()));
                    }
                }
            }
        }
        let since = world.moves();
        let filter = PaymentFilter {
            limit,
            ..PaymentFilter::default()
        };
        let listing = |engine: Arc<Engine>| async move { engine.list_payments(filter).await };
        if let Ok(Ok(page)) = self.daemon.call(listing).await {
            for row in page.rows {
                match row {
                    Listed::Sound(payment) => self.told(&payment, since),
                    Listed::Damaged(_) => {
                        world.judge().rule(None, since, Err(damaged.clone()));
                    }
                }
            }
        }
    }
}
