//! Callers of `pay`, and the payee of their orders.

use super::book::{OrderEnd, Ordered, ReportedOutcome};
use super::caller::TRIES;
use super::world::{PATIENCE, World};
use anyhow::{Context, Result, bail, ensure};
use domain::contract::samples::{hash, invoice, msat};
use domain::{ApiError, Avoid, Order, Pay, PayAnswer, PaymentApi, RequestId, StatusKind, Why};
use std::collections::BTreeSet;
use std::time::Duration;

/// What an order delivers.
pub(super) const DELIVER: u64 = 1_000;
/// What it may cost; the finder spends all that is left of it.
pub(super) const CAP: u64 = 20_000;
/// How long new parts are sent: before the invoice expires, and longer than all pauses together.
const RETRY_FOR: Duration = Duration::from_secs(1_000_000_000);
/// Between two looks at what has arrived.
const GLANCE: Duration = Duration::from_micros(200);

/// What the payee does with the parts of an order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Payee {
    /// He takes them once all are there.
    Takes,
    /// He gives up on the one that comes first, and then takes the whole.
    LosesOne,
    /// He gives up on all.
    GivesUp,
}

impl World {
    /// Opens an order under a key until it is acknowledged: once in all lives, for it goes on by itself.
    pub(super) async fn order(&self, key: &str, n: u64) -> Result<()> {
        self.order_besides(key, n, false).await
    }

    /// The same for one who may not be the only one with that key: it may be stored, and not by him.
    pub(super) async fn order_besides(&self, key: &str, n: u64, mut in_doubt: bool) -> Result<()> {
        if self.book().orders.iter().any(|order| order.key == key) {
            return Ok(());
        }
        for _ in 0..TRIES {
            match self.engine().pay(pay(key, n, Some(Duration::ZERO))?).await {
                Ok(answer) => {
                    let order = answer.order.context("paid without an order")?;
                    return self.ordered(key, n, &order);
                }
                Err(ApiError::OrderFailed(failed)) => return self.ordered(key, n, &failed.order),
                Err(error) => {
                    in_doubt = self.told_no("pay", key, &error, in_doubt)?;
                    let is_told = matches!(error, ApiError::OrderGoesOn(_));
                    ensure!(!is_told || self.is_stored(key)?, "A-14, told {error}");
                }
            }
            tokio::task::yield_now().await;
        }
        bail!("{key} was never accepted")
    }

    /// Waits for the end of an order: whether it was paid.
    pub(super) async fn ended(&self, key: &str, n: u64) -> Result<bool> {
        for _ in 0..TRIES {
            // Whoever asks for the order again would set it going.
            let waited = self.engine().wait_payment(hash(n), None);
            let waited = tokio::time::timeout(PATIENCE, waited).await;
            if let Err(error) = waited.context("A-11, whoever waits for an order was lost")? {
                self.read("waitpayment", &error)?;
                continue;
            }
            let end = match self.engine().pay(pay(key, n, None)?).await {
                Ok(answer) => paid(n, &answer)?,
                Err(ApiError::OrderFailed(failed)) => OrderEnd {
                    n,
                    is_paid: false,
                    why: why(&failed.order)?.to_string(),
                },
                Err(error) => {
                    self.read("pay", &error)?;
                    continue;
                }
            };
            let is_paid = end.is_paid;
            if !self.book().ends.contains(&end) {
                self.book().note(format!("told {end:?}"));
                self.book().ends.push(end);
            }
            return Ok(is_paid);
        }
        bail!("A-11, whoever waits for an order was never told")
    }

    /// No new part from now on, once storage says so.
    pub(super) async fn abandon(&self, n: u64) -> Result<()> {
        for _ in 0..TRIES {
            match self.engine().abandon_pay(hash(n)).await {
                Ok(_) => return Ok(()),
                Err(error) => drop(self.read("abandonpay", &error)?),
            }
            tokio::task::yield_now().await;
        }
        bail!("the order of {n} was never abandoned")
    }

    /// There is no way any more, for whatever daemon.
    pub(super) fn lose_the_way(&self) {
        self.book().is_without_a_way = true;
        self.finder.lose_the_way();
    }

    /// The deadline of every order passes.
    pub(super) fn pass_the_deadline(&self) {
        self.clock.advance(RETRY_FOR);
    }

