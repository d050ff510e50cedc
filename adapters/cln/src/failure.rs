//! lightningd's errors about a part, in the domain's words.

use crate::connection::Complaint;
use domain::{Failure, FailureCode, PERM, Route};
use serde::Deserialize;

/// The failure that an error of lightningd's describes, every detail as it says it.
pub(crate) fn of(complaint: &Complaint) -> Failure {
    let code = u16::try_from(complaint.code).ok();
    let code = code.and_then(FailureCode::from_number);
    // What is not an object, or has a field of another kind, tells no detail.
    let details = Details::deserialize(&complaint.data).unwrap_or_default();
    Failure {
        code: code.unwrap_or(FailureCode::Unspecified),
        message: complaint.message.clone(),
        erring_index: details.erring_index,
        failcode: details.failcode,
        erring_node: details.erring_node.and_then(|id| id.parse().ok()),
        erring_channel: details.erring_channel.and_then(|scid| scid.parse().ok()),
        onionreply: details.onionreply.and_then(|bytes| hex::decode(bytes).ok()),
        raw_message: details
            .raw_message
            .and_then(|bytes| hex::decode(bytes).ok()),
    }
}

/// The same, of a part that went that way. Of an onion that it did not make, lightningd knows how far it
/// came, and not who was there; and so it takes every failure for one that another route may not have.
pub(crate) fn along(failure: Failure, route: &Route) -> Failure {
    let hops = route.hops();
    let index = failure
        .erring_index
        .and_then(|index| usize::try_from(index).ok());
    let Some(index) = index.filter(|index| *index <= hops.len()) else {
        return failure;
    };
    let node = index.checked_sub(1).and_then(|before| hops.get(before));
    // The destination goes on over none: lightningd names the one that led there.
    let channel = hops.get(index).or(hops.last());
    let is_final = index == hops.len() && failure.failcode.is_some_and(|code| code & PERM != 0);
    Failure {
        code: if is_final && failure.code == FailureCode::TryOtherRoute {
            FailureCode::DestinationPermanent
        } else {
            failure.code
        },
        erring_node: failure.erring_node.or(node.map(|hop| hop.node)),
        erring_channel: failure.erring_channel.or(channel.map(|hop| hop.channel)),
        ..failure
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Details {
    erring_index: Option<u32>,
    failcode: Option<u16>,
    erring_node: Option<String>,
    erring_channel: Option<String>,
    onionreply: Option<String>,
    raw_message: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn complaint(data: serde_json::Value) -> Complaint {
        Complaint {
            code: 204,
            message: "failed: WIRE_FEE_INSUFFICIENT (reply from remote)".into(),
            data,
        }
    }

    #[test]
    fn every_detail_is_kept() {
        let failure = of(&complaint(json!({
            "id": 13, "status": "pending", "erring_index": 1, "failcode": 4108,
            "failcodename": "WIRE_FEE_INSUFFICIENT",
            "erring_node": format!("02{}", "11".repeat(32)),
            "erring_channel": "104x1x0", "erring_direction": 1, "raw_message": "100c00",
        })));
        assert_eq!(failure.code, FailureCode::TryOtherRoute);
        assert_eq!(failure.failcodename(), Some("WIRE_FEE_INSUFFICIENT"));
        assert_eq!(failure.erring_index, Some(1));
        assert_eq!(failure.erring_channel, "104x1x0".parse().ok());
        assert_eq!(failure.raw_message, Some(vec![0x10, 0x0c, 0]));
        assert!(failure.erring_node.is_some());
    }

    #[test]
    fn what_lightningd_cannot_know_comes_from_the_route() {
        let route = domain::contract::samples::route(1_000);
        let hops = route.hops();
        let at = |index, failcode| Failure {
            erring_index: Some(index),
            failcode: Some(failcode),
            ..Failure::plain(FailureCode::TryOtherRoute, "")
        };
        let on_the_way = along(at(1, 0x100c), &route);
        assert_eq!(on_the_way.erring_node, Some(hops[0].node));
        assert_eq!(on_the_way.erring_channel, Some(hops[1].channel));
        assert_eq!(on_the_way.code, FailureCode::TryOtherRoute);
        let destination = along(at(2, PERM | 15), &route);
        assert_eq!(destination.erring_node, Some(hops[1].node));
        assert_eq!(destination.erring_channel, Some(hops[1].channel));
        assert_eq!(destination.code, FailureCode::DestinationPermanent);
        assert_eq!(along(at(2, 23), &route).code, FailureCode::TryOtherRoute);
        let own = along(at(0, 0x1007), &route);
        assert_eq!(
            (own.erring_node, own.erring_channel),
            (None, Some(hops[0].channel))
        );
        for nowhere in [at(3, 23), Failure::plain(FailureCode::Unspecified, "")] {
            assert_eq!(along(nowhere.clone(), &route), nowhere);
        }
    }

    #[test]
    fn strange_data_leaves_code_and_words() {
        for data in [json!(null), json!("text"), json!({"erring_index": "one"})] {
            let failure = of(&complaint(data));
            assert_eq!(failure.code, FailureCode::TryOtherRoute);
            assert_eq!(failure.erring_index, None);
        }
        let strange = Complaint {
            code: -1,
            ..complaint(json!({}))
        };
        assert_eq!(of(&strange).code, FailureCode::Unspecified);
    }
}
