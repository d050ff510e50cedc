//! How much may happen in the model, and how much may go wrong.

/// The most that the callers can ask for.
pub(super) const ASKS_MAX: usize = 4;
/// The most keys that a node can be offered: a broken protocol may use two for a part.
pub(super) const KEYS: usize = 2 * ASKS_MAX;

/// What may still go wrong.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Bounds {
    /// The daemon is killed, and starts again.
    pub(super) crashes: u8,
    /// A message or an answer is lost, or comes when nobody waits for it any more.
    pub(super) losses: u8,
    /// A message comes twice.
    pub(super) copies: u8,
    /// Storage fails, or says so although it has written.
    pub(super) lapses: u8,
}

impl Bounds {
    /// What `cargo xtask model` tries unless told otherwise.
    pub(super) const USUAL: Bounds = Bounds {
        crashes: 2,
        losses: 1,
        copies: 1,
        lapses: 1,
    };
}
