//! Our channels whose peers are disconnected, as all are for a moment after a node's restart. If the other
//! channels do not suffice, that does not mean "no way" yet.

use super::Orders;
use crate::{OrderId, RouteRequest, Timestamp};
use std::time::Duration;

/// How long an order waits for peers of ours.
const RETURN: Duration = Duration::from_secs(30);

/// Peers of ours without which an order has no way.
#[derive(Default)]
pub(super) struct PeersAbsence {
    ends_by: Option<(OrderId, Timestamp)>,
}

impl PeersAbsence {
    /// Whether it has not lasted [`RETURN`] since this was first asked of that order.
    pub(super) fn may_end(&mut self, order: OrderId, now: Timestamp) -> bool {
        let known = self.ends_by.filter(|(of, _)| *of == order);
        let (_, ends_by) = *self
            .ends_by
            .insert(known.unwrap_or((order, now.after(RETURN))));
        now < ends_by
    }
}

impl Orders {
    /// Whether there would be ways if no peer of ours were away.
    pub(super) async fn would_find(&self, request: &RouteRequest) -> bool {
        let mut request = request.clone();
        let sources = request.sources.iter_mut();
        let own = sources.flat_map(|source| source.funds.channels.iter_mut());
        let mut is_another = false;
        for channel in own.filter(|own| !own.usable) {
            (channel.usable, is_another) = (true, true);
        }
        is_another && self.find(&request).await.is_ok()
    }
}
