//! `listsendpays` and `delpay`.

use serde_json::{Value, json};

use super::error::{Answer, RpcError, code};
use super::params::Params;
use super::payment::{Payment, Status};
use super::state::State;
use super::wait::{Index, Subsystem};

/// `listsendpays`' parameters.
pub(crate) const LISTSENDPAYS: &str = "[bolt11] [payment_hash] [status] [index] [start] [limit]";

/// `delpay`'s parameters.
pub(crate) const DELPAY: &str = "payment_hash status [partid] [groupid]";

fn status_of(params: &Params<'_>) -> Result<Option<Status>, RpcError> {
    params
        .get("status")
        .map(|status| {
            let status = status.as_str().and_then(Status::from_name);
            status.ok_or_else(|| RpcError::bad_param("status", "should be an invoice status"))
        })
        .transpose()
}

fn payments<'a>(rows: impl IntoIterator<Item = &'a Payment>) -> Value {
    let rows: Vec<_> = rows
        .into_iter()
        .map(|row| Value::Object(row.fields()))
        .collect();
    json!({"payments": rows})
}

impl State {
    /// `listsendpays`. With a hash, `status`, `index` and `limit` are read and ignored.
    pub(crate) fn listsendpays(&self, params: &Params<'_>) -> Answer {
        let bolt11 = params.string("bolt11")?;
        let payment_hash = params.hex32("payment_hash")?;
        let status = status_of(params)?;
        let index = params
            .get("index")
            .map(|index| Index::of(index, "index"))
            .transpose()?;
        let start = params.u64("start")?.unwrap_or_default();
        let limit = params.u32("limit")?;
        if payment_hash.is_some() && bolt11.is_some() {
            return Err(RpcError::params(
                "Can only specify one of {bolt11} or {payment_hash}",
            ));
        }
        if start != 0 && index.is_none() {
            return Err(RpcError::params("Can only specify {start} with {index}"));
        }
        if limit.is_some() && index.is_none() {
            return Err(RpcError::params("Can only specify {limit} with {index}"));
        }
        if (payment_hash.is_some() || bolt11.is_some()) && start != 0 {
            return Err(RpcError::params(
                "Cannot use start with bolt11 or payment_hash",
            ));
        }
        let payment_hash = match bolt11 {
            Some(bolt11) => Some(self.hash_of(&bolt11)?),
            None => payment_hash,
        };
        if let Some(payment_hash) = payment_hash {
            return Ok(payments(self.db.rows(&payment_hash)));
        }
        Ok(payments(self.page(
            status,
            index,
            start,
            limit.unwrap_or(u32::MAX),
        )))
    }

    fn page(
        &self,
        status: Option<Status>,
        index: Option<Index>,
        start: u64,
        limit: u32,
    ) -> Vec<&Payment> {
        let by = |row: &Payment| match index {
            Some(Index::Updated) => row.updated_index,
            _ => row.id,
        };
        let rows = self.db.payments.values();
        let mut rows: Vec<_> = rows
            .filter(|row| by(row) >= start)
            .filter(|row| status.is_none_or(|status| status == row.status))
            .collect();
        rows.sort_by_key(|row| by(row));
        rows.truncate(usize::try_from(limit).expect("a wide machine"));
        rows
    }

    /// The fake reads no invoices; it knows those that came with a part.
    fn hash_of(&self, bolt11: &str) -> Result<String, RpcError> {
        let mut rows = self.db.payments.values();
        rows.find(|row| row.notes.invstring.as_deref() == Some(bolt11))
            .map(|row| row.payment_hash.clone())
            .ok_or_else(|| RpcError::params("Invalid invstring: Bad bech32 string"))
    }

    /// `delpay`.
    pub(crate) fn delpay(&mut self, params: &Params<'_>) -> Answer {
        let payment_hash = params.hex32("payment_hash")?.unwrap_or_default();
        let status = match status_of(params)? {
            Some(Status::Pending) | None => {
                return Err(RpcError::bad_param(
                    "status",
                    "Cannot delete pending status",
                ));
            }
            Some(status) => status,
        };
        let part = match (params.u64("partid")?, params.u64("groupid")?) {
            (Some(partid), Some(groupid)) => Some((partid, groupid)),
            (None, None) => None,
            _ => {
                let text = "Must set both partid and groupid, or neither";
                return Err(RpcError::params(text));
            }
        };
        let doomed = self.doomed(&payment_hash, status, part)?;
        for row in &doomed {
            self.db.payments.remove(&row.id);
            // Without a part lightningd forgets to count what it deletes.
            if part.is_some() {
                let details = Self::part_details(row, status);
                self.bump(Subsystem::Sendpays, Index::Deleted, 1, &details);
            }
        }
        Ok(payments(&doomed))
    }

    fn doomed(
        &self,
        payment_hash: &str,
        status: Status,
        part: Option<(u64, u64)>,
    ) -> Result<Vec<Payment>, RpcError> {
        let none = |text: String| RpcError::new(code::NO_SUCH_PAYMENT, text);
        if self.db.rows(payment_hash).next().is_none() {
            return Err(none(format!(
                "Unknown payment with payment_hash: {payment_hash}"
            )));
        }
        let meant = self
            .db
            .rows(payment_hash)
            .filter(|row| part.is_none_or(|part| part == (row.partid, row.groupid)));
        let (doomed, other): (Vec<_>, Vec<_>) =
            meant.cloned().partition(|row| row.status == status);
        match (doomed.is_empty(), other.last()) {
            (false, _) => Ok(doomed),
            (true, Some(row)) => Err(none(format!(
                "Payment with hash {payment_hash} has {} status but it different from the one \
                 provided {}",
                row.status.name(),
                status.name()
            ))),
            (true, None) => {
                let text = "No payment for that payment_hash with that partid and groupid";
                Err(none(text.to_owned()))
            }
        }
    }

    /// Autoclean: the rows of a hash that are not pending are deleted, and counted.
    pub(crate) fn autoclean(&mut self, payment_hash: &str) {
        let done = |row: &&Payment| row.status != Status::Pending;
        let rows: Vec<_> = self.db.rows(payment_hash).filter(done).cloned().collect();
        for row in rows {
            self.db.payments.remove(&row.id);
            let details = Self::part_details(&row, row.status);
            self.bump(Subsystem::Sendpays, Index::Deleted, 1, &details);
        }
    }
}
