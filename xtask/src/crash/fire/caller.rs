//! Callers who act as real ones do: "unavailable" means that nothing changed and they may try again,
//! "unknown" that they ask again under the same key.

use super::book::{Asked, ReportedOutcome};
use super::world::{PATIENCE, World};
use anyhow::{Context, Result, bail, ensure};
use domain::contract::samples::{hash, msat, route, secret};
use domain::{
    ApiError, Extras, PartId, PartialPayment, Paying, PaymentApi, RequestId, SendPartialPay,
    SendPay, Sent, StatusKind,
};

/// How often anything is tried. Each failure brings the fault nearer to its end.
pub(super) const TRIES: u32 = 24;

/// Whether a part or an order has that key.
pub(super) const STORED_KEY: &str = "select 1 from requests where request_id = ?1 \
                                     union select 1 from orders where request_id = ?1";

/// What an error says of the call that it answered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Changed {
    Nothing,
    Perhaps,
}

impl World {
    /// Sends a part under a key until it is acknowledged.
    pub(super) async fn send(&self, key: &str, n: u64, amount: u64, whole: u64) -> Result<PartId> {
        self.send_besides(key, n, (amount, whole), false).await
    }

    /// The same for one who may not be the only one with that key: it may be stored, and not by him.
    pub(super) async fn send_besides(
        &self,
        key: &str,
        n: u64,
        (amount, whole): (u64, u64),
        mut in_doubt: bool,
    ) -> Result<PartId> {
        let request = SendPartialPay {
            route: route(amount),
            payment_hash: hash(n),
            intended: msat(whole),
            extras: extras(n),
            request_id: Some(RequestId::new(key).context("a short key")?),
        };
        for _ in 0..TRIES {
            match self.engine().send_partial_pay(request.clone()).await {
                Ok(Sent::Part(part)) => {
                    ensure!(part.amount() == msat(amount), "another part: {part:?}");
                    self.accepted(Some(key), n, part.id, (amount, whole))?;
                    self.book().unchanged.remove(key);
                    return Ok(part.id);
                }
                Ok(Sent::AlreadyComplete(summary)) => bail!("paid without {key}: {summary:?}"),
                Err(error) => in_doubt = self.told_no("sendpartialpay", key, &error, in_doubt)?,
            }
            // Here a life may end, before he asks again.
            tokio::task::yield_now().await;
        }
        bail!("{key} was never accepted")
    }

    /// `sendpay` of a whole payment until it is under way.
    pub(super) async fn send_pay(&self, n: u64, amount: u64) -> Result<PartId> {
        let request = SendPay {
            route: route(amount),
            payment_hash: hash(n),
            msatoshi: None,
            extras: extras(n),
        };
        for _ in 0..TRIES {
            match self.engine().send_pay(request.clone()).await {
                Ok(Paying::InProgress(_) | Paying::AlreadyComplete(_)) => {
                    let part = self.only_part_of(n)?;
                    self.accepted(None, n, part, (amount, amount))?;
                    return Ok(part);
                }
                Err(error) => drop(self.read("sendpay", &error)?),
            }
        }
        bail!("sendpay of {n} was never accepted")
    }

    /// Waits for the end of a part: whether it was paid.
    pub(super) async fn wait(&self, part: PartId, n: u64) -> Result<bool> {
        for _ in 0..TRIES {
            let waited = self.engine().wait_partial_pay(part, None);
            let waited = tokio::time::timeout(PATIENCE, waited).await;
            let is_paid = match waited.context("A-11, a waiter was lost")? {
                Ok(part) => has_proof(&part)?,
                Err(ApiError::PartFailed(_)) => false,
                Err(error) => {
                    self.read("waitpartialpay", &error)?;
                    continue;
                }
            };
            let part = part.0;
            let told = ReportedOutcome { part, n, is_paid };
            if !self.book().waited.contains(&told) {
                self.book().waited.push(told);
            }
            return Ok(is_paid);
        }
        bail!("A-11, a waiter was never told")
    }

    /// What an error says; any other than those of storage must not be.
    pub(super) fn read(&self, method: &str, error: &ApiError) -> Result<Changed> {
        self.book().error(format!("{method}: {error}"));
        self.errors.send_modify(|errors| *errors += 1);
        match error {
            ApiError::StorageUnavailable(_) => Ok(Changed::Nothing),
            ApiError::StorageUnknown(_)
            | ApiError::OpeningUnknown(_)
            | ApiError::ClosingUnknown(_)
            | ApiError::OrderGoesOn(_) => Ok(Changed::Perhaps),
            _ => bail!("{method} answered {error:?}"),
        }
    }

    /// An error in answer to a call with that key: whether from now on something may be stored under it.
    pub(super) fn told_no(
        &self,
        method: &str,
        key: &str,
        error: &ApiError,
        in_doubt: bool,
    ) -> Result<bool> {
        if self.read(method, error)? == Changed::Perhaps {
            self.book().unchanged.remove(key);
            return Ok(true);
        }
        if !in_doubt {
            self.book().unchanged.insert(key.to_owned());
            let is_lie = self.is_stored(key)?;
            ensure!(!is_lie, "A-14, told {error}, and {key} is stored");
        }
        Ok(in_doubt)
    }

    fn accepted(&self, key: Option<&str>, n: u64, part: PartId, amounts: (u64, u64)) -> Result<()> {
        let key = key.map(str::to_owned);
        let mut book = self.book();
        book.note(format!("{key:?} of payment {n} is part {part}"));
        let mut asked = book.asked.iter();
        let before = asked.find(|asked| (&asked.key, asked.n) == (&key, n));
        if let Some(before) = before {
            ensure!(before.part == part.0, "A-14, {key:?} was {before:?}");
            return Ok(());
        }
        book.acknowledged += 1;
        book.asked.push(Asked {
            key,
            n,
            amount: amounts.0,
            intended: amounts.1,
            part: part.0,
        });
        Ok(())
    }

    pub(super) fn is_stored(&self, key: &str) -> Result<bool> {
        let eyes = self.eyes();
        let mut read = eyes.prepare_cached(STORED_KEY)?;
        Ok(read.exists([key])?)
    }

    fn only_part_of(&self, n: u64) -> Result<PartId> {
        let sql = "select parts.id from parts join payments on payments.id = payment_id \
                   where payment_hash = ?";
        let id: i64 = self
            .eyes()
            .query_row(sql, [hash(n).0], |row| row.get(0))
            .context("told that it is under way, and it is not stored (A-3)")?;
        Ok(PartId(id.cast_unsigned()))
    }
}

fn has_proof(part: &PartialPayment) -> Result<bool> {
    let is_complete = part.status() == StatusKind::Complete && part.preimage().is_some();
    ensure!(is_complete, "A-6, an end without proof: {part:?}");
    Ok(true)
}

/// Long enough for every part to need new pages.
fn extras(n: u64) -> Extras {
    Extras {
        description: Some("a long story ".repeat(300)),
        secret: Some(secret(n)),
        ..Extras::default()
    }
}
