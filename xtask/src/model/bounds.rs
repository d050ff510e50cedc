//! How much may happen in the model, and how much may go wrong.

/// The most that the callers can ask for.
pub(super) const ASKS_MAX: usize = 4;
/// The most keys that a node can be offered: a broken protocol may use two for a part.
pub(super) const KEYS: usize = 2 * ASKS_MAX;

/// What may still go wrong.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Bounds {
    /// The daemon is killed, and starts again.
    pub(crate) crashes: u8,
    /// A message or an answer is lost, or comes when nobody waits for it any more.
    pub(crate) losses: u8,
    /// A message comes twice.
    pub(crate) copies: u8,
    /// Storage fails, or says so although it has written.
    pub(crate) lapses: u8,
    /// Of all these together, crashes apart.
    pub(crate) faults: u8,
}

impl Bounds {
    pub(super) fn lose(&mut self) {
        self.losses -= 1;
        self.one_fault_less();
    }

    pub(super) fn copy(&mut self) {
        self.copies -= 1;
        self.one_fault_less();
    }

    pub(super) fn lapse(&mut self) {
        self.lapses -= 1;
        self.one_fault_less();
    }

    fn one_fault_less(&mut self) {
        self.faults -= 1;
        if self.faults == 0 {
            (self.losses, self.copies, self.lapses) = (0, 0, 0);
        }
    }
}
