//! Row → domain. Nothing that is read is believed: whatever no row of ours can hold is damage, of
//! that payment or part alone.

mod event;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod incoming;
mod order;
mod unrecorded;

pub(crate) use event::StoredEvent;
pub(crate) use incoming::{count_incoming, incoming, incoming_cursor};
pub(crate) use order::OrderRow;
pub(crate) use unrecorded::{count_unrecorded, last_part, unasked, unrecorded};

use crate::codes;
use crate::fields::{
    RawText, count, msat, node_id, optional_array, optional_count, optional_time, payment_hash,
    proof, text, time, unsigned,
};
use crate::route_codec;
use crate::schema::{nodes, parts, payments, resolutions};
use diesel::prelude::*;
use domain::invariant::stored;
use domain::{
    Damaged, Failure, FailureCode, InvoiceTerms, Listed, Network, NodeName, OrderLimits, PartId,
    PartStatus, PartialPayment, PaymentHash, PaymentId, PaymentMetadata, PaymentSecret,
    PaymentSummary, Resolution, ShortChannelId, StatusKind, Tally, Terms,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = payments)]
pub(crate) struct PaymentRow {
    pub(crate) id: i64,
    payment_hash: Vec<u8>,
    direction: i64,
    status: i64,
    intended_msat: i64,
    requested_msat: i64,
    destination: Vec<u8>,
    payment_secret: Option<Vec<u8>>,
    payment_metadata: Option<Vec<u8>>,
    payment_preimage: Option<Vec<u8>>,
    parts: i64,
    live_parts: i64,
    in_flight_msat: i64,
    delivered_msat: i64,
    sent_msat: i64,
    created_at: i64,
    completed_at: Option<i64>,
    version: i64,
    quarantine: Option<RawText>,
    description: Option<RawText>,
    label: Option<RawText>,
    bolt11: Option<RawText>,
    invoice_description: Option<RawText>,
    #[diesel(embed)]
    invoice: InvoiceRow,
    #[diesel(embed)]
    order: LimitsRow,
}

/// The limits of the payment's open order: all of them, or none.
#[derive(Default, Queryable, Selectable)]
#[diesel(table_name = payments)]
pub(crate) struct LimitsRow {
    order_deadline: Option<i64>,
    deliver_msat: Option<i64>,
    max_fee_msat: Option<i64>,
}

/// What the payment's invoice demands of every part: all of it, or nothing.
#[derive(Queryable, Selectable)]
#[diesel(table_name = payments)]
pub(crate) struct InvoiceRow {
    invoice_network: Option<RawText>,
    invoice_expires_at: Option<i64>,
    min_final_cltv_expiry: Option<i64>,
    basic_mpp: Option<i64>,
    description_hash: Option<Vec<u8>>,
}

/// What a part needs of its payment.
#[derive(Queryable, Selectable)]
#[diesel(table_name = payments)]
pub(crate) struct Owner {
    payment_hash: Vec<u8>,
    intended_msat: i64,
    destination: Vec<u8>,
    payment_preimage: Option<Vec<u8>>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = parts)]
pub(crate) struct PartRow {
    pub(crate) id: i64,
    status: i64,
    amount_msat: i64,
    amount_sent_msat: i64,
    cltv_expiry: Option<i64>,
    created_at: i64,
    completed_at: Option<i64>,
    route: Vec<u8>,
    description: Option<RawText>,
    label: Option<RawText>,
    #[diesel(embed)]
    failure: FailureRow,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = parts)]
pub(crate) struct FailureRow {
    failure_code: Option<i64>,
    failure_message: Option<RawText>,
    erring_index: Option<i64>,
    failcode: Option<i64>,
    erring_node: Option<Vec<u8>>,
    erring_channel: Option<i64>,
    onionreply: Option<Vec<u8>>,
    raw_message: Option<Vec<u8>>,
    elsewhere: Option<i64>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = nodes)]
pub(crate) struct NodeRow {
    name: RawText,
}

/// Who ended a part by hand, and how.
#[derive(Queryable, Selectable)]
#[diesel(table_name = resolutions)]
pub(crate) struct ResolutionRow {
    status: i64,
    who: RawText,
    why: RawText,
}

/// A part with what is joined to it, which a damaged database may lack.
#[derive(Queryable, Selectable)]
#[diesel(table_name = parts)]
pub(crate) struct StoredPart {
    #[diesel(embed)]
    part: PartRow,
    #[diesel(embed)]
    owner: Option<Owner>,
    #[diesel(embed)]
    node: Option<NodeRow>,
    #[diesel(embed)]
    resolution: Option<ResolutionRow>,
}

