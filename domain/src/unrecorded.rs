//! Parts that nodes know under our own keys and that are not in the database: it is older than its nodes,
//! because a copy was put back, or the parts were deleted.

use crate::{Msat, NodeName, PartId, PaymentHash, Resolution, Timestamp};
use std::fmt;

/// A part that a node was offered under a key of ours, as the node knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownPart {
    /// The key, with the hash.
    pub part: PartId,
    /// The payment.
    pub payment_hash: PaymentHash,
    /// What left the node, fees included, where it can tell.
    pub amount_sent: Option<Msat>,
    /// What became of it.
    pub fate: KnownFate,
}

/// What a node knows of a part that it was offered.
#[derive(Clone, PartialEq, Eq)]
pub enum KnownFate {
    /// It is out, or on its way: an outcome will come.
    Pending,
    /// It was fulfilled, with what should be the preimage.
    Fulfilled([u8; 32]),
    /// It failed.
    Failed,
    /// It was offered, and the node cannot tell any more what became of it.
    Lost,
}

/// A part that a node knows and that is not stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnrecordedPart {
    /// The node.
    pub node: NodeName,
    /// The part's number there.
    pub part: PartId,
    /// The payment.
    pub payment_hash: PaymentHash,
    /// What left the node, fees included, where it could tell.
    pub amount_sent: Option<Msat>,
    /// What became of it, as far as is known.
    pub fate: UnrecordedFate,
    /// When it was noticed, or last heard of.
    pub noticed_at: Timestamp,
    /// Who ended it by hand, and why.
    pub resolution: Option<Resolution>,
}

/// What became of a part that is not stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UnrecordedFate {
    /// It may be out: nothing new is sent towards its payment.
    Pending,
    /// It was fulfilled, and the preimage was a proof: its payment is refused, or quarantined.
    Fulfilled,
    /// Its money is back.
    Failed,
    /// Nobody can tell: nothing new is sent towards its payment.
    Lost,
}

/// How many parts there are that are not stored, by what became of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct UnrecordedCounts {
    /// May be out.
    pub pending: u64,
    /// Were fulfilled.
    pub fulfilled: u64,
    /// Failed.
    pub failed: u64,
    /// Of which nobody can tell.
    pub lost: u64,
}

/// A node that has not been asked yet which parts it knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unasked {
    /// The node.
    pub node: NodeName,
    /// It is to be asked for every part with a larger number.
    pub after: PartId,
    /// Whether other nodes have shown that the database is older than they are: then nothing new is sent
    /// before this one has been asked.
    pub is_restored: bool,
}

/// What asking the nodes has come to: stored in one commit.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settlement {
    /// No number of a part up to this one is given out from now on (rule A-4).
    pub passed: PartId,
    /// Nodes that have been asked.
    pub asked: Vec<NodeName>,
    /// Nodes that have not.
    pub unasked: Vec<Unasked>,
}

impl UnrecordedFate {
    /// Every one of them.
    pub const ALL: [UnrecordedFate; 4] = [
        UnrecordedFate::Pending,
        UnrecordedFate::Fulfilled,
        UnrecordedFate::Failed,
        UnrecordedFate::Lost,
    ];

    /// The word in the RPC.
    pub fn as_str(self) -> &'static str {
        match self {
            UnrecordedFate::Pending => "pending",
            UnrecordedFate::Fulfilled => "complete",
            UnrecordedFate::Failed => "failed",
            UnrecordedFate::Lost => "unknown",
        }
    }

    /// Whether its money may be out.
    pub fn is_open(self) -> bool {
        match self {
            UnrecordedFate::Pending | UnrecordedFate::Lost => true,
            UnrecordedFate::Fulfilled | UnrecordedFate::Failed => false,
        }
    }

    /// What is believed after this was heard. A proof goes before everything (rule A-7), and what has ended
    /// does not begin anew.
    #[must_use]
    pub fn then(self, heard: UnrecordedFate) -> UnrecordedFate {
        match (self, heard) {
            (UnrecordedFate::Fulfilled, _) | (_, UnrecordedFate::Fulfilled) => {
                UnrecordedFate::Fulfilled
            }
            (UnrecordedFate::Failed, _) => UnrecordedFate::Failed,
            (UnrecordedFate::Pending | UnrecordedFate::Lost, heard) => heard,
        }
    }
}

impl UnrecordedCounts {
    /// How many there are.
    pub fn all(self) -> u64 {
        self.pending + self.fulfilled + self.failed + self.lost
    }

    /// How many may be out.
    pub fn open(self) -> u64 {
        self.pending + self.lost
    }

    /// The count of those.
    pub fn of(&mut self, fate: UnrecordedFate) -> &mut u64 {
        match fate {
            UnrecordedFate::Pending => &mut self.pending,
            UnrecordedFate::Fulfilled => &mut self.fulfilled,
            UnrecordedFate::Failed => &mut self.failed,
            UnrecordedFate::Lost => &mut self.lost,
        }
    }
}

/// What it is, what it means, and what follows: for people.
impl fmt::Display for UnrecordedPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (node, part, hash) = (&self.node, self.part, self.payment_hash);
        write!(
            f,
            "node {node} knows part {part} of payment {hash}, which is not in the database: it "
        )?;
        f.write_str(match self.fate {
            UnrecordedFate::Pending => "may be out",
            UnrecordedFate::Fulfilled => "was fulfilled",
            UnrecordedFate::Failed => "failed, and its money is back",
            UnrecordedFate::Lost => "was offered, and the node cannot tell any more how it ended",
        })?;
        if let Some(amount) = self.amount_sent {
            write!(f, " ({amount} msat)")?;
        }
        f.write_str(
            "; the database is older than the node (was a copy put back?), or the part was deleted",
        )?;
        f.write_str(match self.fate {
            UnrecordedFate::Pending => {
                "; nothing new is sent towards this payment before it has ended"
            }
            UnrecordedFate::Fulfilled => "; nothing new is sent towards this payment (A-10)",
            UnrecordedFate::Failed => "",
            UnrecordedFate::Lost => {
                "; nothing new is sent towards this payment before an operator says how it ended \
                 (resolvepart)"
            }
        })
    }
}

/// Without the preimage.
impl fmt::Debug for KnownFate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            KnownFate::Pending => "Pending",
            KnownFate::Fulfilled(_) => "Fulfilled([redacted preimage])",
            KnownFate::Failed => "Failed",
            KnownFate::Lost => "Lost",
        })
    }
}
