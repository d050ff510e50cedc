//! Payments beyond the first four nodes, over ways that a reader of the graph finds.
#![allow(clippy::unwrap_used, reason = "this is for tests only")]

mod support;

use devnet::{DevInvoice, DevNetwork};
use domain::{
    ChannelPolicy, DirectedChannel, Failure, GraphChange, HintHop, Hop, Outcome, Route,
    ShortChannelId,
};
use futures::StreamExt;
use lightning::bolt11_invoice::Bolt11Invoice;
use std::collections::BTreeMap;
use support::{Net, msat, offer};

/// What the last hop gets; LDK wants 48 at least.
const FINAL_DELAY: u32 = 54;

/// The policies of all public directions, and alice's own channels.
struct Map {
    policies: BTreeMap<DirectedChannel, ChannelPolicy>,
    ends: BTreeMap<ShortChannelId, [domain::NodeId; 2]>,
}

/// A hop before amounts are known: who forwards it, over which channel, to whom, on what terms.
struct Leg {
    to: domain::NodeId,
    channel: ShortChannelId,
    policy: ChannelPolicy,
}

impl Map {
    async fn of(net: &Net) -> Map {
        let mut changes = net.network.graph().follow().await;
        let (mut policies, mut ends) = (BTreeMap::new(), BTreeMap::new());
        loop {
            match changes.next().await.unwrap() {
                GraphChange::Channel { channel, nodes, .. } => _ = ends.insert(channel, nodes),
                GraphChange::Policy(direction, policy) => _ = policies.insert(direction, policy),
                GraphChange::Loaded => return Map { policies, ends },
                GraphChange::Closed(_) => panic!("nothing closes"),
            }
        }
    }

    fn legs(&self, net: &Net, names: &[&str]) -> Vec<Leg> {
        let ids: Vec<_> = names
            .iter()
            .map(|name| net.network.node_id(name).unwrap())
            .collect();
        let leg = |pair: &[domain::NodeId]| {
            let mut nodes = [pair[0], pair[1]];
            nodes.sort_unstable();
            let mut channels = self.ends.iter();
            let (channel, _) = channels.find(|(_, ends)| **ends == nodes).unwrap();
            let direction = DirectedChannel::between(*channel, pair[0], pair[1]);
            Leg {
                to: pair[1],
                channel: *channel,
                policy: self.policies[&direction],
            }
        };
        ids.windows(2).map(leg).collect()
    }
}

/// Amounts and delays from the last hop backwards, as the policies want them.
fn priced(legs: &[Leg], amount: u64) -> Route {
    let (mut amount, mut delay) = (msat(amount), FINAL_DELAY);
    let mut hops = Vec::new();
    for leg in legs.iter().rev() {
        hops.push(Hop {
            node: leg.to,
            channel: leg.channel,
            amount,
            delay,
        });
        amount = amount.checked_add(leg.policy.fee(amount).unwrap()).unwrap();
        delay += leg.policy.delay;
    }
    hops.reverse();
    Route::new(hops).unwrap()
}

async fn invoice_of(net: &Net, name: &str, amount: u64) -> DevInvoice {
    let named = Some(name.to_owned());
    net.network
        .invoice(msat(amount), None, named)
        .await
        .unwrap()
}

/// The private channels that an invoice names, each alone.
fn hints(invoice: &DevInvoice) -> Vec<HintHop> {
    let invoice: Bolt11Invoice = invoice.bolt11.parse().unwrap();
    let hint = |hint: &lightning::routing::router::RouteHintHop| HintHop {
        node: domain::NodeId::new(hint.src_node_id.serialize()).unwrap(),
        channel: ShortChannelId(hint.short_channel_id),
        fee_base: msat(hint.fees.base_msat.into()),
        fee_ppm: hint.fees.proportional_millionths,
        delay: hint.cltv_expiry_delta.into(),
    };
    let hops = invoice.route_hints();
    hops.iter()
        .flat_map(|hops| hops.0.iter().map(hint))
        .collect()
}

