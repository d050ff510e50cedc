//! What can happen next: every step is atomic, and anything may happen between two.

use std::fmt;

/// One step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// A caller's request is received, the payment is read and a decision is made.
    Ask(usize),
    /// A decision is committed.
    Commit(By, Storage),
    /// A caller gives up waiting while the daemon goes on.
    HangUp(usize),
    /// A caller is answered.
    Answer(usize),
    /// The answer is lost.
    LoseAnswer(usize),
    /// Whether a part still should be offered is asked.
    OfferDecision { key: usize, late: bool },
    /// An offer is sent to the node.
    Send(usize),
    /// An offer arrives at the node.
    Deliver(Delivery),
    /// An offer is lost on its way.
    Lose { key: usize, stray: bool },
    /// An offer takes longer than the daemon waits for its answer.
    TimeOut(usize),
    /// The node is asked about a part, and answers.
    LookUp(usize),
    /// What the daemon has learnt about a part is stored.
    Resolve(usize, Storage),
    /// A part comes back.
    Fail(usize),
    /// The payee takes all that has arrived.
    Take,
    /// What the node says about a part's end is heard and stored.
    Hear(usize, Storage),
    /// The node says it again.
    TellAgain(usize),
    /// The daemon takes charge of every live part that it is not taking care of.
    Recover,
    /// The daemon is killed, and starts again.
    Crash,
}

/// Whose decision is committed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum By {
    Caller(usize),
    /// That of a caller who hung up.
    Orphan,
}

/// What storage does about a commit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Storage {
    /// It commits it, or answers that there is a conflict.
    Works,
    /// It writes nothing, and says so.
    Unavailable,
    /// It writes nothing, and cannot say so.
    UnknownNotWritten,
    /// It writes, and cannot say so.
    UnknownWritten,
}

/// How an offer arrives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Delivery {
    pub(super) key: usize,
    /// Nobody waits for its answer.
    pub(super) stray: bool,
    /// The node will not send it.
    pub(super) refused: bool,
    pub(super) luck: Luck,
}

/// What else happens to an offer that arrives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Luck {
    Good,
    /// It will arrive once more.
    Twice,
    /// Its answer does not come back.
    Unheard,
}

impl Step {
    /// Whether it can be that it never happens: a fault, or time that passes.
    pub(super) fn is_fault(self) -> bool {
        match self {
            Step::HangUp(_)
            | Step::LoseAnswer(_)
            | Step::Lose { .. }
            | Step::TimeOut(_)
            | Step::TellAgain(_)
            | Step::Crash => true,
            Step::OfferDecision { late, .. } => late,
            Step::Deliver(how) => how.luck != Luck::Good,
            Step::Commit(_, storage) | Step::Resolve(_, storage) | Step::Hear(_, storage) => {
                storage != Storage::Works
            }
            Step::Ask(_)
            | Step::Answer(_)
            | Step::Send(_)
            | Step::LookUp(_)
            | Step::Fail(_)
            | Step::Take
            | Step::Recover => false,
        }
    }
}

impl fmt::Display for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Storage::Works => "",
            Storage::Unavailable => ", but storage is unavailable",
            Storage::UnknownNotWritten => ", but storage fails, and nothing was written",
            Storage::UnknownWritten => ", and storage fails after it has written",
        })
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            By::Caller(caller) => f.write_str(name(*caller)),
            By::Orphan => f.write_str("the caller who hung up"),
        }
    }
}

fn name(caller: usize) -> &'static str {
    if caller == 0 { "caller A" } else { "caller B" }
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let late = if self.stray { "a late" } else { "the" };
        write!(f, "{late} offer of key {} arrives", self.key + 1)?;
        if self.refused {
            f.write_str(", and the node refuses it")?;
        }
        f.write_str(match self.luck {
            Luck::Good => "",
            Luck::Twice => ", and will arrive again",
            Luck::Unheard => ", and its answer is lost",
        })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Ask(caller) => write!(f, "{} asks, and it is decided", name(*caller)),
            Step::Commit(by, storage) => write!(f, "what {by} asked is committed{storage}"),
            Step::HangUp(caller) => write!(f, "{} hangs up", name(*caller)),
            Step::Answer(caller) => write!(f, "{} is answered", name(*caller)),
            Step::LoseAnswer(caller) => write!(f, "the answer to {} is lost", name(*caller)),
            Step::OfferDecision { key, late: false } => {
                write!(f, "is key {} still wanted?", key + 1)
            }
            Step::OfferDecision { key, late: true } => {
                write!(f, "is key {} still wanted, after so long?", key + 1)
            }
            Step::Send(key) => write!(f, "key {} is offered", key + 1),
            Step::Deliver(how) => how.fmt(f),
            Step::Lose { key, .. } => write!(f, "an offer of key {} is lost", key + 1),
            Step::TimeOut(key) => write!(f, "the offer of key {} takes too long", key + 1),
            Step::LookUp(key) => write!(f, "the node is asked about key {}", key + 1),
            Step::Resolve(key, storage) => {
                write!(f, "what came of key {} is stored{storage}", key + 1)
            }
            Step::Fail(key) => write!(f, "key {} comes back", key + 1),
            Step::Take => f.write_str("the payee takes what has arrived"),
            Step::Hear(key, storage) => {
                write!(f, "the end of key {} is heard and stored{storage}", key + 1)
            }
            Step::TellAgain(key) => write!(f, "the node tells the end of key {} again", key + 1),
            Step::Recover => f.write_str("the daemon takes charge of what is live"),
            Step::Crash => f.write_str("the daemon is killed"),
        }
    }
}
