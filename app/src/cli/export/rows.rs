//! A row of `listpayments`, read for the books.

use super::time;
use anyhow::{Context, bail, ensure};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

/// A row.
pub(super) enum Row<'a> {
    Payment(Box<Payment<'a>>),
    Damaged(Damaged<'a>),
}

/// A payment, either way. Amounts are in millisatoshi; those that a row does not tell are `None`.
#[derive(Clone, Debug)]
pub(super) struct Payment<'a> {
    pub(super) id: u64,
    pub(super) direction: Way,
    pub(super) status: Status,
    pub(super) created_at: Timestamp,
    pub(super) completed_at: Option<Timestamp>,
    pub(super) hash: String,
    pub(super) destination: Option<String>,
    /// The configured node, where the row names one.
    pub(super) node: Option<String>,
    /// What was asked for.
    pub(super) requested: Option<u64>,
    pub(super) moved: Moved,
    pub(super) parts: Option<u64>,
    pub(super) label: Option<String>,
    /// What was written beside it, or what its invoice says.
    pub(super) description: Option<String>,
    /// The invoice, of BOLT 11 or 12.
    pub(super) invoice: Option<String>,
    pub(super) preimage: Option<String>,
    /// What of it we paid to ourselves, if anything.
    pub(super) own: Option<Own>,
    /// Which of its parts an operator ended, who did and why.
    pub(super) by_hand: Option<String>,
    /// Why it is in quarantine, if it is.
    pub(super) warning: Option<String>,
    /// Whether the row says what its delivery cost.
    pub(super) tells_fee: bool,
    /// The row as it came.
    pub(super) json: &'a RawValue,
}

/// A row that breaks a rule: all that the daemon says of it.
#[derive(Clone, Debug)]
pub(super) struct Damaged<'a> {
    pub(super) id: u64,
    pub(super) hash: Option<String>,
    pub(super) warning: String,
    /// The row as it came.
    pub(super) json: &'a RawValue,
}

/// Which way the money goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Way {
    #[default]
    Outgoing,
    Incoming,
}

/// How a payment stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    Pending,
    Complete,
    Failed,
}

/// What we paid to ourselves: one payment, in two rows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Own {
    /// The other row.
    pub(super) row: u64,
    /// How much, in millisatoshi, once that is known.
    pub(super) msat: Option<u64>,
    /// Outgoing: what left which node, fees included.
    pub(super) from: Vec<(String, u64)>,
    /// Outgoing: what came in at which node.
    pub(super) to: Vec<(String, u64)>,
}

/// What has moved, in millisatoshi.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Moved {
    /// Nothing that could be booked: what is pending may still come back. The amounts are the row's.
    Unsettled {
        delivered: Option<u64>,
        sent: Option<u64>,
    },
    /// Left our node, and arrived; never more than that. The difference is the fee.
    Paid { sent: u64, delivered: u64 },
    /// Came in.
    Received(u64),
}

/// The fields that are read. Fields that come later are no error.
#[derive(Deserialize)]
struct Fields {
    id: u64,
    payment_hash: Option<String>,
    #[serde(default)]
    direction: Way,
    status: Option<Status>,
    created_at: Option<u64>,
    completed_at: Option<u64>,
    destination: Option<String>,
    node: Option<String>,
    amount_msat: Option<u64>,
    amount_sent_msat: Option<u64>,
    amount_received_msat: Option<u64>,
    delivered_msat: Option<u64>,
    number_of_parts: Option<u64>,
    pending_parts: Option<u64>,
    fee_msat: Option<u64>,
    label: Option<String>,
    description: Option<String>,
    invoice_description: Option<String>,
    bolt11: Option<String>,
    bolt12: Option<String>,
    payment_preimage: Option<String>,
    self_payment: Option<u64>,
    self_msat: Option<u64>,
    #[serde(default)]
    self_from: Vec<From>,
    #[serde(default)]
    self_to: Vec<To>,
    #[serde(default)]
    resolutions: Vec<PartResolution>,
    warning_quarantined: Option<String>,
}

#[derive(Deserialize)]
struct PartResolution {
    id: u64,
    who: String,
    why: String,
}

#[derive(Deserialize)]
struct From {
    node: String,
    amount_sent_msat: u64,
}

#[derive(Deserialize)]
struct To {
    node: String,
    amount_msat: u64,
}

impl<'a> Row<'a> {
    /// Reads a row. One that makes no sense is an error: whoever left it out of the books would not
    /// know what is missing there.
    pub(super) fn read(json: &'a RawValue) -> anyhow::Result<Row<'a>> {
        let fields: Fields = serde_json::from_str(json.get())?;
        let id = fields.id;
        let read = match (fields.status, fields.warning_quarantined.clone()) {
            (None, Some(warning)) => Ok(Row::Damaged(Damaged {
                id,
                hash: fields.payment_hash,
                warning,
                json,
            })),
            (None, None) => bail!("payment {id} has no status"),
            (Some(status), _) => Payment::read(fields, status, json),
        };
        read.with_context(|| format!("payment {id}"))
    }
}

fn by_hand(resolutions: &[PartResolution]) -> Option<String> {
    let told = resolutions.iter().map(|by| {
        let PartResolution { id, who, why } = by;
        format!("part {id} by {who}: {why}")
    });
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| told.join("; "))
}

