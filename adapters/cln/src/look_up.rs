//! What became of a part: its row, what was heard of it, or the proof that it never left.

use crate::calls::{ListPeerChannels, Row, RowStatus};
use crate::connection::{CallError, shortened};
use crate::proof::{self, Evidence, Verdict};
use crate::sender::Sender;
use crate::session::Session;
use domain::{Failure, LookUp, PartId, PaymentHash, Preimage, Route};
use serde_json::json;

impl Sender {
    pub(crate) async fn find(
        &self,
        session: &Session,
        part: PartId,
        hash: PaymentHash,
        route: &Route,
    ) -> Result<LookUp, CallError> {
        self.link.ends.await_end(hash, part, route);
        let rows = session.rows(hash).await?;
        let own = self.own(&rows, part);
        match own.map(|row| (row, row.status())) {
            Some((row, RowStatus::Complete)) => {
                self.link.forget(session, hash, part);
                Ok(fulfilled(row, hash))
            }
            Some((_, RowStatus::Failed)) => {
                let failure = self.link.ends.failure(session, hash, part).await?;
                Ok(LookUp::Failed(Box::new(failure)))
            }
            Some((row, RowStatus::Strange)) => {
                let status = shortened(&row.status);
                Ok(LookUp::Lost(format!(
                    "lightningd says that it is \"{status}\""
                )))
            }
            own @ (Some((_, RowStatus::Pending)) | None) => {
                let own = own.map(|(row, _)| row);
                if own.is_none()
                    && let Some(told) = self.told(session, hash, part).await
                {
                    return Ok(told);
                }
                if own.is_some_and(|row| row.created_index > session.life.rows_before) {
                    session.watch(hash, part);
                    return Ok(LookUp::Pending);
                }
                self.judge(session, part, (hash, own, &rows), route).await
            }
        }
    }

    /// What was heard of a part before its row was deleted.
    async fn told(&self, session: &Session, hash: PaymentHash, part: PartId) -> Option<LookUp> {
        let told = session.heard_before(hash, part).await?;
        match told {
            Ok(row) => match fulfilled(&row, hash) {
                known @ LookUp::Fulfilled(_) => Some(known),
                _ => None,
            },
            Err(CallError::ReportedOutcome(complaint)) if !complaint.is_no_such_part() => {
                let failure = self.link.ends.keep(hash, part, &complaint);
                Some(LookUp::Failed(Box::new(failure)))
            }
            Err(CallError::ReportedOutcome(_) | CallError::Lost(_) | CallError::Nonsense(_)) => {
                None
            }
        }
    }

    /// A part that may have been lost on the way to its HTLC.
    async fn judge(
        &self,
        session: &Session,
        part: PartId,
        (hash, own, rows): (PaymentHash, Option<&Row>, &[Row]),
        route: &Route,
    ) -> Result<LookUp, CallError> {
        let first = route.first();
        let htlcs = session.htlcs(hash, part).await?;
        let like_it = htlcs
            .iter()
            .any(|htlc| htlc.amount_msat == first.amount.get());
        // To tell whose channel an HTLC is on takes all of them; there may be thousands.
        let params = if like_it {
            json!({})
        } else {
            json!({"id": first.node.to_string()})
        };
        let channels: ListPeerChannels = session.ask("listpeerchannels", &params).await?;
        let evidence = Evidence {
            rows,
            rows_before: session.life.rows_before,
            channels: &channels.channels,
            htlcs: &htlcs,
            rows_were_deleted: session.rows_were_deleted(part).await?,
            channel: &first.channel.to_string(),
            amount_sent_msat: first.amount.get(),
        };
        let verdict = match own {
            Some(row) => proof::of_pending_row(row, &evidence),
            None => proof::of_no_row(&evidence),
        };
        Ok(match (verdict, own) {
            (Verdict::NotYet(reason), _) => LookUp::Unknown(reason.to_owned()),
            (Verdict::Doubt(reason), _) => LookUp::Lost(reason.to_owned()),
            (Verdict::NeverSent, own) => {
                self.link.forget(session, hash, part);
                match own {
                    Some(_) => LookUp::Failed(Box::new(dead_row())),
                    None => LookUp::NeverSeen,
                }
            }
            (Verdict::Out, _) => {
                session.watch(hash, part);
                LookUp::Pending
            }
        })
    }
}

pub(crate) fn fulfilled(row: &Row, hash: PaymentHash) -> LookUp {
    let proven = row.preimage().map(|bytes| Preimage::proving(hash, bytes));
    match proven {
        Some(Ok(preimage)) => LookUp::Fulfilled(preimage),
        Some(Err(wrong)) => LookUp::Lost(format!("lightningd says complete, but {wrong}")),
        None => LookUp::Lost("lightningd says complete, and tells no preimage".into()),
    }
}

/// A row that says pending for ever. Its key must not be used again: lightningd would answer with it.
fn dead_row() -> Failure {
    Failure::never_sent(
        "lightningd was stopped before it had committed the HTLC; its own row goes on saying pending; \
         send a new part",
    )
}
