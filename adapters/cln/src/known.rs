//! Every part that lightningd has a row of under our group: what an old copy of our database has to ask for.
//!
//! lightningd numbers its rows, not our parts, and there may be millions of rows that are somebody else's. So what
//! was read is noted in lightningd's own datastore (`ampere/GROUP/rows-read`): up to which row, and the largest
//! number of a part among those. Who has given out that number already need read only the rows since; there are
//! none if lightningd's counter of rows is still the same. Who has not, has an old database, and reads from the
//! row on before which no such part could be offered (`history`).
//!
//! A row that was deleted there (`delpay`, autoclean) is not told: nobody knows of it any more.

use crate::calls::{ListDatastore, ListSendPays, Row, RowStatus, Waited};
use crate::connection::CallError;
use crate::history::{self, later};
use crate::life::nonsense;
use crate::session::Session;
use domain::{KnownFate, KnownPart, Msat, NodeAway, PartId, PaymentHash};
use futures::stream::{self, BoxStream, StreamExt};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// Rows asked for at once.
const PAGE: usize = 1_000;

/// What was read of the rows.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    /// Up to this row.
    rows: u64,
    /// The largest number of a part of ours among them.
    part: u64,
}

/// A reading of the rows that is under way.
struct Reading {
    session: Arc<Session>,
    group: u64,
    after: PartId,
    /// The last row that there was when it began.
    made: u64,
    /// The note of before, if there is one.
    before: Option<Note>,
    read: Note,
}

/// The parts with larger numbers than that, and an error if something is in the way of telling them.
pub(crate) async fn parts(
    session: Arc<Session>,
    group: u64,
    after: PartId,
) -> BoxStream<'static, Result<KnownPart, NodeAway>> {
    let reading = match Reading::begin(session, group, after).await {
        Ok(reading) => reading,
        Err(error) => return away(&error),
    };
    let pages = stream::unfold(Some(reading), |reading| async {
        let mut reading = reading?;
        match reading.page().await {
            Ok(Some(page)) => Some((page.into_iter().map(Ok).collect(), Some(reading))),
            Ok(None) => None,
            Err(error) => Some((vec![Err(NodeAway(error.to_string()))], None)),
        }
    });
    pages.flat_map(|page: Vec<_>| stream::iter(page)).boxed()
}

/// Nothing is told, for this reason.
pub(crate) fn away(why: &dyn std::fmt::Display) -> BoxStream<'static, Result<KnownPart, NodeAway>> {
    stream::iter([Err(NodeAway(why.to_string()))]).boxed()
}

impl Reading {
    async fn begin(session: Arc<Session>, group: u64, after: PartId) -> Result<Reading, CallError> {
        let params = json!({"subsystem": "sendpays", "indexname": "created", "nextvalue": 0});
        let made: Waited = session.ask("wait", &params).await?;
        let before = recall(&session, group).await?;
        let read = match before {
            Some(note) if note.part <= after.0 => note,
            // Whatever is in the rows before has no larger number.
            _ => Note {
                rows: first_row(&session, group, after)
                    .await?
                    .unwrap_or(made.created),
                part: after.0,
            },
        };
        Ok(Reading {
            session,
            group,
            after,
            made: made.created,
            before,
            read,
        })
    }

    /// What the next rows tell; none after the last.
    async fn page(&mut self) -> Result<Option<Vec<KnownPart>>, CallError> {
        if self.read.rows >= self.made {
            self.note().await?;
            return Ok(None);
        }
        let params = json!({"index": "created", "start": self.read.rows + 1, "limit": PAGE});
        let list: ListSendPays = self.session.ask("listsendpays", &params).await?;
        let mut page = Vec::new();
        for row in &list.payments {
            self.read.rows = later(row.created_index, self.read.rows)?;
            let own = row.part(self.group).zip(row.hash());
            let Some((part, hash)) = own else { continue };
            self.read.part = self.read.part.max(part.0);
            if part > self.after {
                page.push(self.known(row, part, hash).await?);
            }
        }
        if list.payments.is_empty() {
            // Nothing is there up to the last.
            self.read.rows = self.made;
        }
        Ok(Some(page))
    }

    async fn known(
        &self,
        row: &Row,
        part: PartId,
        payment_hash: PaymentHash,
    ) -> Result<KnownPart, CallError> {
        let fate = match (row.status(), row.preimage()) {
            (RowStatus::Complete, Some(preimage)) => KnownFate::Fulfilled(preimage),
            (RowStatus::Failed, _) => KnownFate::Failed,
            (RowStatus::Pending, _) if self.is_dead(row, part, payment_hash).await? => {
                KnownFate::Lost
            }
            (RowStatus::Pending, _) => KnownFate::Pending,
            (RowStatus::Complete, None) | (RowStatus::Strange, _) => KnownFate::Lost,
        };
        Ok(KnownPart {
            part,
            payment_hash,
            amount_sent: Msat::new(row.amount_sent_msat).ok(),
            fate,
        })
    }

    /// A row of an earlier life that says pending, and no HTLC of its payment: lightningd brings it to no end.
    /// (Whether it never left cannot be told without its way.)
    async fn is_dead(&self, row: &Row, part: PartId, hash: PaymentHash) -> Result<bool, CallError> {
        let is_old = row.created_index <= self.session.life.rows_before;
        Ok(is_old && self.session.htlcs(hash, part).await?.is_empty())
    }

    async fn note(&self) -> Result<(), CallError> {
        if self.before == Some(self.read) {
            return Ok(());
        }
        let text = serde_json::to_string(&self.read).map_err(|why| nonsense(&why))?;
        let group = self.group.to_string();
        let params = json!({"key": key(&group), "string": text, "mode": "create-or-replace"});
        let _: Value = self.session.ask("datastore", &params).await?;
        Ok(())
    }
}

fn key(group: &str) -> [&str; 3] {
    ["ampere", group, "rows-read"]
}

async fn recall(session: &Session, group: u64) -> Result<Option<Note>, CallError> {
    let group = group.to_string();
    let key = key(&group);
    let list: ListDatastore = session.ask("listdatastore", &json!({"key": key})).await?;
    let mut entries = list.datastore.into_iter();
    let text = entries
        .find(|entry| entry.key == key)
        .and_then(|entry| entry.string);
    let note = text.map(|text| serde_json::from_str(&text).map_err(|why| nonsense(&why)));
    note.transpose()
}

/// The row before the first that a part with a larger number can have; none if no such part was ever offered.
async fn first_row(session: &Session, group: u64, after: PartId) -> Result<Option<u64>, CallError> {
    let group = group.to_string();
    let prefix = history::notes_of(&group);
    let list: ListDatastore = session
        .ask("listdatastore", &json!({"key": prefix}))
        .await?;
    let mut first: Option<u64> = None;
    for entry in list.datastore {
        let block = entry.key.last().and_then(|block| block.parse().ok());
        let Some((block, text)) = block.zip(entry.string) else {
            continue;
        };
        let rows = history::rows_before_block(&text)?;
        if history::may_hold_later(block, after) {
            first = Some(first.map_or(rows, |first| first.min(rows)));
        }
    }
    Ok(first)
}
