//! Offers that nobody in his right mind makes: each is answered, and the node goes on.

mod support;

use devnet::{DevError, DevNetwork};
use domain::{Hop, Msat, Offer, OfferAnswer, Outcome, PartId};
use support::{Net, changed, msat, offer, soon};

const TOTAL: u64 = 50_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn dear_and_slow_route_is_taken_as_given() {
    let mut net = Net::in_memory().await;
    let invoice = net.invoice(1_000_000).await;
    let [way, _] = net.ways(1_000_000);
    let way = changed(&way, |hops| {
        hops[0].amount = msat(1_500_000);
        hops[0].delay += 1_000;
    });
    net.sender.offer(&offer(1, &invoice, way, 1_000_000)).await;
    assert!(matches!(net.heard().await.outcome, Outcome::Fulfilled(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_answered_and_harms_nobody() {
    let mut net = Net::in_memory().await;
    let invoice = net.invoice(TOTAL).await;
    let [way, _] = net.ways(TOTAL);
    let alice = net.network.node_id("alice").unwrap();
    let sane = || offer(0, &invoice, way.clone(), TOTAL);
    let way = |change: &dyn Fn(&mut Vec<Hop>)| offer(0, &invoice, changed(&way, change), TOTAL);
    let each = |change: fn(&mut Hop)| way(&|hops| hops.iter_mut().map(change).collect());
    let total = |total| {
        let mut part = sane();
        part.total = total;
        part
    };
    let metadata = |length| {
        let mut part = sane();
        part.metadata = Some(domain::PaymentMetadata::new(vec![1; length]));
        part
    };
    let mut no_secret = sane();
    no_secret.secret = None;
    let odd = [
        way(&|hops| hops[1].channel = hops[0].channel),
        way(&|hops| {
            hops.insert(1, hops[0].clone());
            hops[1].node = alice;
        }),
        each(|hop| hop.delay = u32::MAX),
        each(|hop| hop.delay = 0),
        each(|hop| hop.amount = Msat::MAX),
        way(&|hops| hops[0].amount = Msat::MAX),
        way(&|hops| hops.resize(20, hops[1].clone())),
        way(&|hops| hops[1].node = hops[0].node),
        total(msat(1)),
        total(Msat::MAX),
        no_secret,
        metadata(500),
        metadata(1_153),
        metadata(1_154),
        metadata(2_000),
    ];
    for (part, odd) in (1..).zip(odd) {
        let odd = Offer {
            part: PartId(part),
            ..odd
        };
        match soon(net.sender.offer(&odd)).await {
            OfferAnswer::Refused(failure) => println!("{part} refused: {}", failure.message),
            OfferAnswer::Accepted => {
                net.network.tick(3).await.unwrap();
                println!("{part}: {}", net.failure().await.message);
            }
            other => panic!("{part}: {other:?}"),
        }
    }
    assert_eq!(
        net.sender
            .offer(&Offer {
                part: PartId(99),
                ..sane()
            })
            .await,
        OfferAnswer::Accepted
    );
    assert!(matches!(net.heard().await.outcome, Outcome::Fulfilled(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn fullest_onion_of_any_length_is_answered() {
    let mut net = Net::in_memory().await;
    let invoice = net.invoice(TOTAL).await;
    let [way, _] = net.ways(TOTAL);
    for hops in 1..=20 {
        let way = changed(&way, |h| h.resize(hops, h[1].clone()));
        let mut part = offer(u64::try_from(hops).unwrap(), &invoice, way, TOTAL);
        part.metadata = Some(domain::PaymentMetadata::new(vec![
            1;
            1_300
                - 83
                - 6
                - 58 * (hops - 1)
        ]));
        assert_eq!(soon(net.sender.offer(&part)).await, OfferAnswer::Accepted);
        net.failure().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_had_is_refused() {
    let net = Net::in_memory().await;
    let long = Some("x".repeat(1_000));
    let invoice = net.network.invoice(msat(1), long, None).await;
    assert!(matches!(invoice, Err(DevError::Refused(_))));
    let to = |name, amount| net.network.routes(name, msat(amount), None);
    assert!(matches!(to("alice", 1), Err(DevError::NoRoute(_))));
    assert!(matches!(to("mallory", 1), Err(DevError::NoSuchNode(_))));
    assert!(matches!(
        to("dave", Msat::MAX.get()),
        Err(DevError::NoRoute(_))
    ));
    assert!(to("dave", 0).is_err());
    let one = net.network.routes("dave", msat(1), Some(1));
    assert_eq!(one.unwrap().len(), 1);
}
