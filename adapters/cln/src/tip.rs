//! Whether lightningd has reached the tip of the chain.
//!
//! A lightningd that has just started reads its last blocks again: the height that it tells runs from
//! some thirty blocks below the tip up to it, and it takes payments all the while. Expiries that count
//! from such a height are refused by the peers or by the payee. So nothing is offered before the tip.
//!
//! lightningd is at the tip if it does not warn, and is not below the highest block that was ever heard
//! of it, but by a reorganisation. That block is also kept in its datastore (`ampere/GROUP/height`), and
//! so outlives both of us.

mod follow;

pub(crate) use follow::follow;

use crate::calls::{GetInfo, WaitBlockHeight};
use crate::connection::{CallError, Connection};
use crate::life::recall;
use domain::Mutex;
use serde_json::{Value, json};
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, MutexGuard};
use std::time::Duration;
use tokio::sync::{Mutex as AsyncMutex, Notify};
use tokio::time::Instant;

/// A tip that is told without a warning may be so many blocks lower than before: the chain was
/// reorganised.
const REORGANISED_MAX: u32 = 6;
/// In a young chain, at most this share of its blocks.
const REORGANISED_SHARE: u32 = 4;
/// What is lower still is believed if lightningd stands by it for so long.
const STOOD_BY: Duration = Duration::from_secs(600);
/// An answer that is younger is still good.
const FRESH: Duration = Duration::from_millis(20);

/// What lightningd says of its height.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Told {
    height: u32,
    /// Whether it says that there are more blocks.
    warning: Option<Warning>,
}

/// Who has yet to read blocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Warning {
    Lightningd,
    Bitcoind,
}

/// How far lightningd has got.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tip {
    /// It is still reading blocks, and has come to this one.
    Below(u32),
    /// It has read the last one, which is this one.
    At(u32),
}

/// The heights of one lightningd, over all of its lives.
#[derive(Default)]
pub(crate) struct Heights {
    /// The highest that was ever heard of, less what was reorganised.
    highest: AtomicU32,
    /// The one in lightningd's datastore.
    kept: AtomicU32,
    reached: Notify,
}

/// How far one life of lightningd has got.
pub(crate) struct Progress {
    heights: Arc<Heights>,
    group: String,
    state: Mutex<State>,
    /// Held while lightningd is asked: who waits for it need not ask.
    asking: AsyncMutex<()>,
}

struct State {
    tip: Tip,
    told: Told,
    asked: Instant,
    /// Since when lightningd has been telling, without a warning, a height that is too low.
    too_low_since: Option<Instant>,
}

impl Told {
    /// `own` is the last block that lightningd itself has read.
    pub(crate) fn new(info: &GetInfo, own: u32) -> Told {
        let warning = match (&info.warning_bitcoind_sync, &info.warning_lightningd_sync) {
            (Some(_), _) => Some(Warning::Bitcoind),
            (None, Some(_)) => Some(Warning::Lightningd),
            (None, None) => None,
        };
        // Without a warning `getinfo` tells how far gossipd has got: that is 0 for a moment after the
        // last warning. And lightningd's own height is too low for a moment while it reorganises.
        let height = match warning {
            Some(_) => info.blockheight,
            None => info.blockheight.max(own),
        };
        Told { height, warning }
    }

    fn is_too_low(self, highest: u32) -> bool {
        let reorganised = REORGANISED_MAX.min(highest / REORGANISED_SHARE);
        self.height == 0 || self.height.saturating_add(reorganised) < highest
    }
}

/// The last block that lightningd itself has read; 0 if it does not say.
pub(crate) async fn own_height(lightningd: &Connection) -> Result<u32, CallError> {
    let params = json!({"blockheight": 0, "timeout": 1});
    let waited = lightningd.ask::<WaitBlockHeight>("waitblockheight", &params);
    match waited.await {
        Ok(waited) => Ok(waited.blockheight),
        Err(CallError::ReportedOutcome(_)) => Ok(0),
        Err(error @ (CallError::Lost(_) | CallError::Nonsense(_))) => Err(error),
    }
}

impl Heights {
    /// The highest block that was ever heard of, 0 if none was.
    pub(crate) fn highest(&self) -> u32 {
        self.highest.load(Ordering::Acquire)
    }

    /// Somebody may have been waiting for the tip.
    pub(crate) fn tell(&self) {
        self.reached.notify_waiters();
    }

