//! What callers ask, as the domain's commands.

use super::digest;
use crate::engine::node::Node;
use crate::engine::nodes::Nodes;
use crate::{
    ApiError, Extras, Method, Msat, NodeName, OpenOrder, OrderTerms, Pay, PaymentHash, Route,
    SendPart, SendPartialPay, SendPay, Timestamp,
};

/// The most parts of an order that are live at once, unless its caller says less.
const PARTS_MAX: u16 = 100;
/// The most parts that an order ever tries.
const ATTEMPTS_MAX: u32 = 200;

pub(super) fn partial_pay(
    nodes: &Nodes,
    request: SendPartialPay,
    at: Timestamp,
) -> Result<SendPart, ApiError> {
    let key = digest::of(&request);
    let SendPartialPay {
        route,
        payment_hash,
        intended,
        extras,
        request_id: _,
    } = request;
    let part = send_part(nodes, payment_hash, intended, route, extras, at)?;
    Ok(SendPart {
        request: key,
        ..part
    })
}

pub(super) fn whole_pay(
    nodes: &Nodes,
    request: SendPay,
    at: Timestamp,
) -> Result<SendPart, ApiError> {
    let delivered = request.route.amount();
    let SendPay {
        route,
        payment_hash,
        msatoshi,
        extras,
    } = request;
    let part = send_part(nodes, payment_hash, delivered, route, extras, at)?;
    Ok(SendPart {
        method: Method::SendPay,
        requested: msatoshi.unwrap_or(delivered),
        ..part
    })
}

fn send_part(
    nodes: &Nodes,
    payment_hash: PaymentHash,
    intended: Msat,
    route: Route,
    extras: Extras,
    at: Timestamp,
) -> Result<SendPart, ApiError> {
    let node = sending_node(nodes, &extras)?;
    Ok(SendPart {
        method: Method::SendPartialPay,
        payment_hash,
        intended,
        requested: intended,
        node: node.name.clone(),
        network: extras.invoice.as_ref().and_then(|_| node.sender.network()),
        cltv_expiry: node.cltv_expiry(&route),
        route,
        secret: extras.secret,
        metadata: extras.metadata,
        invoice: extras.invoice,
        description: extras.description,
        label: extras.label,
        request: None,
        at,
    })
}

fn sending_node<'a>(nodes: &'a Nodes, extras: &Extras) -> Result<&'a Node, ApiError> {
    match &extras.node {
        None => Ok(nodes.first()),
        Some(name) => {
            let found = nodes.named(name);
            found.ok_or_else(|| ApiError::NoSuchNode(name.clone()))
        }
    }
}

/// What a caller asks for, as an order.
pub(super) fn open_order(
    nodes: &Nodes,
    request: Pay,
    at: Timestamp,
) -> Result<OpenOrder, ApiError> {
    let key = digest::of_pay(&request);
    let invoice = request.invoice;
    let intended = request
        .amount
        .or(invoice.amount)
        .ok_or(ApiError::NoAmount)?;
    let of = paying_nodes(nodes, request.nodes)?;
    let first = of.first().and_then(|name| nodes.named(name));
    Ok(OpenOrder {
        payment_hash: invoice.payment_hash,
        intended,
        network: first.and_then(|node| node.sender.network()),
        terms: OrderTerms {
            deliver: request.share.unwrap_or(intended),
            max_fee: request.max_fee,
            deadline: at.after(request.retry_for),
            max_delay: request.max_delay,
            max_parts: request.max_parts.unwrap_or(PARTS_MAX).clamp(1, PARTS_MAX),
            max_attempts: ATTEMPTS_MAX,
            nodes: of,
            avoid: request.avoid,
            hints: invoice.hints.clone(),
        },
        invoice,
        description: request.description,
        label: request.label,
        request: key,
        at,
    })
}

fn paying_nodes(nodes: &Nodes, asked: Vec<NodeName>) -> Result<Vec<NodeName>, ApiError> {
    if asked.is_empty() {
        return Ok(nodes.iter().map(|node| node.name.clone()).collect());
    }
    let mut found = Vec::new();
    for name in asked {
        if nodes.named(&name).is_none() {
            return Err(ApiError::NoSuchNode(name));
        }
        if !found.contains(&name) {
            found.push(name);
        }
    }
    Ok(found)
}
