//! What only shows from inside: lost connections, and the HTLC as LDK made it.

mod funds;
mod graph;
mod older;

use super::{Network, Options};
use devnet::{DevInvoice, DevNetwork};
use domain::{Msat, Offer, OfferAnswer, Outcome, PartId, Route};
use futures::StreamExt;
use std::sync::Arc;
use std::time::Duration;

const AMOUNT: u64 = 5_000_000;

async fn network() -> Arc<Network> {
    Network::start(Options::default()).await.unwrap()
}

async fn part(network: &Network, number: u64) -> Offer {
    let amount = Msat::new(AMOUNT).unwrap();
    let invoice = network.invoice(amount, None, None).await.unwrap();
    let mut routes = network.routes("dave", amount, None).unwrap();
    offer(number, &invoice, routes.remove(0))
}

fn offer(number: u64, invoice: &DevInvoice, route: Route) -> Offer {
    Offer {
        part: PartId(number),
        payment_hash: invoice.payment_hash,
        total: route.amount(),
        route,
        secret: Some(invoice.payment_secret.clone()),
        metadata: None,
        notes: domain::Notes::default(),
    }
}

/// Waits for the word on one part, but not for ever.
async fn pays(network: &Network, offer: &Offer) -> bool {
    let mut words = network.alice().listener().listen(None).await;
    assert_eq!(
        network.alice().sender().offer(offer).await,
        OfferAnswer::Accepted
    );
    let heard = async {
        loop {
            let heard = words.next().await.expect("a node that goes on");
            if heard.part == offer.part {
                return matches!(heard.outcome, Outcome::Fulfilled(_));
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), heard)
        .await
        .expect("an outcome")
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_connection_is_made_again() {
    let network = network().await;
    for number in 1..=3 {
        network.nodes[0]
            .peers
            .disconnect_by_node_id(network.nodes[1].key);
        network.nodes[3].peers.disconnect_all_peers();
        network
            .until("connections", |n| n.usable().is_some())
            .await
            .unwrap();
        assert!(pays(&network, &part(&network, number).await).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn part_is_refused_while_its_first_peer_is_away() {
    let network = network().await;
    let offer = part(&network, 1).await;
    network.hang_up();
    network
        .until("the end of the connections", |n| n.usable().is_none())
        .await
        .unwrap();
    let OfferAnswer::Refused(failure) = network.alice().sender().offer(&offer).await else {
        panic!()
    };
    let message = "failed: WIRE_TEMPORARY_CHANNEL_FAILURE (First peer not ready)";
    assert_eq!(
        (failure.message.as_str(), failure.failcode),
        (message, Some(0x1007))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn delays_count_from_the_height_that_is_told() {
    let network = network().await;
    network.hold(true).await.unwrap();
    let offer = part(&network, 1).await;
    let height = network.alice().sender().height().unwrap();
    assert_eq!(
        network.alice().sender().offer(&offer).await,
        OfferAnswer::Accepted
    );
    let sent = network.nodes[0].manager.list_channels();
    let sent: Vec<_> = sent
        .iter()
        .flat_map(|c| &c.pending_outbound_htlcs)
        .collect();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].cltv_expiry, height + offer.route.first().delay);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_end_with_the_network() {
    let network = network().await;
    let (sender, offer) = (network.alice().sender(), part(&network, 1).await);
    let mut words = network.alice().listener().listen(None).await;
    drop(network);
    assert!(words.next().await.is_none());
    assert!(matches!(
        sender.offer(&offer).await,
        OfferAnswer::Unknown(_)
    ));
}
