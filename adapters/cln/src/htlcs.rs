//! Which HTLCs lightningd has made since before a part could be offered.
//!
//! lightningd counts HTLCs, and `listhtlcs` can be read from a number on. So before the first part of
//! a block of numbers is offered, the count is noted in lightningd's own datastore
//! (`ampere/GROUP/htlcs-before/BLOCK`): a part's HTLC is later than the note of its block, and of a block
//! without a note nothing was ever offered.

use crate::calls::{Htlc, ListHtlcs, Waited};
use crate::connection::{CallError, Connection};
use crate::life::{recall, remember};
use domain::{PartId, PaymentHash};
use serde_json::json;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use tokio::sync::Mutex;

/// Parts that share one note.
const BLOCK: u64 = 1_024;
/// HTLCs asked for at once.
const PAGE: usize = 1_000;

/// The notes and the HTLCs of one session.
pub(crate) struct Htlcs {
    group: String,
    /// Whether `listhtlcs` can be read from a number on; if not, it is read whole each time.
    are_numbered: bool,
    notes: Mutex<HashMap<u64, u64>>,
    window: Mutex<Window>,
}

/// The HTLCs that were made after number `from`, as far as they were read.
#[derive(Default)]
struct Window {
    from: u64,
    read: u64,
    by_hash: HashMap<String, Vec<Htlc>>,
}

impl Htlcs {
    pub(crate) fn new(group: u64, are_numbered: bool) -> Htlcs {
        Htlcs {
            group: group.to_string(),
            are_numbered,
            notes: Mutex::default(),
            window: Mutex::default(),
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
            let now = self.count(lightningd).await?.to_string();
            let text = remember(lightningd, &self.key(&block.to_string()), &now).await?;
            vacant.insert(number(&text)?);
        }
        Ok(())
    }

    /// Those of a hash that were made since before the part could be offered; some earlier ones may be
    /// among them.
    pub(crate) async fn since_before(
        &self,
        lightningd: &Connection,
        hash: PaymentHash,
        part: PartId,
    ) -> Result<Vec<Htlc>, CallError> {
        let hash = hash.to_string();
        if !self.are_numbered {
            let list: ListHtlcs = lightningd.ask("listhtlcs", &json!({})).await?;
            let own = list
                .htlcs
                .into_iter()
                .filter(|htlc| htlc.payment_hash == hash);
            return Ok(own.collect());
        }
        let since = self.noted(lightningd, part).await?;
        let mut window = self.window.lock().await;
        if since < window.from || window.read == 0 {
            *window = Window {
                from: since,
                read: since,
                ..Window::default()
            };
        }
        window.read_on(lightningd).await?;
        Ok(window.by_hash.get(&hash).cloned().unwrap_or_default())
    }

    async fn noted(&self, lightningd: &Connection, part: PartId) -> Result<u64, CallError> {
        let block = part.0 / BLOCK;
        let mut notes = self.notes.lock().await;
        if let Some(count) = notes.get(&block) {
            return Ok(*count);
        }
        let text = recall(lightningd, &self.key(&block.to_string())).await?;
        // Without a note, whatever there is now is not of that block.
        let Some(text) = text else {
            return self.count(lightningd).await;
        };
        let count = number(&text)?;
        notes.insert(block, count);
        Ok(count)
    }

    async fn count(&self, lightningd: &Connection) -> Result<u64, CallError> {
        if !self.are_numbered {
            return Ok(0);
        }
        let params = json!({"subsystem": "htlcs", "indexname": "created", "nextvalue": 0});
        let waited: Waited = lightningd.ask("wait", &params).await?;
        Ok(waited.created)
    }

    fn key<'a>(&'a self, block: &'a str) -> [&'a str; 4] {
        ["ampere", &self.group, "htlcs-before", block]
    }
}

impl Window {
    async fn read_on(&mut self, lightningd: &Connection) -> Result<(), CallError> {
        loop {
            let params = json!({"index": "created", "start": self.read + 1, "limit": PAGE});
            let list: ListHtlcs = lightningd.ask("listhtlcs", &params).await?;
            let is_last = list.htlcs.len() < PAGE;
            for htlc in list.htlcs {
                self.read = self.read.max(htlc.created_index);
                let hash = htlc.payment_hash.clone();
                self.by_hash.entry(hash).or_default().push(htlc);
            }
            if is_last {
                return Ok(());
            }
        }
    }
}

fn number(text: &str) -> Result<u64, CallError> {
    let what = || format!("{text} in its datastore, where a number should be");
    text.parse().map_err(|_| CallError::Nonsense(what()))
}
