//! How far the node has got with the chain: at its tip, or still reading its last blocks.

use serde_json::json;

use super::lightningd::Lightningd;
use super::state::{Awaited, Loading, State};

/// How many blocks are read again at a start: `rescan`'s default on regtest.
const RESCAN: u32 = 30;
/// How many of them between two questions, where it reads by itself.
const STEP: u32 = 10;

impl Lightningd {
    /// [`Lightningd::start_again`], as a real one starts: thirty blocks below the tip, of which it
    /// reads some between any two `getinfo`.
    pub fn start_and_load(&self) {
        let height = self.with(|state| state.world.height);
        self.start_below(Loading {
            at: height.saturating_sub(RESCAN),
            step: STEP,
            warns: true,
        });
    }

    /// The same, at this block, where it stays until [`Lightningd::loads`] or [`Lightningd::has_loaded`].
    pub fn start_at(&self, block: u32) {
        self.start_below(Loading {
            at: block,
            step: 0,
            warns: true,
        });
    }

    /// The same, without a word about it.
    pub fn start_silently_at(&self, block: u32) {
        self.start_below(Loading {
            at: block,
            step: 0,
            warns: false,
        });
    }

    fn start_below(&self, loading: Loading) {
        self.start_again();
        self.with(|state| state.running().loading = Some(loading));
    }

    /// It has read the blocks up to this one, and does not know yet whether there are more.
    pub fn loads(&self, block: u32) {
        self.with(|state| {
            let loading = state.running().loading.as_mut();
            loading.expect("it is at the tip").at = block;
            state.tell_height();
        });
    }

    /// It has read all blocks, and knows it.
    pub fn has_loaded(&self) {
        self.with(State::reach_tip);
    }

    /// Whether gossipd has yet to take note of the tip.
    pub fn gossip_lags(&self, on: bool) {
        self.with(|state| state.running().gossip_lags = on);
    }
}

impl State {
    pub(crate) fn loading(&self) -> Option<Loading> {
        self.process.as_ref()?.loading
    }

    /// `get_block_height()`: the last block that the node itself has read.
    pub(crate) fn own_height(&self) -> u32 {
        self.loading().map_or(self.world.height, |it| it.at)
    }

    /// What `getinfo` says: without a warning, how far gossipd has got.
    pub(crate) fn shown_height(&self) -> u32 {
        let lags = self.process.as_ref().is_some_and(|it| it.gossip_lags);
        if lags && self.loading().is_none() {
            0
        } else {
            self.own_height()
        }
    }

    /// What happens between two questions.
    pub(crate) fn read_on(&mut self) {
        let height = self.world.height;
        let Some(loading) = self.running().loading.as_mut().filter(|it| it.step > 0) else {
            return;
        };
        if loading.at == height {
            return self.reach_tip();
        }
        loading.at = (loading.at + loading.step).min(height);
        self.tell_height();
    }

    fn reach_tip(&mut self) {
        self.running().loading = None;
        self.tell_height();
    }

    /// The chain has another tip: more blocks, or others in place of the last ones.
    pub(crate) fn set_height(&mut self, height: u32) {
        self.world.height = height;
        self.tell_height();
    }

    fn tell_height(&mut self) {
        let height = self.own_height();
        self.wake(
            &Ok(json!({"blockheight": height})),
            |awaited| matches!(awaited, Awaited::Height(target) if *target <= height),
        );
    }
}