/// `None` if the part was fulfilled.
async fn pay(net: &mut Net, part: u64, invoice: &DevInvoice, route: Route) -> Option<Failure> {
    let total = route.amount().get();
    net.sender.offer(&offer(part, invoice, route, total)).await;
    match net.heard().await.outcome {
        Outcome::Fulfilled(_) => None,
        Outcome::Failed(failure) => Some(*failure),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn way_that_the_graph_shows_can_be_paid_over() {
    let mut net = Net::in_memory().await;
    let map = Map::of(&net).await;
    let ways: [&[&str]; 3] = [
        &["alice", "bob", "erin", "frank"],
        &["alice", "carol", "dave", "erin", "frank"],
        &["alice", "bob", "grace", "frank"],
    ];
    for (part, way) in (1..).zip(ways) {
        let amount = 1_500_000_000;
        let invoice = invoice_of(&net, "frank", amount).await;
        assert_eq!(hints(&invoice), [], "frank is in the graph");
        let route = priced(&map.legs(&net, way), amount);
        assert_eq!(pay(&mut net, part, &invoice, route).await, None, "{way:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn grace_wants_what_she_says() {
    let mut net = Net::in_memory().await;
    let map = Map::of(&net).await;
    let amount = 100_000_000;
    let legs = map.legs(&net, &["alice", "bob", "grace", "frank"]);
    let route = priced(&legs, amount);
    // Bob's fee is little; hers is 20,000 msat and half a per cent.
    assert!(route.amount_sent().get() > amount + 520_000);
    let invoice = invoice_of(&net, "frank", amount).await;
    let short = support::changed(&route, |hops| {
        for hop in &mut hops[..2] {
            hop.amount = msat(hop.amount.get() - 1);
        }
    });
    let failure = pay(&mut net, 1, &invoice, short).await.unwrap();
    assert_eq!(failure.failcode, Some(0x100c), "fee_insufficient");
    assert_eq!(failure.erring_node, net.network.node_id("grace"));
    assert_eq!(pay(&mut net, 2, &invoice, route).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn heidi_is_reached_by_the_hint_of_her_invoice_alone() {
    let mut net = Net::in_memory().await;
    let map = Map::of(&net).await;
    let heidi = net.network.node_id("heidi").unwrap();
    assert!(map.ends.values().all(|ends| !ends.contains(&heidi)));
    let amount = 50_000_000;
    let invoice = invoice_of(&net, "heidi", amount).await;
    let hints = hints(&invoice);
    assert_eq!(hints.len(), 1);
    assert_eq!(Some(hints[0].node), net.network.node_id("frank"));
    let mut legs = map.legs(&net, &["alice", "bob", "erin", "frank"]);
    legs.push(Leg {
        to: heidi,
        channel: hints[0].channel,
        policy: ChannelPolicy {
            enabled: true,
            htlc_min: msat(1),
            htlc_max: msat(amount),
            fee_base: hints[0].fee_base,
            fee_ppm: hints[0].fee_ppm,
            delay: hints[0].delay,
        },
    });
    assert_eq!(
        pay(&mut net, 1, &invoice, priced(&legs, amount)).await,
        None
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn carol_has_less_than_her_channel_with_frank_seems_to_hold() {
    let mut net = Net::in_memory().await;
    let map = Map::of(&net).await;
    let legs = map.legs(&net, &["alice", "carol", "frank"]);
    let amount = 1_000_000_000;
    assert!(legs[1].policy.htlc_max > msat(amount));
    let invoice = invoice_of(&net, "frank", amount).await;
    let failure = pay(&mut net, 1, &invoice, priced(&legs, amount))
        .await
        .unwrap();
    assert_eq!(failure.failcode, Some(0x1007), "temporary_channel_failure");
    assert_eq!(failure.erring_node, net.network.node_id("carol"));
    assert_eq!(failure.erring_channel, Some(legs[1].channel));
    let little = 100_000_000;
    let invoice = invoice_of(&net, "frank", little).await;
    assert_eq!(
        pay(&mut net, 2, &invoice, priced(&legs, little)).await,
        None
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn everyone_can_be_paid_over_a_route_for_the_asking() {
    let mut net = Net::in_memory().await;
    for (part, name) in [(1, "erin"), (2, "frank"), (3, "grace"), (4, "heidi")] {
        let amount = 20_000_000;
        let invoice = invoice_of(&net, name, amount).await;
        let routes = net.network.routes(name, msat(amount), Some(1)).unwrap();
        let paid = pay(&mut net, part, &invoice, routes[0].clone()).await;
        assert_eq!(paid, None, "{name}");
    }
}
