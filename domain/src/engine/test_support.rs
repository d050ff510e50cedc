//! What the engine's own tests begin with.

use super::{Engine, NodePorts, Policy, Ports};
use crate::contract::samples;
use crate::contract::samples::Command;
use crate::{
    MockClock, MockHtlcListener, MockHtlcSender, MockPaymentStore, MockSpawner,
    MockUnrecordedStore, Outcome, PartId, Payment, Timestamp,
};
use std::sync::Arc;

/// An engine whose ports nobody may call but that store.
pub(super) fn over(store: MockPaymentStore) -> Engine {
    let node = NodePorts {
        name: samples::node(),
        sender: Arc::new(MockHtlcSender::new()),
        listener: Box::new(MockHtlcListener::new()),
    };
    let ports = Ports {
        store: Arc::new(store),
        clock: Arc::new(MockClock::new()),
        spawner: Arc::new(MockSpawner::new()),
        incoming: None,
        ways: None,
        unrecorded: Arc::new(MockUnrecordedStore::new()),
        nodes: vec![node],
    };
    let engine = Engine::new(ports, &Policy::default());
    engine.expect("there is one node").0
}

/// A payment of one live part.
pub(super) fn live() -> Payment {
    let send = samples::part(1, 1_000, 1_000);
    samples::after(None, &Command::Send(Box::new(send)))
}

/// The same payment, complete.
pub(super) fn complete() -> Payment {
    let fulfilled = Command::Resolve {
        part: PartId(1),
        word: Outcome::Fulfilled(*samples::preimage(1).1.expose()),
        at: Timestamp(1),
    };
    samples::after(Some(live()), &fulfilled)
}
