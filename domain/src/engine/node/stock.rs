//! The node is asked which parts it knows.

use super::Node;
use super::readiness::Readiness;
use crate::engine::unrecorded::Told;
use crate::{KnownPart, NodeAway, PartId, Unavailable};
use futures::future::join_all;
use futures::stream::StreamExt;
use tracing::warn;

/// How many parts are kept side by side.
const AT_ONCE: usize = 1_024;

/// Why a node has not told.
pub(in crate::engine) enum Untold {
    Away(NodeAway),
    Storage(Unavailable),
}

impl Node {
    /// Returns once the node has been asked, if that could not be done at start.
    pub(super) async fn ask_later(&self) {
        let mut backoff = self.timing.backoff();
        while let Some(unasked) = self.unrecorded.unasked(&self.name) {
            let reason = match self.ask(unasked.after).await {
                Ok(told) => match self.unrecorded.has_told(&self.name, told).await {
                    Ok(()) => return self.unrecorded.say_how_it_stands(told),
                    Err(unavailable) => unavailable.to_string(),
                },
                Err(Untold::Away(away)) => away.to_string(),
                Err(Untold::Storage(unavailable)) => unavailable.to_string(),
            };
            if self.readiness.set(Readiness::Away(reason.clone())) {
                warn!(node = %self.name, reason, "the node cannot tell which parts it knows: its parts wait");
            }
            self.timing.pause(&mut backoff).await;
        }
    }

    /// Keeps each part that the node knows after that number and that is not stored.
    pub(in crate::engine) async fn ask(&self, after: PartId) -> Result<Told, Untold> {
        if !self.is_met() {
            return Err(Untold::Away(NodeAway("it has not been met".to_owned())));
        }
        let parts = self.timing.patiently(self.sender.known_parts(after)).await;
        let parts = parts.map_err(Untold::Away)?;
        let mut parts = parts.ready_chunks(AT_ONCE);
        let mut told = Told::default();
        loop {
            let page = self.timing.patiently(parts.next()).await;
            let Some(page) = page.map_err(Untold::Away)? else {
                return Ok(told);
            };
            let page: Result<Vec<KnownPart>, NodeAway> = page.into_iter().collect();
            let page = page.map_err(Untold::Away)?;
            told.last = page
                .iter()
                .map(|part| part.part)
                .fold(told.last, PartId::max);
            let kept = page.into_iter().map(|part| self.keep_if_missing(part));
            for missing in join_all(kept).await {
                told.missing += u64::from(missing.map_err(Untold::Storage)?);
            }
        }
    }
}
