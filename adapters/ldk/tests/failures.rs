//! Parts that fail on a real network, and how it is told.

mod support;

use devnet::DevNetwork;
use domain::{FailureCode, LookUp, NodeId, OfferAnswer, PaymentSecret, ShortChannelId};
use support::{Net, changed, msat, offer};

const TOTAL: u64 = 50_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn too_little_fee_fails_at_bob() {
    let mut net = Net::in_memory().await;
    let invoice = net.invoice(TOTAL).await;
    let [way, _] = net.ways(1_000_000);
    let (bob, beyond) = (way.first().node, way.last().channel);
    let way = changed(&way, |hops| hops[0].amount = hops[1].amount);
    let part = offer(1, &invoice, way, TOTAL);
    net.sender.offer(&part).await;
    let failure = net.failure().await;
    assert_eq!(failure.code, FailureCode::TryOtherRoute);
    assert_eq!(
        failure.message,
        "failed: WIRE_FEE_INSUFFICIENT (reply from remote)"
    );
    assert_eq!(failure.failcode, Some(0x100c));
    assert_eq!(
        (failure.erring_index, failure.erring_node),
        (Some(1), Some(bob))
    );
    assert_eq!(failure.erring_channel, Some(beyond));
    // LDK has forgotten it by now, and would send it again.
    assert_eq!(net.sender.offer(&part).await, OfferAnswer::AlreadyOffered);
    assert_eq!(net.look_up(&part).await, LookUp::Failed(Box::new(failure)));
}

#[tokio::test(flavor = "multi_thread")]
async fn too_little_time_fails_at_bob() {
    let mut net = Net::in_memory().await;
    let invoice = net.invoice(TOTAL).await;
    let [way, _] = net.ways(1_000_000);
    let way = changed(&way, |hops| hops[0].delay -= 10);
    net.sender.offer(&offer(1, &invoice, way, TOTAL)).await;
    let failure = net.failure().await;
    assert_eq!(
        (failure.erring_index, failure.failcode),
        (Some(1), Some(0x100d))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_secret_is_refused_by_the_destination_for_good() {
    let mut net = Net::in_memory().await;
    let invoice = net.invoice(TOTAL).await;
    let mut part = net.part(1, &invoice, TOTAL, TOTAL);
    part.secret = Some(PaymentSecret::new([7; 32]));
    net.sender.offer(&part).await;
    let failure = net.failure().await;
    assert_eq!(failure.code, FailureCode::DestinationPermanent);
    assert_eq!(failure.failcode, Some(0x400f));
    assert_eq!(failure.erring_index, Some(2));
    assert_eq!(failure.erring_channel, Some(ShortChannelId(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_next_channel_is_told_by_bob() {
    let mut net = Net::in_memory().await;
    let invoice = net.invoice(TOTAL).await;
    let [way, _] = net.ways(1_000_000);
    let nowhere = ShortChannelId(12_345 << 40);
    let way = changed(&way, |hops| hops[1].channel = nowhere);
    net.sender.offer(&offer(1, &invoice, way, TOTAL)).await;
    let failure = net.failure().await;
    assert_eq!(failure.code, FailureCode::TryOtherRoute);
    assert_eq!(
        (failure.erring_index, failure.failcode),
        (Some(1), Some(0x400a))
    );
    assert_eq!(failure.erring_channel, Some(nowhere));
}

#[tokio::test(flavor = "multi_thread")]
async fn part_without_a_first_channel_is_refused_at_once() {
    let net = Net::in_memory().await;
    let invoice = net.invoice(TOTAL).await;
    let [way, _] = net.ways(1_000_000);
    let nowhere = ShortChannelId(12_345 << 40);
    let part = offer(
        1,
        &invoice,
        changed(&way, |hops| hops[0].channel = nowhere),
        TOTAL,
    );
    let OfferAnswer::Refused(failure) = net.sender.offer(&part).await else {
        panic!()
    };
    let message = "failed: WIRE_UNKNOWN_NEXT_PEER (No connection to first peer found)";
    assert_eq!(failure.message, message);
    assert_eq!(
        (failure.code, failure.failcode),
        (FailureCode::TryOtherRoute, Some(0x400a))
    );
    assert_eq!(failure.erring_node, net.network.node_id("alice"));
    assert_eq!(
        (failure.erring_index, failure.erring_channel),
        (Some(0), Some(nowhere))
    );
    assert_eq!(net.look_up(&part).await, LookUp::NeverSeen);
    // The key is not spent.
    let part = net.part(1, &invoice, 1_000_000, TOTAL);
    assert_eq!(net.sender.offer(&part).await, OfferAnswer::Accepted);
}

#[tokio::test(flavor = "multi_thread")]
async fn node_that_cannot_exist_is_refused() {
    let net = Net::in_memory().await;
    let invoice = net.invoice(TOTAL).await;
    let [way, _] = net.ways(1_000_000);
    let nobody = NodeId::new([2; 33]).unwrap();
    let off_curve = NodeId::new([[2].as_slice(), &[0xff; 32]].concat().try_into().unwrap());
    let way = changed(&way, |hops| hops[1].node = off_curve.unwrap_or(nobody));
    let answer = net.sender.offer(&offer(1, &invoice, way, TOTAL)).await;
    let OfferAnswer::Refused(failure) = answer else {
        panic!("{answer:?}")
    };
    assert!(
        failure.message.contains("no public key"),
        "{}",
        failure.message
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_the_first_channel_holds_fails_at_home() {
    let mut net = Net::in_memory().await;
    let invoice = net.invoice(TOTAL).await;
    let [way, _] = net.ways(1_000_000);
    let all = msat(15_999_000_000);
    let way = changed(&way, |hops| {
        for hop in hops {
            hop.amount = all;
        }
    });
    let part = offer(1, &invoice, way, all.get());
    assert_eq!(net.sender.offer(&part).await, OfferAnswer::Accepted);
    let failure = net.failure().await;
    assert_eq!(
        (failure.erring_index, failure.failcode),
        (Some(0), Some(0x1007))
    );
    assert_eq!(failure.erring_node, net.network.node_id("alice"));
    assert_eq!(failure.erring_channel, Some(part.route.first().channel));
}

#[tokio::test(flavor = "multi_thread")]
async fn lone_part_is_given_up_at_the_third_minute() {
    let mut net = Net::in_memory().await;
    let invoice = net.invoice(TOTAL).await;
    let part = net.part(1, &invoice, TOTAL / 2, TOTAL);
    net.sender.offer(&part).await;
    net.network.tick(3).await.unwrap();
    let failure = net.failure().await;
    assert_eq!(
        (failure.erring_index, failure.failcode),
        (Some(2), Some(0x0017))
    );
    assert_eq!(failure.code, FailureCode::TryOtherRoute);
    assert_eq!(
        failure.message,
        "failed: WIRE_MPP_TIMEOUT (reply from remote)"
    );
}
