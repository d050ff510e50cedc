//! A partial payment: one HTLC attempt towards a payment.

use crate::{
    Failure, Msat, NodeId, NodeName, PartId, PaymentHash, Preimage, Resolution, Route, Timestamp,
};
use std::time::Duration;

/// What a block takes, on average.
const BLOCK: Duration = Duration::from_secs(10 * 60);

/// A partial payment: one row of `listpartialpayments`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartialPayment {
    /// Its number, and the key under which the node knows it.
    pub id: PartId,
    /// The payment it belongs to.
    pub payment_hash: PaymentHash,
    /// What that payment shall deliver in all (BOLT 4's `total_msat`).
    pub intended: Msat,
    /// The configured node that offers it.
    pub node: NodeName,
    /// Its way to the destination.
    pub route: Route,
    /// What the caller wrote beside it.
    pub description: Option<String>,
    /// The caller's own name for it.
    pub label: Option<String>,
    /// The height at which the HTLC of the first hop expires; not known of a part that was accepted
    /// while its node was away, or below the tip of the chain.
    pub cltv_expiry: Option<u32>,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When its outcome was stored.
    pub completed_at: Option<Timestamp>,
    /// Where it stands.
    pub status: PartStatus,
    /// Who ended it by hand, and why, if it stands where an operator has put it.
    pub resolution: Option<Resolution>,
}

/// A part as it is listed: with what is known of it at this moment and never stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListedPart {
    /// As it is stored.
    pub part: PartialPayment,
    /// What is in the way of knowing more of it, while it is live.
    pub doubt: Option<String>,
}

/// A part that is accepted, before storage has given it a number. It is pending.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewPart {
    /// The payment it belongs to.
    pub payment_hash: PaymentHash,
    /// What that payment shall deliver in all.
    pub intended: Msat,
    /// The configured node that offers it.
    pub node: NodeName,
    /// Its way to the destination.
    pub route: Route,
    /// What the caller wrote beside it.
    pub description: Option<String>,
    /// The caller's own name for it.
    pub label: Option<String>,
    /// The height at which the HTLC of the first hop expires, where the node told its height.
    pub cltv_expiry: Option<u32>,
    /// When it was accepted.
    pub created_at: Timestamp,
}

impl NewPart {
    /// What its last hop receives.
    pub fn amount(&self) -> Msat {
        self.route.amount()
    }

    /// What leaves our node.
    pub fn amount_sent(&self) -> Msat {
        self.route.amount_sent()
    }

    /// The part of that number.
    pub fn numbered(self, id: PartId) -> PartialPayment {
        PartialPayment {
            id,
            payment_hash: self.payment_hash,
            intended: self.intended,
            node: self.node,
            route: self.route,
            description: self.description,
            label: self.label,
            cltv_expiry: self.cltv_expiry,
            created_at: self.created_at,
            completed_at: None,
            status: PartStatus::Pending,
            resolution: None,
        }
    }
}

/// Where a part stands. Pending is live: its money may be out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PartStatus {
    /// No outcome yet.
    Pending,
    /// The payee took it, and this proves it.
    Complete(Preimage),
    /// Its money is back, or never left.
    Failed(Box<Failure>),
}

/// [`PartStatus`] and [`PaymentStatus`] without what goes with them.
///
/// [`PaymentStatus`]: crate::PaymentStatus
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum StatusKind {
    /// Not final.
    Pending,
    /// Paid.
    Complete,
    /// Not paid.
    Failed,
}

/// A payment has the same three states as its parts.
pub type PaymentStatus = StatusKind;

impl StatusKind {
    /// The word in the RPC.
    pub fn as_str(self) -> &'static str {
        match self {
            StatusKind::Pending => "pending",
            StatusKind::Complete => "complete",
            StatusKind::Failed => "failed",
        }
    }
}

/// None of `pending`, `complete`, `failed`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("should be pending, complete or failed")]
pub struct NotStatus;

impl std::str::FromStr for StatusKind {
    type Err = NotStatus;
    fn from_str(text: &str) -> Result<Self, NotStatus> {
        match text {
            "pending" => Ok(StatusKind::Pending),
            "complete" => Ok(StatusKind::Complete),
            "failed" => Ok(StatusKind::Failed),
            _ => Err(NotStatus),
        }
    }
}

impl PartStatus {
    /// Without what goes with it.
    pub fn kind(&self) -> StatusKind {
        match self {
            PartStatus::Pending => StatusKind::Pending,
            PartStatus::Complete(_) => StatusKind::Complete,
            PartStatus::Failed(_) => StatusKind::Failed,
        }
    }
}

impl PartialPayment {
    /// The state's name.
    pub fn status(&self) -> StatusKind {
        self.status.kind()
    }

    /// The height at which a live part expires: from then on its node can take its money back, if it
    /// has not been paid.
    pub fn deadline_height(&self) -> Option<u32> {
        self.cltv_expiry.filter(|_| self.is_live())
    }

    /// When about that height comes, as it looked when the part was accepted.
    pub fn deadline(&self) -> Option<Timestamp> {
        let in_time = BLOCK.saturating_mul(self.route.first().delay);
        self.deadline_height()
            .map(|_| self.created_at.after(in_time))
    }

    /// Whether its money may still be out.
    pub fn is_live(&self) -> bool {
        self.status() == StatusKind::Pending
    }

    /// What its last hop receives.
    pub fn amount(&self) -> Msat {
        self.route.amount()
    }

    /// What leaves our node.
    pub fn amount_sent(&self) -> Msat {
        self.route.amount_sent()
    }

    /// The node that is paid.
    pub fn destination(&self) -> NodeId {
        self.route.destination()
    }

    /// The proof, once there is one.
    pub fn preimage(&self) -> Option<&Preimage> {
        match &self.status {
            PartStatus::Complete(preimage) => Some(preimage),
            PartStatus::Pending | PartStatus::Failed(_) => None,
        }
    }

    /// The failure, if it failed.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.status {
            PartStatus::Failed(failure) => Some(failure),
            PartStatus::Pending | PartStatus::Complete(_) => None,
        }
    }

    /// It stands there now, by the node's word or by an operator's.
    pub(crate) fn end(&mut self, status: PartStatus, by: Option<Resolution>, at: Timestamp) {
        self.status = status;
        self.resolution = by;
        self.completed_at = Some(at);
    }

    /// The part as it was when it was accepted: what a repeated request is answered (rule A-14).
    pub fn as_accepted(&self) -> PartialPayment {
        PartialPayment {
            completed_at: None,
            status: PartStatus::Pending,
            resolution: None,
            ..self.clone()
        }
    }
}
