//! A row of the history.

use super::order::WhyRow;
use super::{FailureRow, ResolutionRow, damaged};
use crate::codes;
use crate::fields::{payment_hash, time, unsigned};
use crate::schema::{events, incoming_payments, payments};
use diesel::prelude::*;
use domain::{Event, EventKind, Listed, PartId};

#[derive(Queryable, Selectable)]
#[diesel(table_name = events)]
pub(crate) struct EventRow {
    seq: i64,
    part_id: Option<i64>,
    kind: i64,
    payment_status: i64,
    part_status: Option<i64>,
    at: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = payments)]
pub(crate) struct Whose {
    payment_hash: Vec<u8>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = incoming_payments)]
pub(crate) struct WhoseIncoming {
    payment_hash: Vec<u8>,
}

/// An event with what is joined to it, which a damaged database may lack.
#[derive(Queryable, Selectable)]
#[diesel(table_name = events)]
pub(crate) struct StoredEvent {
    #[diesel(embed)]
    event: EventRow,
    #[diesel(embed)]
    whose: Option<Whose>,
    #[diesel(embed)]
    incoming: Option<WhoseIncoming>,
    #[diesel(embed)]
    failure: Option<FailureRow>,
    #[diesel(embed)]
    resolution: Option<ResolutionRow>,
    #[diesel(embed)]
    order: Option<WhyRow>,
}

impl StoredEvent {
    /// A row of a list.
    pub(crate) fn into_listed(self) -> Listed<Event> {
        let seq = self.event.seq;
        let hash = self.hash().and_then(|hash| payment_hash(hash).ok());
        match self.into_domain() {
            Ok(event) => Listed::Sound(event),
            Err(reason) => damaged(seq, hash, reason),
        }
    }

    /// A number belongs to one payment of the two tables.
    fn hash(&self) -> Option<&[u8]> {
        let incoming = || self.incoming.as_ref().map(|whose| &*whose.payment_hash);
        let outgoing = self.whose.as_ref().map(|whose| &*whose.payment_hash);
        outgoing.or_else(incoming)
    }

    fn into_domain(self) -> Result<Event, String> {
        let hash = self.hash().ok_or("A-9: its payment is missing")?;
        let hash = payment_hash(hash)?;
        let StoredEvent {
            event,
            failure,
            resolution,
            order,
            ..
        } = self;
        let order_closed = order.map(WhyRow::into_domain).transpose()?.flatten();
        let part = event.part_id.map(|id| unsigned(id, "part_id").map(PartId));
        let status = |status: i64| {
            let known = codes::status(status);
            known.ok_or_else(|| format!("status {status} is not known"))
        };
        let kind = codes::event(event.kind);
        let kind = kind.ok_or_else(|| format!("event {} is not known", event.kind))?;
        let failure = match (kind, failure) {
            (EventKind::PartFailed | EventKind::PartResolved, Some(failure)) => {
                failure.into_domain()?.map(Box::new)
            }
            _ => None,
        };
        let resolution = resolution.map(ResolutionRow::into_domain).transpose()?;
        if (kind == EventKind::PartResolved) != resolution.is_some() {
            return Err("A-5: a part ended by hand without who, or with".to_owned());
        }
        Ok(Event {
            seq: unsigned(event.seq, "seq")?,
            kind,
            at: time(event.at, "at")?,
            payment_hash: hash,
            payment_status: status(event.payment_status)?,
            part: part.transpose()?,
            part_status: event.part_status.map(status).transpose()?,
            failure,
            resolution,
            order_closed,
        })
    }
}