impl PaymentRow {
    /// What its parts need of it.
    pub(crate) fn as_owner(&self) -> Owner {
        Owner {
            payment_hash: self.payment_hash.clone(),
            intended_msat: self.intended_msat,
            destination: self.destination.clone(),
            payment_preimage: self.payment_preimage.clone(),
        }
    }

    /// A row of a list.
    pub(crate) fn into_listed(self) -> Listed<PaymentSummary> {
        let (id, hash) = (self.id, payment_hash(&self.payment_hash).ok());
        match self.into_domain() {
            Ok(summary) => Listed::Sound(summary),
            Err(reason) => damaged(id, hash, reason),
        }
    }

    /// The payment, or what is wrong with it.
    pub(crate) fn into_domain(self) -> Result<PaymentSummary, String> {
        let hash = payment_hash(&self.payment_hash)?;
        let status = codes::status(self.status);
        let status = status.ok_or_else(|| format!("status {} is not known", self.status))?;
        if self.direction != codes::OUTGOING {
            return Err(format!("direction {} is not known", self.direction));
        }
        let preimage = self.payment_preimage.as_deref();
        let preimage = preimage.map(|bytes| proof(hash, bytes)).transpose()?;
        let secret = optional_array(self.payment_secret.as_deref(), "payment_secret")?;
        let tally = Tally {
            parts: count(self.parts, "parts")?,
            live: count(self.live_parts, "live_parts")?,
            in_flight: msat(self.in_flight_msat, "in_flight_msat")?,
            delivered: msat(self.delivered_msat, "delivered_msat")?,
            sent: msat(self.sent_msat, "sent_msat")?,
        };
        let row = domain::PaymentRow {
            payment_hash: hash,
            terms: Terms {
                intended: msat(self.intended_msat, "intended_msat")?,
                requested: msat(self.requested_msat, "requested_msat")?,
                destination: node_id(&self.destination, "destination")?,
                secret: secret.map(PaymentSecret::new),
                metadata: self.payment_metadata.map(PaymentMetadata::new),
                invoice: self.invoice.into_domain()?,
            },
            description: text(self.description, "description")?,
            label: text(self.label, "label")?,
            bolt11: text(self.bolt11, "bolt11")?,
            invoice_description: text(self.invoice_description, "invoice_description")?,
            created_at: time(self.created_at, "created_at")?,
            completed_at: optional_time(self.completed_at, "completed_at")?,
            preimage,
            tally,
            order: self.order.into_domain()?,
            quarantine: text(self.quarantine, "quarantine")?,
            version: unsigned(self.version, "version")?,
        };
        stored::row(&row).map_err(|broken| broken.to_string())?;
        if row.status() == status {
            let id = PaymentId(unsigned(self.id, "id")?);
            Ok(PaymentSummary { id, row })
        } else {
            let (stored, is) = (status.as_str(), row.status().as_str());
            Err(format!("A-8: it is stored as {stored}, and is {is}"))
        }
    }
}

impl InvoiceRow {
    fn into_domain(self) -> Result<Option<InvoiceTerms>, String> {
        let hash = optional_array(self.description_hash.as_deref(), "description_hash")?;
        let terms = (
            self.invoice_network,
            self.invoice_expires_at,
            self.min_final_cltv_expiry,
            self.basic_mpp,
        );
        match terms {
            (None, None, None, None) if hash.is_none() => Ok(None),
            (Some(network), Some(expires_at), Some(delay), Some(basic_mpp @ (0 | 1))) => {
                let network = network.into_string("invoice_network")?;
                Ok(Some(InvoiceTerms {
                    network: Network::named(&network),
                    expires_at: time(expires_at, "invoice_expires_at")?,
                    min_final_cltv_expiry: count(delay, "min_final_cltv_expiry")?,
                    takes_parts: basic_mpp == 1,
                    description_hash: hash,
                }))
            }
            _ => Err("A-9: half of what an invoice demands".to_owned()),
        }
    }
}

impl LimitsRow {
    fn into_domain(self) -> Result<Option<OrderLimits>, String> {
        match (self.order_deadline, self.deliver_msat, self.max_fee_msat) {
            (None, None, None) => Ok(None),
            (Some(deadline), Some(deliver), Some(max_fee)) => Ok(Some(OrderLimits {
                deliver: msat(deliver, "deliver_msat")?,
                max_fee: msat(max_fee, "max_fee_msat")?,
                deadline: time(deadline, "order_deadline")?,
            })),
            _ => Err("B-5: half of an order's limits".to_owned()),
        }
    }
}

