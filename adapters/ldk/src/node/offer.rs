//! A part of ours in LDK's words: one path, no retries, no limits of LDK's own.

use super::types::Manager;
use crate::failure;
use domain::{Failure, Hop, NodeId, Offer};
use lightning::bitcoin::secp256k1::PublicKey;
use lightning::ln::outbound_payment::RecipientOnionFields;
use lightning::routing::router::{Path, PaymentParameters, Route, RouteHop, RouteParameters};
use lightning::types::features::{ChannelFeatures, NodeFeatures};
use lightning::types::payment::PaymentSecret;

/// The route and the destination's part of the onion; or why nothing can be sent.
pub(super) fn prepare(
    manager: &Manager,
    ours: NodeId,
    offer: &Offer,
) -> Result<(Route, RecipientOnionFields), Box<Failure>> {
    let nodes = public_keys(ours, offer.route.hops())?;
    check_first_channel(manager, ours, &nodes[0], offer.route.first())?;
    if !fits_an_onion(offer) {
        let detail = "route and payment_metadata do not fit an onion of 1,300 bytes";
        return Err(Box::new(failure::nonsense(ours, detail)));
    }
    let payee = nodes.last().expect("a route has a hop");
    let limits = limits(*payee, offer);
    let paths = vec![Path {
        hops: hops(&nodes, offer.route.hops()),
        blinded_tail: None,
    }];
    let route = Route {
        paths,
        route_params: Some(limits),
    };
    Ok((route, onion(offer)))
}

fn public_keys(ours: NodeId, hops: &[Hop]) -> Result<Vec<PublicKey>, Box<Failure>> {
    let key = |hop: &Hop| {
        PublicKey::from_slice(hop.node.bytes()).map_err(|_| {
            let detail = format!("{} is no public key: no such node can exist", hop.node);
            Box::new(failure::nonsense(ours, &detail))
        })
    };
    hops.iter().map(key).collect()
}

/// LDK would take charge of the part and fail it; that it never can leave is better said at once.
fn check_first_channel(
    manager: &Manager,
    ours: NodeId,
    peer: &PublicKey,
    first: &Hop,
) -> Result<(), Box<Failure>> {
    let channels = manager.list_channels_with_counterparty(peer);
    let mut channels = channels.iter();
    match channels.find(|channel| channel.get_outbound_payment_scid() == Some(first.channel.0)) {
        None => Err(Box::new(failure::no_first_peer(ours, first.channel))),
        Some(channel) if !channel.is_usable => {
            Err(Box::new(failure::first_peer_not_ready(ours, first.channel)))
        }
        Some(_) => Ok(()),
    }
}

/// LDK's own estimate, with nothing left out. It must be made here too: where LDK finds fewer hops to
/// fit than the limits allow, it lowers the limits it was given, takes the route's for foreign, and
/// panics where debug assertions are on.
fn fits_an_onion(offer: &Offer) -> bool {
    const ONION: usize = 1_300;
    const LAST_HOP: usize = 83;
    const FORWARD: usize = 58;
    const METADATA_OVERHEAD: usize = 6;
    let metadata = offer
        .metadata
        .as_ref()
        .map_or(0, |m| m.expose().len() + METADATA_OVERHEAD);
    let forwards = (offer.route.hops().len() - 1) * FORWARD;
    LAST_HOP + metadata + forwards <= ONION
}

/// The caller chose the route. LDK's own limits (1 % + 50 sat, 1,008 blocks) would refuse some, and
/// panic on them where debug assertions are on.
fn limits(payee: PublicKey, offer: &Offer) -> RouteParameters {
    let last = offer.route.last();
    let mut payee = PaymentParameters::from_node_id(payee, last.delay)
        .with_max_total_cltv_expiry_delta(u32::MAX);
    payee.max_path_length = u8::try_from(offer.route.hops().len()).unwrap_or(u8::MAX);
    let amount = last.amount.get();
    let mut limits = RouteParameters::from_payment_params_and_value(payee, amount);
    limits.max_total_routing_fee_msat = None;
    limits
}

/// LDK wants what each node keeps of amount and time, not what it gets; the last keeps it all.
fn hops(nodes: &[PublicKey], hops: &[Hop]) -> Vec<RouteHop> {
    let beyond = hops
        .iter()
        .skip(1)
        .map(|hop| (hop.amount.get(), hop.delay))
        .chain([(0, 0)]);
    let hops = nodes.iter().zip(hops).zip(beyond);
    let hop = |((node, hop), (amount, delay)): ((&PublicKey, &Hop), (u64, u32))| RouteHop {
        pubkey: *node,
        node_features: NodeFeatures::empty(),
        short_channel_id: hop.channel.0,
        channel_features: ChannelFeatures::empty(),
        // A route's amounts and delays never grow on the way.
        fee_msat: hop.amount.get() - amount,
        cltv_expiry_delta: hop.delay - delay,
        maybe_announced_channel: true,
    };
    hops.map(hop).collect()
}

fn onion(offer: &Offer) -> RecipientOnionFields {
    let total = offer.total.get();
    let mut onion = match &offer.secret {
        Some(secret) => RecipientOnionFields::secret_only(PaymentSecret(*secret.expose()), total),
        None => RecipientOnionFields::spontaneous_empty(total),
    };
    onion.payment_metadata = offer.metadata.as_ref().map(|m| m.expose().to_vec());
    onion
}