    /// Returns once `is_reached`, which is asked again at every new tip.
    pub(crate) async fn reached(&self, is_reached: impl Fn() -> bool) {
        loop {
            // Registered before it is asked: a tip in between is not missed.
            let mut reached = pin!(self.reached.notified());
            reached.as_mut().enable();
            if is_reached() {
                return;
            }
            reached.await;
        }
    }
}

impl Progress {
    /// Of a lightningd that has told this when it was met.
    pub(crate) async fn of(
        heights: Arc<Heights>,
        lightningd: &Connection,
        group: u64,
        told: Told,
    ) -> Result<Progress, CallError> {
        let kept = recall(lightningd, &["ampere", &group.to_string(), "height"]).await?;
        // What cannot be read tells nothing.
        let kept = kept.and_then(|text| text.parse().ok()).unwrap_or(0);
        heights.kept.store(kept, Ordering::Release);
        heights.highest.fetch_max(kept, Ordering::AcqRel);
        let progress = Progress::new(heights, group, told);
        if let Tip::At(_) = progress.tip() {
            progress.keep(lightningd).await;
        }
        Ok(progress)
    }

    fn new(heights: Arc<Heights>, group: u64, told: Told) -> Progress {
        let progress = Progress {
            heights,
            group: group.to_string(),
            state: Mutex::new(State {
                tip: Tip::Below(told.height),
                told,
                asked: Instant::now(),
                too_low_since: None,
            }),
            asking: AsyncMutex::default(),
        };
        progress.note(told);
        progress
    }

    /// As it was when lightningd was last heard.
    pub(crate) fn tip(&self) -> Tip {
        self.state().tip
    }

    /// As it is now: lightningd is asked, unless it has reached the tip.
    pub(crate) async fn now(&self, lightningd: &Connection) -> Result<Tip, CallError> {
        let _asking = match self.tip() {
            at @ Tip::At(_) => return Ok(at),
            Tip::Below(_) => self.asking.lock().await,
        };
        // Somebody else may have asked just now.
        match self.tip() {
            below @ Tip::Below(_) if self.state().asked.elapsed() < FRESH => Ok(below),
            Tip::Below(_) => self.ask(lightningd).await,
            at @ Tip::At(_) => Ok(at),
        }
    }

    /// Why nothing can be offered to a lightningd that has come to that block only.
    pub(crate) fn reason(&self, at: u32) -> String {
        let highest = self.heights.highest().max(at);
        let who = match self.state().told.warning {
            Some(Warning::Bitcoind) => ": its bitcoind is not up to date with the network",
            Some(Warning::Lightningd) | None => "",
        };
        format!("lightningd is still loading blocks (at {at} of at least {highest}){who}")
    }

    async fn ask(&self, lightningd: &Connection) -> Result<Tip, CallError> {
        let info: GetInfo = lightningd.ask("getinfo", &json!({})).await?;
        let own = own_height(lightningd).await?;
        Ok(self.note(Told::new(&info, own)))
    }

    fn note(&self, told: Told) -> Tip {
        self.note_at(told, Instant::now())
    }

    fn note_at(&self, told: Told, now: Instant) -> Tip {
        let mut state = self.state();
        let highest = self.heights.highest();
        (state.told, state.asked) = (told, now);
        if told.warning.is_some() || !told.is_too_low(highest) {
            state.too_low_since = None;
        } else {
            state.too_low_since.get_or_insert(now);
        }
        let stands_by_it = |since| told.height > 0 && now.duration_since(since) >= STOOD_BY;
        let is_at_tip = told.warning.is_none() && state.too_low_since.is_none_or(stands_by_it);
        if !is_at_tip {
            self.heights
                .highest
                .fetch_max(told.height, Ordering::AcqRel);
            state.tip = Tip::Below(told.height);
            return state.tip;
        }
        if told.height < highest {
            tracing::warn!(
                from = highest,
                to = told.height,
                "the chain was reorganised"
            );
        }
        self.heights.highest.store(told.height, Ordering::Release);
        state.tip = Tip::At(told.height);
        drop(state);
        self.heights.tell();
        Tip::At(told.height)
    }

    /// Writes the highest block down where it outlives us. If that fails, the next tip is written.
    async fn keep(&self, lightningd: &Connection) {
        let highest = self.heights.highest();
        if self.heights.kept.load(Ordering::Acquire) == highest {
            return;
        }
        let key = ["ampere", self.group.as_str(), "height"];
        let text = highest.to_string();
        let params = json!({"key": key, "string": text, "mode": "create-or-replace"});
        if lightningd.ask::<Value>("datastore", &params).await.is_ok() {
            self.heights.kept.store(highest, Ordering::Release);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

#[cfg(test)]
mod tests;