impl StoredPart {
    /// A row of a list.
    pub(crate) fn into_listed(self) -> Listed<PartialPayment> {
        let id = self.part.id;
        let Some(owner) = self.owner else {
            return damaged(id, None, "A-9: its payment is missing".to_owned());
        };
        let hash = payment_hash(&owner.payment_hash).ok();
        match self
            .part
            .into_domain(self.node.map(|node| node.name), self.resolution, &owner)
        {
            Ok(part) => Listed::Sound(part),
            Err(reason) => damaged(id, hash, reason),
        }
    }
}

impl PartRow {
    /// The part, or what is wrong with it.
    pub(crate) fn into_domain(
        self,
        node: Option<RawText>,
        resolution: Option<ResolutionRow>,
        owner: &Owner,
    ) -> Result<PartialPayment, String> {
        let payment_hash = payment_hash(&owner.payment_hash)?;
        let node = node.ok_or("its node is missing")?.into_string("its node")?;
        // What an operator said holds as long as nothing has beaten it.
        let resolution = resolution.filter(|by| by.status == self.status);
        let resolution = resolution.map(ResolutionRow::into_domain).transpose()?;
        let status = codes::status(self.status);
        let failure = self.failure.into_domain()?;
        let status = match (status, failure) {
            (Some(StatusKind::Pending), None) => PartStatus::Pending,
            (Some(StatusKind::Complete), None) => {
                let preimage = owner.payment_preimage.as_deref();
                let preimage = preimage.ok_or("A-6: it is complete without a proof")?;
                PartStatus::Complete(proof(payment_hash, preimage)?)
            }
            (Some(StatusKind::Failed), Some(failure)) => PartStatus::Failed(Box::new(failure)),
            (Some(_), _) => return Err("A-7: a failure that did not fail, or none".to_owned()),
            (None, _) => return Err(format!("status {} is not known", self.status)),
        };
        let route = route_codec::decode(&self.route).map_err(|error| format!("route: {error}"))?;
        if route.amount() != msat(self.amount_msat, "amount_msat")?
            || route.amount_sent() != msat(self.amount_sent_msat, "amount_sent_msat")?
            || route.destination() != node_id(&owner.destination, "destination")?
        {
            return Err("A-9: its route has other amounts, or another end".to_owned());
        }
        let part = PartialPayment {
            id: PartId(unsigned(self.id, "id")?),
            payment_hash,
            intended: msat(owner.intended_msat, "intended_msat")?,
            node: NodeName::new(node),
            route,
            description: text(self.description, "description")?,
            label: text(self.label, "label")?,
            cltv_expiry: optional_count(self.cltv_expiry, "cltv_expiry")?,
            created_at: time(self.created_at, "created_at")?,
            completed_at: optional_time(self.completed_at, "completed_at")?,
            status,
            resolution,
        };
        stored::part(&part).map_err(|broken| broken.to_string())?;
        Ok(part)
    }
}

impl ResolutionRow {
    pub(crate) fn into_domain(self) -> Result<Resolution, String> {
        Ok(Resolution {
            who: self.who.into_string("who ended it")?,
            why: self.why.into_string("why it was ended")?,
        })
    }
}

impl FailureRow {
    fn into_domain(self) -> Result<Option<Failure>, String> {
        let (code, message) = match (self.failure_code, self.failure_message) {
            (None, None) => return Ok(None),
            (Some(code), Some(message)) => (code, message),
            _ => return Err("A-7: half a failure".to_owned()),
        };
        let code = self.elsewhere.unwrap_or(code);
        let known = u16::try_from(code).ok().and_then(FailureCode::from_number);
        let failcode = self.failcode.map(u16::try_from).transpose();
        let erring_node = self.erring_node.as_deref();
        let erring_node = erring_node.map(|bytes| node_id(bytes, "erring_node"));
        Ok(Some(Failure {
            code: known.ok_or_else(|| format!("failure code {code} is not known"))?,
            message: message.into_string("failure_message")?,
            erring_index: optional_count(self.erring_index, "erring_index")?,
            failcode: failcode.map_err(|_| "failcode is out of range")?,
            erring_node: erring_node.transpose()?,
            erring_channel: self
                .erring_channel
                .map(|c| ShortChannelId(c.cast_unsigned())),
            onionreply: self.onionreply,
            raw_message: self.raw_message,
        }))
    }
}

fn damaged<T>(id: i64, payment_hash: Option<PaymentHash>, reason: String) -> Listed<T> {
    Listed::Damaged(Damaged {
        id: u64::try_from(id).unwrap_or(0),
        payment_hash,
        reason,
    })
}
