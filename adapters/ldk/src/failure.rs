//! Why a part failed, in Core Lightning's words.
//!
//! LDK's event says which part and (sometimes) which channel; the erring node and its BOLT 4 code
//! are only in LDK's log record ([`crate::node::Log`]). What neither says is not made up: LDK shows
//! no failure message, so there is never a `raw_message`.

use crate::key;
use domain::{Failure, FailureCode, NodeId, PERM, ShortChannelId, bolt4_name};
use lightning::bitcoin::secp256k1::PublicKey;
use lightning::events::{PathFailure, PaymentFailureReason};
use lightning::routing::router::{Path, RouteHop};
use lightning::util::errors::APIError;

const UNKNOWN_NEXT_PEER: u16 = PERM | 10;
const TEMPORARY_CHANNEL_FAILURE: u16 = 0x1000 | 7;
/// c-lightning's channel after the destination.
const NO_CHANNEL: ShortChannelId = ShortChannelId(0);

/// What a log record says of the failure that came back.
#[derive(Debug, PartialEq, Eq)]
enum Reply {
    /// That node failed it with that code.
    Code(PublicKey, u16),
    /// It could not be read; who sent it may be known.
    Unreadable(Option<PublicKey>),
}

impl Reply {
    /// Reads the four records that LDK 0.3 writes about a failure.
    fn parse(record: &str) -> Option<Reply> {
        if let Some(rest) = record.strip_prefix("Onion Error[from ") {
            let node = rest.get(..66)?.parse().ok()?;
            let (_, code) = rest.split_once("(0x")?;
            let (code, _) = code.split_once(')')?;
            return Some(Reply::Code(node, u16::from_str_radix(code, 16).ok()?));
        }
        if record.starts_with("Non-attributable failure") {
            return Some(Reply::Unreadable(None));
        }
        let from = [
            "Unreadable failure from ",
            "Missing error code in failure from ",
        ];
        let node = from.iter().find_map(|start| record.strip_prefix(start))?;
        Some(Reply::Unreadable(node.parse().ok()))
    }
}

/// The failure of a path that LDK gave up.
pub(crate) fn of_path(
    ours: NodeId,
    path: &Path,
    cause: &PathFailure,
    record: Option<&str>,
) -> Failure {
    if let PathFailure::InitialSend { err } = cause {
        return unsendable(ours, path, err);
    }
    match record.and_then(Reply::parse) {
        Some(Reply::Code(node, code)) => replied(path, &node, code),
        Some(Reply::Unreadable(node)) => Failure {
            erring_index: node.and_then(|n| index(path, &n)),
            erring_node: node.map(|n| key::node_id(&n)),
            ..Failure::plain(
                FailureCode::UnparseableOnion,
                "failed: reply from remote garbled",
            )
        },
        None if matches!(
            cause,
            PathFailure::OnPath {
                network_update: None
            }
        ) =>
        {
            Failure {
                erring_index: Some(0),
                erring_node: Some(ours),
                erring_channel: path.hops.first().map(channel),
                ..Failure::plain(
                    FailureCode::TryOtherRoute,
                    "failed: the first channel gave it back",
                )
            }
        }
        None => Failure::plain(FailureCode::Unspecified, "failed: the node knows no reason"),
    }
}

/// A node of the path said why.
fn replied(path: &Path, node: &PublicKey, failcode: u16) -> Failure {
    let index = index(path, node);
    let last = u32::try_from(path.hops.len()).ok();
    let from_destination = index.is_some() && index == last;
    let code = if from_destination && failcode & PERM != 0 {
        FailureCode::DestinationPermanent
    } else {
        FailureCode::TryOtherRoute
    };
    let name = bolt4_name(failcode).map_or_else(|| format!("{failcode:#06x}"), str::to_owned);
    let beyond = index.and_then(|i| path.hops.get(usize::try_from(i).ok()?));
    Failure {
        erring_index: index,
        failcode: Some(failcode),
        erring_node: Some(key::node_id(node)),
        erring_channel: if from_destination {
            Some(NO_CHANNEL)
        } else {
            beyond.map(channel)
        },
        ..Failure::plain(code, format!("failed: {name} (reply from remote)"))
    }
}

