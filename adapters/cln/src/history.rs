//! What lightningd has made since before a part could be offered: HTLCs, and rows.
//!
//! lightningd counts both, and its lists can be read from a number on. So before the first part of a
//! block of numbers is offered, the counts are noted in lightningd's own datastore
//! (`ampere/GROUP/made-before/BLOCK`): a part's row and HTLC are later than the note of its block, and
//! of a block without a note nothing was ever offered.

use crate::calls::{Htlc, ListHtlcs, ListSendPays, Waited};
use crate::connection::{CallError, Connection};
use crate::life::{counter, nonsense, recall, remember};
use domain::{PartId, PaymentHash};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use tokio::sync::Mutex;

/// Parts that share one note.
const BLOCK: u64 = 1_024;
/// HTLCs, or rows, asked for at once.
const PAGE: usize = 1_000;

/// The notes of one group, and what one session has read.
pub(crate) struct History {
    group: String,
    /// Whether `listhtlcs` can be read from a number on; if not, it is read whole each time.
    htlcs_are_numbered: bool,
    notes: Mutex<HashMap<u64, Note>>,
    htlcs: Mutex<Htlcs>,
    rows: Mutex<Rows>,
}

/// How many there were.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Note {
    rows: u64,
    htlcs: u64,
}

/// The outgoing HTLCs that were made after number `from`, as far as they were read.
#[derive(Default)]
struct Htlcs {
    from: u64,
    read: u64,
    by_hash: HashMap<String, Vec<Htlc>>,
}

/// Whether all rows that were made after number `from` are still there, as far as they were read.
#[derive(Default)]
struct Rows {
    from: u64,
    read: u64,
    deleted: bool,
}

/// Where the notes of a group are.
pub(crate) fn notes_of(group: &str) -> [&str; 3] {
    ["ampere", group, "made-before"]
}

/// Whether a block has parts with larger numbers than that.
pub(crate) fn may_hold_later(block: u64, after: PartId) -> bool {
    block >= after.0.saturating_add(1) / BLOCK
}

/// How many rows there were when a block was begun, as its note says.
pub(crate) fn rows_before_block(note: &str) -> Result<u64, CallError> {
    let note: Note = serde_json::from_str(note).map_err(|why| nonsense(&why))?;
    Ok(note.rows)
}

impl History {
    pub(crate) fn new(group: u64, htlcs_are_numbered: bool) -> History {
        History {
            group: group.to_string(),
            htlcs_are_numbered,
            notes: Mutex::default(),
            htlcs: Mutex::default(),
            rows: Mutex::default(),
        }
    }

    /// Must have succeeded before that part is offered.
    pub(crate) async fn note(
        &self,
        lightningd: &Connection,
        part: PartId,
    ) -> Result<(), CallError> {
        let block = part.0 / BLOCK;
        let mut notes = self.notes.lock().await;
        if let Entry::Vacant(vacant) = notes.entry(block) {
            let now = self.now(lightningd).await?;
            let now = serde_json::to_string(&now).map_err(|why| nonsense(&why))?;
            let text = remember(lightningd, &self.key(&block.to_string()), &now).await?;
            vacant.insert(serde_json::from_str(&text).map_err(|why| nonsense(&why))?);
        }
        Ok(())
    }

    /// The outgoing HTLCs of a hash that were made since before the part could be offered; some earlier
    /// ones may be among them.
    pub(crate) async fn htlcs(
        &self,
        lightningd: &Connection,
        hash: PaymentHash,
        part: PartId,
    ) -> Result<Vec<Htlc>, CallError> {
        let hash = hash.to_string();
        if !self.htlcs_are_numbered {
            let list: ListHtlcs = lightningd.ask("listhtlcs", &json!({})).await?;
            let htlcs = list.htlcs.into_iter().filter(Htlc::is_outgoing);
            return Ok(htlcs.filter(|htlc| htlc.payment_hash == hash).collect());
        }
        let since = self.before(lightningd, part).await?.htlcs;
        let mut htlcs = self.htlcs.lock().await;
        if since < htlcs.from || htlcs.read == 0 {
            *htlcs = Htlcs {
                from: since,
                read: since,
                ..Htlcs::default()
            };
        }
        htlcs.read_on(lightningd).await?;
        Ok(htlcs.by_hash.get(&hash).cloned().unwrap_or_default())
    }

