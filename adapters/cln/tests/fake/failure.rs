//! How a part failed: what the wire said, what lightningd makes of it, and what it remembers.

use serde_json::{Map, Value, json};

use super::error::{RpcError, code};
use super::payment::{Payment, Route};
use super::topology::direction;

/// `PERM` of BOLT #4.
const PERM: u16 = 0x4000;
/// `BADONION` of BOLT #4.
const BADONION: u16 = 0x8000;

/// Failure codes of BOLT #4 that the fake can give, and their names.
pub(crate) mod wire {
    pub(crate) const MPP_TIMEOUT: u16 = 23;
    pub(crate) const FINAL_INCORRECT_CLTV_EXPIRY: u16 = 18;
    pub(crate) const FINAL_INCORRECT_HTLC_AMOUNT: u16 = 19;
    pub(crate) const EXPIRY_TOO_FAR: u16 = 21;
    pub(crate) const TEMPORARY_CHANNEL_FAILURE: u16 = 0x1007;
    pub(crate) const AMOUNT_BELOW_MINIMUM: u16 = 0x100b;
    pub(crate) const FEE_INSUFFICIENT: u16 = 0x100c;
    pub(crate) const INCORRECT_CLTV_EXPIRY: u16 = 0x100d;
    pub(crate) const EXPIRY_TOO_SOON: u16 = 0x100e;
    pub(crate) const UNKNOWN_NEXT_PEER: u16 = 0x400a;
    pub(crate) const INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS: u16 = 0x400f;
    pub(crate) const INVALID_ONION_PAYLOAD: u16 = 0x4016;
    pub(crate) const INVALID_ONION_HMAC: u16 = 0xc005;
}

/// `onion_wire_name()`.
pub(crate) fn wire_name(failcode: u16) -> &'static str {
    match failcode {
        wire::MPP_TIMEOUT => "WIRE_MPP_TIMEOUT",
        wire::FINAL_INCORRECT_CLTV_EXPIRY => "WIRE_FINAL_INCORRECT_CLTV_EXPIRY",
        wire::FINAL_INCORRECT_HTLC_AMOUNT => "WIRE_FINAL_INCORRECT_HTLC_AMOUNT",
        wire::EXPIRY_TOO_FAR => "WIRE_EXPIRY_TOO_FAR",
        wire::TEMPORARY_CHANNEL_FAILURE => "WIRE_TEMPORARY_CHANNEL_FAILURE",
        wire::AMOUNT_BELOW_MINIMUM => "WIRE_AMOUNT_BELOW_MINIMUM",
        wire::FEE_INSUFFICIENT => "WIRE_FEE_INSUFFICIENT",
        wire::INCORRECT_CLTV_EXPIRY => "WIRE_INCORRECT_CLTV_EXPIRY",
        wire::EXPIRY_TOO_SOON => "WIRE_EXPIRY_TOO_SOON",
        wire::UNKNOWN_NEXT_PEER => "WIRE_UNKNOWN_NEXT_PEER",
        wire::INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS => "WIRE_INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS",
        wire::INVALID_ONION_PAYLOAD => "WIRE_INVALID_ONION_PAYLOAD",
        wire::INVALID_ONION_HMAC => "WIRE_INVALID_ONION_HMAC",
        _ => panic!("the fake has no failure {failcode:#06x}"),
    }
}

/// How an HTLC that we offered failed.
#[derive(Debug, Clone)]
pub(crate) enum Cause {
    /// Here, before it was committed.
    Local { failcode: u16, text: String },
    /// The peer found the onion malformed; this message is made up for it.
    Malformed { message: Vec<u8> },
    /// A node on the way sent this, `origin` 0 being the peer.
    Remote { origin: usize, message: Vec<u8> },
}

/// `struct routing_failure`.
#[derive(Debug, Clone)]
pub(crate) struct Routing {
    erring_index: usize,
    failcode: u16,
    erring_node: Option<String>,
    erring_channel: Option<(String, u8)>,
    message: Option<Vec<u8>>,
}

impl Routing {
    /// A failure at our own end, `channel` with its peer if one was found.
    pub(crate) fn local(us: &str, failcode: u16, channel: Option<(&str, &str)>) -> Self {
        Self {
            erring_index: 0,
            failcode,
            erring_node: Some(us.to_owned()),
            erring_channel: channel.map(|(scid, peer)| (scid.to_owned(), direction(us, peer))),
            message: None,
        }
    }

    /// `json_add_routefail_info()`.
    pub(crate) fn add_to(&self, data: &mut Map<String, Value>) {
        data.insert("erring_index".to_owned(), json!(self.erring_index));
        data.insert("failcode".to_owned(), json!(self.failcode));
        data.insert("failcodename".to_owned(), json!(wire_name(self.failcode)));
        if let Some(node) = &self.erring_node {
            data.insert("erring_node".to_owned(), json!(node));
        }
        if let Some((channel, direction)) = &self.erring_channel {
            data.insert("erring_channel".to_owned(), json!(channel));
            data.insert("erring_direction".to_owned(), json!(direction));
        }
        if let Some(message) = &self.message {
            data.insert("raw_message".to_owned(), json!(hex::encode(message)));
        }
    }