impl<'a> Payment<'a> {
    fn read(mut fields: Fields, status: Status, json: &'a RawValue) -> anyhow::Result<Row<'a>> {
        let moved = fields.moved(status)?;
        let own = fields.own(moved)?;
        let created_at = fields.created_at.context("no created_at")?;
        let known = |seconds| time::of_row(seconds).context("a time that is in no calendar");
        let payment = Payment {
            id: fields.id,
            direction: fields.direction,
            status,
            created_at: known(created_at)?,
            completed_at: fields.completed_at.map(known).transpose()?,
            hash: fields.payment_hash.context("no payment_hash")?,
            destination: fields.destination,
            node: fields.node,
            requested: fields.amount_msat,
            moved,
            parts: fields.number_of_parts,
            label: fields.label,
            description: fields.description.or(fields.invoice_description),
            invoice: fields.bolt11.or(fields.bolt12),
            own,
            preimage: fields.payment_preimage,
            by_hand: by_hand(&fields.resolutions),
            warning: fields.warning_quarantined,
            tells_fee: fields.fee_msat.is_some(),
            json,
        };
        if status == Status::Complete && payment.completed_at.is_none() {
            bail!("complete without completed_at");
        }
        Ok(Row::Payment(Box::new(payment)))
    }

    /// The time that it is filtered by: its end, or its beginning while it is pending.
    pub(super) fn at(&self) -> Timestamp {
        match self.status {
            Status::Pending => self.created_at,
            Status::Complete | Status::Failed => self.completed_at.unwrap_or(self.created_at),
        }
    }

    /// What others were paid, or what they paid, in millisatoshi: `None` as long as that is not known.
    pub(super) fn with_others(&self) -> Option<u64> {
        let all = match self.moved {
            Moved::Unsettled { .. } => return None,
            Moved::Paid { delivered, .. } => delivered,
            Moved::Received(received) => received,
        };
        match &self.own {
            None => Some(all),
            Some(own) => all.checked_sub(own.msat?),
        }
    }

    /// What its delivery cost, in millisatoshi, once that is known.
    pub(super) fn fee(&self) -> Option<u64> {
        match self.moved {
            Moved::Paid { sent, delivered } => Some(sent - delivered),
            Moved::Unsettled { .. } | Moved::Received(_) => None,
        }
    }
}

impl Fields {
    fn moved(&self, status: Status) -> anyhow::Result<Moved> {
        let (delivered, sent) = (self.delivered_msat, self.amount_sent_msat);
        let is_settled = status == Status::Complete && self.pending_parts.unwrap_or(0) == 0;
        match self.direction {
            Way::Incoming if is_settled => {
                let received = self.amount_received_msat;
                let received = received.context("complete without amount_received_msat")?;
                Ok(Moved::Received(received))
            }
            Way::Outgoing if is_settled => {
                let delivered = delivered.context("complete without delivered_msat")?;
                let sent = sent.context("complete without amount_sent_msat")?;
                if delivered > sent {
                    bail!("more was delivered than sent");
                }
                Ok(Moved::Paid { sent, delivered })
            }
            // What was sent counts the pending parts, so that nobody can say what of it is a fee.
            Way::Incoming | Way::Outgoing => Ok(Moved::Unsettled { delivered, sent }),
        }
    }
}

impl Fields {
    /// What of it we paid to ourselves. What does not add up would be money that the books make or lose.
    fn own(&mut self, moved: Moved) -> anyhow::Result<Option<Own>> {
        let Some(row) = self.self_payment else {
            return Ok(None);
        };
        let from = self.self_from.drain(..);
        let to = self.self_to.drain(..);
        let own = Own {
            row,
            msat: self.self_msat,
            from: from
                .map(|from| (from.node, from.amount_sent_msat))
                .collect(),
            to: to.map(|to| (to.node, to.amount_msat)).collect(),
        };
        let Some(msat) = own.msat else {
            return Ok(Some(own));
        };
        let adds_up = match moved {
            Moved::Unsettled { .. } => false,
            Moved::Received(received) => msat <= received,
            Moved::Paid { sent, delivered } => {
                msat <= delivered && sum(&own.from) == Some(sent) && sum(&own.to) == Some(msat)
            }
        };
        ensure!(adds_up, "what was paid to ourselves does not add up");
        Ok(Some(own))
    }
}

fn sum(amounts: &[(String, u64)]) -> Option<u64> {
    let mut amounts = amounts.iter();
    amounts.try_fold(0_u64, |sum, (_, msat)| sum.checked_add(*msat))
}

impl Way {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Way::Outgoing => "outgoing",
            Way::Incoming => "incoming",
        }
    }
}

impl Status {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Status::Pending => "pending",
            Status::Complete => "complete",
            Status::Failed => "failed",
        }
    }
}