/// LDK took charge of the part, and then could not send it.
fn unsendable(ours: NodeId, path: &Path, error: &APIError) -> Failure {
    let first = path.hops.first().map(channel);
    match error {
        APIError::ChannelUnavailable { err } => {
            at_first_hop(ours, first, TEMPORARY_CHANNEL_FAILURE, err)
        }
        other => Failure {
            erring_index: Some(0),
            erring_node: Some(ours),
            erring_channel: first,
            ..Failure::plain(
                FailureCode::TryOtherRoute,
                format!("failed: not sent ({other:?})"),
            )
        },
    }
}

/// Our node has no such first channel.
pub(crate) fn no_first_peer(ours: NodeId, first: ShortChannelId) -> Failure {
    let detail = "No connection to first peer found";
    at_first_hop(ours, Some(first), UNKNOWN_NEXT_PEER, detail)
}

/// The first channel is there, but cannot be used now.
pub(crate) fn first_peer_not_ready(ours: NodeId, first: ShortChannelId) -> Failure {
    at_first_hop(
        ours,
        Some(first),
        TEMPORARY_CHANNEL_FAILURE,
        "First peer not ready",
    )
}

/// The offer makes no sense to LDK. No BOLT 4 code: nothing was ever sent.
pub(crate) fn nonsense(ours: NodeId, detail: &str) -> Failure {
    Failure {
        erring_index: Some(0),
        erring_node: Some(ours),
        ..Failure::plain(
            FailureCode::TryOtherRoute,
            format!("failed: not sent ({detail})"),
        )
    }
}

/// A part that LDK gave up without a word about its path.
pub(crate) fn without_path(reason: Option<PaymentFailureReason>) -> Failure {
    let reason = reason.map_or_else(|| "no reason given".to_owned(), |r| format!("{r:?}"));
    Failure::plain(
        FailureCode::Unspecified,
        format!("failed: given up by the node ({reason})"),
    )
}

fn at_first_hop(
    ours: NodeId,
    first: Option<ShortChannelId>,
    failcode: u16,
    detail: &str,
) -> Failure {
    let name = bolt4_name(failcode).expect("one of the two above");
    Failure {
        erring_index: Some(0),
        failcode: Some(failcode),
        erring_node: Some(ours),
        erring_channel: first,
        ..Failure::plain(
            FailureCode::TryOtherRoute,
            format!("failed: {name} ({detail})"),
        )
    }
}

/// A node's place in the route: 1 is the first hop's.
fn index(path: &Path, node: &PublicKey) -> Option<u32> {
    let place = path.hops.iter().position(|hop| hop.pubkey == *node)?;
    u32::try_from(place + 1).ok()
}

fn channel(hop: &RouteHop) -> ShortChannelId {
    ShortChannelId(hop.short_channel_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: &str = "02eec7245d6b7d2ccb30380bfbe2a3648cd7a942653f5aa340edcea1f283686619";

    #[test]
    fn a_code_is_read_with_and_without_detail() {
        let node: PublicKey = NODE.parse().unwrap();
        for (record, code) in [
            (format!("Onion Error[from {NODE}: MPPTimeout(0x17)]"), 0x17),
            (
                format!("Onion Error[from {NODE}: FeeInsufficient(0x100c) htlc_msat(00ff)]"),
                0x100c,
            ),
        ] {
            assert_eq!(Reply::parse(&record), Some(Reply::Code(node, code)));
        }
    }

    #[test]
    fn an_unreadable_reply_is_known_as_such() {
        let node: PublicKey = NODE.parse().unwrap();
        let record = format!("Unreadable failure from {NODE}");
        assert_eq!(Reply::parse(&record), Some(Reply::Unreadable(Some(node))));
        let record = "Non-attributable failure encountered on route 02->03";
        assert_eq!(Reply::parse(record), Some(Reply::Unreadable(None)));
        assert_eq!(Reply::parse("Sending payment"), None);
    }
}