    /// Returns once a part of the payment is out; or its end was told before, in an earlier life.
    pub(super) async fn is_out(&self, n: u64) -> Result<()> {
        let is_out = || self.sent_of(n).next().is_some();
        super::world::soon(is_out)
            .await
            .context("no part was ever offered")
    }

    /// The payee, who does not end before he has taken the whole.
    pub(super) async fn payee(&self, n: u64, payee: Payee) -> Result<()> {
        let works = async {
            while !self.has_taken(n, payee)? {
                tokio::time::sleep(GLANCE).await;
            }
            Ok(())
        };
        let worked = tokio::time::timeout(PATIENCE, works).await;
        worked.context("the payee waits for the rest for ever")?
    }

    fn has_taken(&self, n: u64, payee: Payee) -> Result<bool> {
        let mut lost = BTreeSet::new();
        for said in &self.book().said {
            if said.n == n && !said.is_paid {
                lost.insert(said.part);
            }
        }
        let arrived: Vec<_> = self.sent_of(n).collect();
        let arrived: Vec<_> = arrived
            .into_iter()
            .filter(|(part, _)| !lost.contains(part))
            .collect();
        let is_giving_up = match payee {
            Payee::Takes => false,
            Payee::LosesOne => lost.is_empty(),
            Payee::GivesUp => true,
        };
        if is_giving_up {
            for (part, _) in arrived.iter().take(1) {
                self.say(ReportedOutcome {
                    part: *part,
                    n,
                    is_paid: false,
                });
            }
            return Ok(false);
        }
        let sum: u64 = arrived.iter().map(|(_, amount)| amount).sum();
        ensure!(sum <= DELIVER, "B-2, {sum} of {DELIVER} are out");
        if sum < DELIVER {
            return Ok(false);
        }
        for (part, _) in arrived {
            self.say(ReportedOutcome {
                part,
                n,
                is_paid: true,
            });
        }
        Ok(true)
    }

    /// The parts of a payment that the node has sent, and what they deliver.
    fn sent_of(&self, n: u64) -> impl Iterator<Item = (u64, u64)> {
        let of_hash = hash(n);
        let sent = self.node.sent(|hash| u64::from(hash == of_hash));
        let sent = sent.into_iter().filter(|sent| sent.n == 1);
        sent.map(|sent| (sent.part, sent.amount))
    }

    fn ordered(&self, key: &str, n: u64, order: &Order) -> Result<()> {
        let terms = (order.terms.deliver, order.terms.max_fee);
        ensure!(
            terms == (msat(DELIVER), msat(CAP)),
            "other terms: {order:?}"
        );
        let number = order.id.0;
        let mut book = self.book();
        book.unchanged.remove(key);
        book.note(format!("{key} of payment {n} is order {number}"));
        if let Some(before) = book.orders.iter().find(|before| before.key == key) {
            ensure!(before.order == number, "B-9, {key} was {before:?}");
            return Ok(());
        }
        book.acknowledged += 1;
        book.orders.push(Ordered {
            key: key.to_owned(),
            n,
            order: number,
        });
        Ok(())
    }
}

fn pay(key: &str, n: u64, timeout: Option<Duration>) -> Result<Pay> {
    Ok(Pay {
        invoice: invoice(n),
        amount: None,
        share: None,
        max_fee: msat(CAP),
        retry_for: RETRY_FOR,
        max_delay: 2_016,
        max_parts: None,
        avoid: Avoid::default(),
        nodes: Vec::new(),
        // Long enough for every order to need new pages.
        description: Some("a long story ".repeat(300)),
        label: None,
        request_id: Some(RequestId::new(key).context("a short key")?),
        timeout,
    })
}

/// What whoever waited for the whole is told: with the proof, and within the cap.
fn paid(n: u64, answer: &PayAnswer) -> Result<OrderEnd> {
    let is_complete = answer.payment.status() == StatusKind::Complete;
    ensure!(is_complete, "A-11, told before the end: {answer:?}");
    ensure!(answer.payment.preimage.is_some(), "A-6: {answer:?}");
    ensure!(answer.fee() <= msat(CAP), "B-1: {answer:?}");
    Ok(OrderEnd {
        n,
        is_paid: true,
        why: Why::Paid.to_string(),
    })
}

fn why(order: &Order) -> Result<&Why> {
    let closed = order.closed.as_ref();
    let closed = closed.context("B-8, told that it failed, and it is open")?;
    Ok(&closed.why)
}
