//! What failed parts say about their order: where no other may go, and whether it is over. Written a second
//! time, so that it shares nothing with the decisions.

use super::orders::{Holds, requires};
use domain::invariant::Rule;
use domain::{DirectedChannel, FailureCode, OrderTerms, PERM, PartialPayment};

const TEMPORARY_CHANNEL_FAILURE: u16 = 0x1007;
const MPP_TIMEOUT: u16 = 23;

/// Rule B-10.
pub(super) fn repeats_nothing<'a>(
    terms: &OrderTerms,
    part: &PartialPayment,
    before: impl Iterator<Item = &'a PartialPayment>,
) -> Holds {
    let mut hops = channels(part);
    let excluded = hops.any(|(channel, _)| terms.avoid.channels.contains(&channel))
        || part
            .route
            .hops()
            .iter()
            .any(|hop| terms.avoid.nodes.contains(&hop.node));
    requires(
        Rule::NoRepeat,
        !excluded,
        "a part goes over what its caller excluded",
    )?;
    for failed in before {
        let Some((channel, amount)) = could_not(failed) else {
            continue;
        };
        let again = channels(part).any(|(other, as_much)| other == channel && as_much >= amount);
        requires(
            Rule::NoRepeat,
            !again,
            "a part goes where one of its order could not",
        )?;
    }
    Ok(())
}

/// The channel that could not carry a part, and how much that was.
fn could_not(part: &PartialPayment) -> Option<(DirectedChannel, u64)> {
    let failure = part.failure()?;
    if failure.failcode != Some(TEMPORARY_CHANNEL_FAILURE) {
        return None;
    }
    let index = usize::try_from(failure.erring_index?).ok()?;
    channels(part).nth(index.checked_sub(1)?)
}

/// The channels beyond ours, with what the part carries there.
fn channels(part: &PartialPayment) -> impl Iterator<Item = (DirectedChannel, u64)> {
    part.route.hops().windows(2).map(|pair| {
        let direction = u8::from(pair[0].node > pair[1].node);
        let channel = pair[1].channel;
        let directed = DirectedChannel { channel, direction };
        (directed, pair[1].amount.get())
    })
}

/// Whether a part was refused for good, by its payee or by our own node.
pub(super) fn is_for_good(part: &PartialPayment) -> bool {
    let Some(failure) = part.failure() else {
        return false;
    };
    let raw = failure.raw_message.as_deref().unwrap_or_default();
    let theirs = raw.get(10..14).and_then(|bytes| bytes.try_into().ok());
    let theirs = theirs.map(u32::from_be_bytes);
    let ours = part
        .cltv_expiry
        .and_then(|at| at.checked_sub(part.route.first().delay));
    let is_ahead = theirs.zip(ours).is_some_and(|(theirs, ours)| theirs > ours);
    match failure.code {
        FailureCode::InProgressElsewhere | FailureCode::PaidElsewhere => true,
        FailureCode::DestinationPermanent => {
            let failcode = failure.failcode.unwrap_or(PERM);
            failcode != MPP_TIMEOUT && !is_ahead
        }
        FailureCode::TryOtherRoute | FailureCode::UnparseableOnion | FailureCode::Unspecified => {
            false
        }
    }
}
