//! A directory from when there were four nodes.

use super::{Network, Options, part, pays};
use crate::StartError;
use crate::network::CORE;
use devnet::{DevError, DevNetwork};
use domain::Msat;

#[tokio::test(flavor = "multi_thread")]
async fn network_of_four_nodes_opens_and_stays_one_of_four() {
    let dir = tempfile::tempdir().unwrap();
    let options = || Options {
        dir: Some(dir.path().to_owned()),
        grace: false,
    };
    let older = Network::start_as(options(), CORE).await.unwrap();
    assert!(pays(&older, &part(&older, 1).await).await);
    older.stop().await;
    drop(older);

    for number in 2..=3 {
        let network = Network::start(options()).await.unwrap();
        let names: Vec<_> = network.money().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["alice", "bob", "carol", "dave"]);
        assert!(pays(&network, &part(&network, number).await).await);
        let of_erin = network.invoice(Msat::new(1).unwrap(), None, Some("erin".to_owned()));
        assert_eq!(of_erin.await, Err(DevError::NoSuchNode("erin".to_owned())));
        network.stop().await;
    }
    let second = Options {
        grace: true,
        ..options()
    };
    let started = Network::start(second).await;
    assert!(matches!(started.err(), Some(StartError::NoGrace)));
}