    /// Whether a row may have been deleted (`delpay`, autoclean) that was made since before the part
    /// could be offered. lightningd's own counter of deletions does not count all of them.
    pub(crate) async fn rows_were_deleted(
        &self,
        lightningd: &Connection,
        part: PartId,
    ) -> Result<bool, CallError> {
        let since = self.before(lightningd, part).await?.rows;
        let mut rows = self.rows.lock().await;
        if since < rows.from || rows.read == 0 {
            *rows = Rows {
                from: since,
                read: since,
                deleted: false,
            };
        }
        rows.read_on(lightningd).await?;
        Ok(rows.deleted)
    }

    /// How many there were before the part could be offered.
    async fn before(&self, lightningd: &Connection, part: PartId) -> Result<Note, CallError> {
        let block = part.0 / BLOCK;
        let mut notes = self.notes.lock().await;
        if let Some(note) = notes.get(&block) {
            return Ok(*note);
        }
        let text = recall(lightningd, &self.key(&block.to_string())).await?;
        // Without a note, whatever there is now is not of that block.
        let Some(text) = text else {
            return self.now(lightningd).await;
        };
        let note = serde_json::from_str(&text).map_err(|why| nonsense(&why))?;
        notes.insert(block, note);
        Ok(note)
    }

    async fn now(&self, lightningd: &Connection) -> Result<Note, CallError> {
        let rows = counter(lightningd, "created").await?.created;
        if !self.htlcs_are_numbered {
            return Ok(Note { rows, htlcs: 0 });
        }
        let params = json!({"subsystem": "htlcs", "indexname": "created", "nextvalue": 0});
        let waited: Waited = lightningd.ask("wait", &params).await?;
        let htlcs = waited.created;
        Ok(Note { rows, htlcs })
    }

    fn key<'a>(&'a self, block: &'a str) -> [&'a str; 4] {
        let [ampere, group, made_before] = notes_of(&self.group);
        [ampere, group, made_before, block]
    }
}

impl Htlcs {
    async fn read_on(&mut self, lightningd: &Connection) -> Result<(), CallError> {
        loop {
            let params = json!({"index": "created", "start": self.read + 1, "limit": PAGE});
            let list: ListHtlcs = lightningd.ask("listhtlcs", &params).await?;
            let is_last = list.htlcs.len() < PAGE;
            self.take(list)?;
            if is_last {
                return Ok(());
            }
        }
    }

    /// A page must bring later ones, or the next one would be the same for ever.
    fn take(&mut self, list: ListHtlcs) -> Result<(), CallError> {
        for htlc in list.htlcs {
            self.read = later(htlc.created_index, self.read)?;
            if htlc.is_outgoing() {
                let hash = htlc.payment_hash.clone();
                self.by_hash.entry(hash).or_default().push(htlc);
            }
        }
        Ok(())
    }
}

/// A number that lightningd gave out after `read`, and that is not its last.
pub(crate) fn later(number: u64, read: u64) -> Result<u64, CallError> {
    if number > read && number < u64::MAX {
        return Ok(number);
    }
    let what = format!("number {number} in a list of those after {read}");
    Err(CallError::Nonsense(what))
}

impl Rows {
    async fn read_on(&mut self, lightningd: &Connection) -> Result<(), CallError> {
        let made = counter(lightningd, "created").await?.created;
        while !self.deleted && self.read < made {
            let params = json!({"index": "created", "start": self.read + 1, "limit": PAGE});
            let list: ListSendPays = lightningd.ask("listsendpays", &params).await?;
            self.take(&list)?;
        }
        Ok(())
    }

    fn take(&mut self, list: &ListSendPays) -> Result<(), CallError> {
        for row in &list.payments {
            let next = later(row.created_index, self.read)?;
            self.deleted |= next != self.read + 1;
            self.read = next;
        }
        // Nothing there, although it was made.
        self.deleted |= list.payments.is_empty();
        Ok(())
    }
}

/// Both lists, read once more from the beginning, as a fuzz target hands them in.
#[cfg(feature = "fuzz")]
pub(crate) fn take(htlcs: ListHtlcs, rows: &ListSendPays) -> [Result<(), CallError>; 2] {
    [Htlcs::default().take(htlcs), Rows::default().take(rows)]
}

#[cfg(test)]
mod tests {
    use super::later;

    #[test]
    fn a_list_that_does_not_go_on_is_nonsense() {
        assert_eq!(later(8, 7).ok(), Some(8));
        for (number, read) in [(7, 7), (0, 0), (3, 7), (u64::MAX, 7)] {
            assert!(later(number, read).is_err(), "{number} after {read}");
        }
    }
}
