//! When an HTLC was first seen, and what its payer said: lightningd keeps neither.

use super::now;
use domain::{Msat, PaymentHash, ShortChannelId, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// HTLCs that are remembered. All channels of a node together rarely carry as many at once.
const MAX: usize = 1 << 16;

/// What was seen of HTLCs as they came in, in memory: the `htlc_accepted` hook of a plugin writes it,
/// the lists read it. Clones are handles to the same one.
#[derive(Clone, Default, Debug)]
pub struct Arrivals(Arc<Mutex<Notes>>);

#[derive(Default, Debug)]
struct Notes {
    by_htlc: HashMap<Key, Note>,
    oldest: VecDeque<Key>,
}

type Key = (ShortChannelId, u64);

/// What is known of one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Note {
    pub(crate) at: Timestamp,
    /// What the payer says that all parts bring together (BOLT 4's `total_msat`).
    pub(crate) total: Option<Msat>,
    hash: PaymentHash,
}

#[derive(Deserialize)]
struct Hook {
    onion: Onion,
    htlc: Htlc,
    /// The channel by which it is to go on.
    #[serde(default)]
    forward_to: Option<Value>,
}

#[derive(Deserialize)]
struct Onion {
    #[serde(default)]
    short_channel_id: Option<Value>,
    #[serde(default)]
    next_node_id: Option<Value>,
    #[serde(default)]
    total_msat: Option<u64>,
}

#[derive(Deserialize)]
struct Htlc {
    short_channel_id: String,
    id: u64,
    payment_hash: String,
}

impl Hook {
    fn is_for_us(&self) -> bool {
        let next = [
            &self.forward_to,
            &self.onion.short_channel_id,
            &self.onion.next_node_id,
        ];
        next.iter().all(|next| next.is_none())
    }
}

impl Arrivals {
    /// Notes what the hook is told, and waits for nothing (rule A-12): if somebody is at the notes, or
    /// the request is not understood, nothing is noted.
    pub fn note(&self, request: &Value) {
        let Ok(hook) = Hook::deserialize(request) else {
            return;
        };
        let htlc = &hook.htlc;
        let name = htlc.short_channel_id.parse::<ShortChannelId>();
        let (Ok(channel), Ok(hash)) = (name, htlc.payment_hash.parse()) else {
            return;
        };
        if !hook.is_for_us() {
            return;
        }
        let note = Note {
            at: now(),
            total: hook.onion.total_msat.and_then(|msat| Msat::new(msat).ok()),
            hash,
        };
        if let Ok(mut notes) = self.0.try_lock() {
            notes.keep((channel, htlc.id), note);
        }
    }

    /// What is known of an HTLC that is there now.
    pub(crate) fn seen(&self, channel: ShortChannelId, id: u64, hash: PaymentHash) -> Note {
        let note = Note {
            at: now(),
            total: None,
            hash,
        };
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        notes.keep((channel, id), note)
    }

    /// When an HTLC was seen, if it was.
    pub(crate) fn when(
        &self,
        channel: ShortChannelId,
        id: u64,
        hash: PaymentHash,
    ) -> Option<Timestamp> {
        let notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let note = notes.by_htlc.get(&(channel, id))?;
        (note.hash == hash).then_some(note.at)
    }
}

impl Notes {
    /// The first time counts; lightningd says everything again when it starts.
    fn keep(&mut self, key: Key, new: Note) -> Note {
        match self.by_htlc.entry(key) {
            Entry::Occupied(mut known) if known.get().hash == new.hash => {
                let known = known.get_mut();
                known.total = known.total.or(new.total);
                *known
            }
            // Another HTLC of that name: another lightningd has the channel now.
            Entry::Occupied(mut other) => {
                other.insert(new);
                new
            }
            Entry::Vacant(vacant) => {
                vacant.insert(new);
                self.oldest.push_back(key);
                if self.oldest.len() > MAX
                    && let Some(oldest) = self.oldest.pop_front()
                {
                    self.by_htlc.remove(&oldest);
                }
                new
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const HASH: PaymentHash = PaymentHash([7; 32]);

    fn hook(id: u64) -> Value {
        json!({
            "onion": {"payload": "00", "total_msat": 1_000},
            "htlc": {"short_channel_id": "1x2x3", "id": id, "amount_msat": 400, "cltv_expiry": 9,
                "payment_hash": HASH.to_string()},
        })
    }

    fn channel() -> ShortChannelId {
        "1x2x3".parse().expect("a name")
    }

    #[test]
    fn the_first_time_counts_and_the_total_stays() {
        let arrivals = Arrivals::default();
        arrivals.note(&hook(5));
        let first = arrivals.seen(channel(), 5, HASH);
        assert_eq!(first.total, Msat::new(1_000).ok());
        arrivals.note(&hook(5));
        assert_eq!(arrivals.seen(channel(), 5, HASH), first);
        assert_eq!(arrivals.when(channel(), 5, HASH), Some(first.at));
        assert_eq!(arrivals.when(channel(), 5, PaymentHash([8; 32])), None);
        assert_eq!(arrivals.when(channel(), 6, HASH), None);
    }

    #[test]
    fn what_goes_on_is_not_noted() {
        let arrivals = Arrivals::default();
        for (part, key) in [("onion", "short_channel_id"), ("onion", "next_node_id")] {
            let mut forward = hook(1);
            forward[part][key] = json!("4x5x6");
            arrivals.note(&forward);
        }
        let mut forward = hook(1);
        forward["forward_to"] = json!("00".repeat(32));
        arrivals.note(&forward);
        assert_eq!(arrivals.when(channel(), 1, HASH), None);
    }

    /// Rule A-12: the hook waits for nobody, and nothing that is odd stops it.
    #[test]
    fn nothing_makes_a_note_wait_or_fail() {
        let arrivals = Arrivals::default();
        let reader = arrivals.0.lock().expect("nobody else");
        arrivals.note(&hook(1));
        drop(reader);
        assert_eq!(arrivals.when(channel(), 1, HASH), None, "it was not noted");
        for odd in [
            json!(null),
            json!([]),
            json!({"htlc": {"id": "x"}}),
            json!({"onion": 1}),
        ] {
            arrivals.note(&odd);
        }
        let poisoner = arrivals.clone();
        let died = std::thread::spawn(move || {
            let _notes = poisoner.0.lock();
            panic!("while it reads");
        });
        assert!(died.join().is_err());
        arrivals.note(&hook(2));
        assert_eq!(arrivals.seen(channel(), 2, HASH).total, None, "not noted");
    }

    #[test]
    fn notes_have_a_limit_and_the_oldest_go() {
        let arrivals = Arrivals::default();
        for id in 0..=MAX as u64 {
            arrivals.note(&hook(id));
        }
        assert_eq!(arrivals.when(channel(), 0, HASH), None);
        assert!(arrivals.when(channel(), 1, HASH).is_some());
        assert_eq!(arrivals.0.lock().expect("free").oldest.len(), MAX);
    }
}
