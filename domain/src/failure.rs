//! Why a part failed: Core Lightning's code, and what BOLT 4 lets the payer know.

use crate::{NodeId, ShortChannelId};

/// How the message of a part that never left begins.
const NEVER_SENT: &str = "never sent";

/// Core Lightning's number for a failed attempt.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FailureCode {
    /// 200: not sent, because somebody else's payment of the same hash is under way at the node.
    InProgressElsewhere,
    /// 201: not sent, because somebody else has paid the same hash from the node.
    PaidElsewhere,
    /// 202: the failure that came back could not be read.
    UnparseableOnion,
    /// 203: the destination refuses for good.
    DestinationPermanent,
    /// 204: another route may work.
    TryOtherRoute,
    /// 209: no reason is known.
    Unspecified,
}

impl FailureCode {
    /// Each code with its number.
    pub const ALL: [(FailureCode, u16); 6] = [
        (FailureCode::InProgressElsewhere, 200),
        (FailureCode::PaidElsewhere, 201),
        (FailureCode::UnparseableOnion, 202),
        (FailureCode::DestinationPermanent, 203),
        (FailureCode::TryOtherRoute, 204),
        (FailureCode::Unspecified, 209),
    ];

    /// Core Lightning's number.
    pub fn number(self) -> u16 {
        match self {
            FailureCode::InProgressElsewhere => 200,
            FailureCode::PaidElsewhere => 201,
            FailureCode::UnparseableOnion => 202,
            FailureCode::DestinationPermanent => 203,
            FailureCode::TryOtherRoute => 204,
            FailureCode::Unspecified => 209,
        }
    }

    /// The code of that number, if it is one of them.
    pub fn from_number(number: u16) -> Option<FailureCode> {
        let mut all = FailureCode::ALL.into_iter();
        all.find_map(|(code, n)| (n == number).then_some(code))
    }
}

/// Everything known of a failed part; the same whether it is waited for, listed or streamed.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Failure {
    /// One of [`FailureCode::ALL`].
    pub code: FailureCode,
    /// For people, in c-lightning's form: `failed: NAME (detail)`.
    pub message: String,
    /// Which node of the route failed it: 0 is ours, 1 the first hop's.
    pub erring_index: Option<u32>,
    /// BOLT 4's failure code.
    pub failcode: Option<u16>,
    /// The node that failed it.
    pub erring_node: Option<NodeId>,
    /// The channel that it could not go on over.
    pub erring_channel: Option<ShortChannelId>,
    /// The onion that came back, when it could not be read.
    pub onionreply: Option<Vec<u8>>,
    /// BOLT 4's failure message as it came.
    pub raw_message: Option<Vec<u8>>,
}

impl Failure {
    /// A failure of which only the code and the words are known.
    pub fn plain(code: FailureCode, message: impl Into<String>) -> Failure {
        Failure {
            code,
            message: message.into(),
            erring_index: None,
            failcode: None,
            erring_node: None,
            erring_channel: None,
            onionreply: None,
            raw_message: None,
        }
    }

    /// The failure of a part that never left its node, and never will.
    pub fn never_sent(reason: impl std::fmt::Display) -> Failure {
        Failure::plain(
            FailureCode::TryOtherRoute,
            format!("{NEVER_SENT}: {reason}"),
        )
    }

    /// Whether the part never left its node.
    pub fn is_never_sent(&self) -> bool {
        self.message.starts_with(NEVER_SENT)
    }

    /// BOLT 4's name of the failure code, as c-lightning writes it.
    pub fn failcodename(&self) -> Option<&'static str> {
        self.failcode.and_then(bolt4_name)
    }
}

/// BOLT 4's bit for "for good".
pub const PERM: u16 = 0x4000;
const BADONION: u16 = 0x8000;
const NODE: u16 = 0x2000;
const UPDATE: u16 = 0x1000;

/// BOLT 4's name of a failure code, as c-lightning writes it.
pub fn bolt4_name(failcode: u16) -> Option<&'static str> {
    const NAMES: [(u16, &str); 24] = [
        (NODE | 2, "WIRE_TEMPORARY_NODE_FAILURE"),
        (PERM | NODE | 2, "WIRE_PERMANENT_NODE_FAILURE"),
        (PERM | NODE | 3, "WIRE_REQUIRED_NODE_FEATURE_MISSING"),
        (BADONION | PERM | 4, "WIRE_INVALID_ONION_VERSION"),
        (BADONION | PERM | 5, "WIRE_INVALID_ONION_HMAC"),
        (BADONION | PERM | 6, "WIRE_INVALID_ONION_KEY"),
        (UPDATE | 7, "WIRE_TEMPORARY_CHANNEL_FAILURE"),
        (PERM | 8, "WIRE_PERMANENT_CHANNEL_FAILURE"),
        (PERM | 9, "WIRE_REQUIRED_CHANNEL_FEATURE_MISSING"),
        (PERM | 10, "WIRE_UNKNOWN_NEXT_PEER"),
        (UPDATE | 11, "WIRE_AMOUNT_BELOW_MINIMUM"),
        (UPDATE | 12, "WIRE_FEE_INSUFFICIENT"),
        (UPDATE | 13, "WIRE_INCORRECT_CLTV_EXPIRY"),
        (UPDATE | 14, "WIRE_EXPIRY_TOO_SOON"),
        (PERM | 15, "WIRE_INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS"),
        (PERM | 16, "WIRE_INCORRECT_PAYMENT_AMOUNT"),
        (17, "WIRE_FINAL_EXPIRY_TOO_SOON"),
        (18, "WIRE_FINAL_INCORRECT_CLTV_EXPIRY"),
        (19, "WIRE_FINAL_INCORRECT_HTLC_AMOUNT"),
        (UPDATE | 20, "WIRE_CHANNEL_DISABLED"),
        (21, "WIRE_EXPIRY_TOO_FAR"),
        (PERM | 22, "WIRE_INVALID_ONION_PAYLOAD"),
        (23, "WIRE_MPP_TIMEOUT"),
        (BADONION | PERM | 24, "WIRE_INVALID_ONION_BLINDING"),
    ];
    let mut names = NAMES.into_iter();
    names.find_map(|(code, name)| (code == failcode).then_some(name))
}
