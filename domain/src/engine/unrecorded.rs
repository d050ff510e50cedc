//! Outcomes of parts that nodes know under our own keys, and the database does not.

use super::cells::Turn;
use super::core::Core;
use super::ledger::Undone;
use super::outcome::{Kept, Said};
use crate::{Burial, Word};
use tracing::warn;

impl Core {
    /// A node tells of a part that is not stored: it was deleted with its payment, or the database is older
    /// than the node.
    pub(super) async fn not_stored(
        &self,
        turn: &mut Turn<'_>,
        said: &Said,
    ) -> Result<Kept, Undone> {
        let (hash, part) = (said.hash, said.part);
        let bytes = match &said.word {
            Word::Fulfilled(bytes) => *bytes,
            Word::Failed(_) => {
                warn!(payment.hash = %hash, part.id = %part, "an outcome of a part that is not ours");
                return Ok(Kept::Before);
            }
        };
        let Ok(burial) = Burial::proving(hash, bytes, self.clock.now()) else {
            let what = format!("the node's preimage for part {part} does not open the hash (A-6)");
            self.ledger.alarm(hash, &what);
            return Ok(Kept::No);
        };
        match turn.known() {
            None => self.ledger.bury(turn, burial).await?,
            Some(payment) => {
                if let Some(transition) = payment.unrecorded(&said.node, part, burial.at) {
                    self.ledger.commit(turn, transition).await?;
                }
            }
        }
        let what = format!("part {part} is not ours, and was fulfilled (A-4)");
        self.ledger.alarm(hash, &what);
        Ok(Kept::Before)
    }
}