    pub(crate) fn text(&self, detail: &str) -> String {
        format!("failed: {} ({detail})", wire_name(self.failcode))
    }
}

/// A failure as a waiter hears it, and as the row keeps it.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    code: i64,
    found: Found,
}

#[derive(Debug, Clone)]
enum Found {
    Routing {
        routing: Routing,
        detail: String,
    },
    /// Nobody here could decrypt it.
    Onionreply(String),
}

impl Recorded {
    /// `payment_failed()`: what `cause` means for this part of ours.
    pub(crate) fn new(us: &str, cause: &Cause, payment: &Payment) -> Self {
        let (code, routing, detail) = match cause {
            Cause::Local { failcode, text } => {
                let channel = payment
                    .route
                    .as_ref()
                    .map(|route| (&*route.channels[0], &*route.nodes[0]));
                (
                    code::TRY_OTHER_ROUTE,
                    Routing::local(us, *failcode, channel),
                    text.clone(),
                )
            }
            Cause::Malformed { message } => {
                let (code, routing) = remote(us, 0, message, payment.route.as_ref());
                (code, routing, "local failure".to_owned())
            }
            Cause::Remote { origin, message } if payment.has_secrets => {
                let (code, routing) = remote(us, *origin, message, payment.route.as_ref());
                (code, routing, "reply from remote".to_owned())
            }
            Cause::Remote { message, .. } => {
                let found = Found::Onionreply(hex::encode(encrypted(message)));
                return Self {
                    code: code::UNPARSEABLE_ONION,
                    found,
                };
            }
        };
        Self {
            code,
            found: Found::Routing { routing, detail },
        }
    }

    pub(crate) fn onionreply(&self) -> Option<&str> {
        match &self.found {
            Found::Onionreply(onionreply) => Some(onionreply),
            Found::Routing { .. } => None,
        }
    }

    /// What `waitsendpay` says when the failure arrives; `payment` is the row from before.
    pub(crate) fn live(&self, payment: &Payment) -> RpcError {
        let mut data = payment.fields();
        match &self.found {
            Found::Routing { routing, detail } => {
                routing.add_to(&mut data);
                RpcError::with_data(self.code, routing.text(detail), &Value::Object(data))
            }
            Found::Onionreply(onionreply) => {
                data.insert("onionreply".to_owned(), json!(onionreply));
                RpcError::with_data(self.code, "Malformed error reply", &Value::Object(data))
            }
        }
    }

    /// What `waitsendpay` says later. The database keeps neither the message nor, for an onion
    /// that it did not make, any node to blame; and without a node it gives up.
    pub(crate) fn stored(&self, payment: &Payment) -> RpcError {
        let mut kept = self.clone();
        if let Found::Routing { routing, .. } = &mut kept.found {
            if routing.erring_node.is_none() {
                return RpcError::new(code::UNSPECIFIED_ERROR, "Payment failure reason unknown");
            }
            routing.message = None;
            if routing.failcode & BADONION != 0 {
                kept.code = code::UNPARSEABLE_ONION;
            }
        }
        kept.live(payment)
    }
}

/// `remote_routing_failure()`.
fn remote(us: &str, origin: usize, message: &[u8], route: Option<&Route>) -> (i64, Routing) {
    let failcode = u16::from_be_bytes([message[0], message[1]]);
    let mut routing = Routing {
        erring_index: origin + 1,
        failcode,
        erring_node: None,
        erring_channel: None,
        message: Some(message.to_vec()),
    };
    let Some(Route { nodes, channels }) = route else {
        return (code::TRY_OTHER_ROUTE, routing);
    };
    let is_last = origin == nodes.len() - 1;
    // The last node can only blame the channel that led to it.
    let blamed = if is_last { origin } else { origin + 1 };
    let from = blamed.checked_sub(1).map_or(us, |before| &nodes[before]);
    routing.erring_channel = Some((channels[blamed].clone(), direction(from, &nodes[blamed])));
    let is_bad_onion = failcode & BADONION != 0;
    let erring = if is_bad_onion && !is_last {
        origin + 1
    } else {
        origin
    };
    routing.erring_node = Some(nodes[erring].clone());
    let code = match is_last {
        true if is_bad_onion => code::UNPARSEABLE_ONION,
        true if failcode & PERM != 0 => code::DESTINATION_PERM_FAIL,
        _ => code::TRY_OTHER_ROUTE,
    };
    (code, routing)
}

/// Stands for the 292 bytes of a failure that is still encrypted.
fn encrypted(message: &[u8]) -> Vec<u8> {
    let mut onionreply = vec![0xee; 292];
    for (byte, plain) in onionreply[32..].iter_mut().zip(message) {
        *byte ^= plain;
    }
    onionreply
}
