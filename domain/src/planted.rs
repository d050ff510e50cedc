//! Bugs, planted on purpose, to see that the simulation finds them. Without the feature `planted`
//! nothing of this is compiled, and no release can have it.

#[cfg(all(feature = "planted", not(debug_assertions)))]
compile_error!("planted bugs are for tests: build with debug assertions, or without `planted`");

/// Does something wrong, in a build with planted bugs and only if that bug is on.
macro_rules! planted {
    ($bug:ident, $wrong:expr) => {
        #[cfg(feature = "planted")]
        if crate::planted::is(crate::planted::Bug::$bug) {
            $wrong
        }
    };
}
pub(crate) use planted;

#[cfg(feature = "planted")]
pub use bugs::*;

#[cfg(feature = "planted")]
mod bugs {
    use crate::invariant::Rule;
    use std::cell::Cell;

    /// One bug.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub enum Bug {
        /// What is in flight may reach the intended amount, and then the new part comes on top.
        CeilingWithoutNewPart,
        /// Of several pending parts only the first is counted as in flight.
        CountsOnePartInFlight,
        /// A payment with live parts takes more of them although one is complete.
        CeilingOfLiveSiblings,
        /// A part leaves although its payment is complete.
        OffersAfterSuccess,
        /// A part is offered before its row is durable.
        OffersBeforeCommit,
        /// Waiters are woken before what they are told is durable.
        TellsBeforeCommit,
        /// An offer without an answer is made again under another key.
        RetriesUnderNewKey,
        /// An offer without an answer is a failure.
        TimeOutIsFailure,
        /// A question without an answer proves that the part never left.
        SilenceIsNeverSeen,
        /// Any 32 bytes are a proof.
        BelievesAnyPreimage,
        /// A late failure undoes a success.
        ResolvesTwice,
        /// A preimage that comes after a failure is ignored.
        IgnoresLatePreimage,
        /// A payment fails with its first part.
        FailsWithSiblingsLive,
        /// The terms are those of the part that came last.
        TakesLastTerms,
        /// A paid hash can be paid again by `sendpay`.
        PaysAgain,
        /// A waiter looks first and registers later.
        RegistersLate,
        /// After a restart only the first live part of each payment is looked up.
        RecoversFirstPartOnly,
        /// A repeated request is a new one.
        IgnoresRequestId,
        /// How far a node was heard is stored although an outcome was not.
        CursorPassesUnstored,
        /// A commit that storage refuses for want of room is taken for done.
        FailsOpen,
        /// A payment that was paid is deleted without a tombstone.
        ForgetsPaid,
        /// A payment is deleted whatever is still out.
        DeletesLiveParts,
        /// A proof for a payment that failed and was deleted leaves no tombstone.
        IgnoresProofOfDeleted,
        /// An incoming payment that cannot be kept now is let go.
        ForgetsWhatCameIn,
        /// An incoming part shows as often as its node tells of it.
        ShowsPartsTwice,
        /// The cap of an order is compared with each part by itself.
        CapOfEachPart,
        /// What an order has in flight does not count towards its share.
        ShareForgetsLiveParts,
        /// The deadline of an order is counted from the daemon's start.
        DeadlineRestarts,
        /// Live parts are not among those that an order may have at once.
        CountsNoLivePart,
        /// An order opens on live parts of others.
        OpensOnLiveParts,
        /// Who asks for other terms joins the open order.
        JoinsOtherTerms,
        /// A closed order takes the parts of a plan that was under way.
        ClosedTakesParts,
        /// A refusal for good does not close the order.
        RefusalDoesNotClose,
        /// A finder that is away is taken for no way.
        AwayIsNoRoute,
        /// The lists show a payment as failed whose order is open.
        ShowsFailedWhileOpen,
        /// A request is answered with the payment's last order, whoever opened it.
        AnswersWithLastOrder,
        /// An order knows nothing of what has failed in it.
        ForgetsWhatFailed,
        /// An order knows nothing of what its caller excluded.
        LosesExclusions,
        /// A plan is used that was made for another version of the payment.
        TakesStalePlans,
    }

    impl Bug {
        /// All of them.
        pub const ALL: [Bug; 39] = [
            Bug::CeilingWithoutNewPart,
            Bug::CountsOnePartInFlight,
            Bug::CeilingOfLiveSiblings,
            Bug::OffersAfterSuccess,
            Bug::OffersBeforeCommit,
            Bug::TellsBeforeCommit,
            Bug::RetriesUnderNewKey,
            Bug::TimeOutIsFailure,
            Bug::SilenceIsNeverSeen,
            Bug::BelievesAnyPreimage,
            Bug::ResolvesTwice,
            Bug::IgnoresLatePreimage,
            Bug::FailsWithSiblingsLive,
            Bug::TakesLastTerms,
            Bug::PaysAgain,
            Bug::RegistersLate,
            Bug::RecoversFirstPartOnly,
            Bug::IgnoresRequestId,
            Bug::CursorPassesUnstored,
            Bug::FailsOpen,
            Bug::ForgetsPaid,
            Bug::DeletesLiveParts,
            Bug::IgnoresProofOfDeleted,
            Bug::ForgetsWhatCameIn,
            Bug::ShowsPartsTwice,
            Bug::CapOfEachPart,
            Bug::ShareForgetsLiveParts,
            Bug::DeadlineRestarts,
            Bug::CountsNoLivePart,
            Bug::OpensOnLiveParts,
            Bug::JoinsOtherTerms,
            Bug::ClosedTakesParts,
            Bug::RefusalDoesNotClose,
            Bug::AwayIsNoRoute,
            Bug::ShowsFailedWhileOpen,
            Bug::AnswersWithLastOrder,
            Bug::ForgetsWhatFailed,
            Bug::LosesExclusions,
            Bug::TakesStalePlans,
        ];

        /// The rule that it is meant to break; another may be seen broken first.
        pub fn rule(self) -> Rule {
            match self {
                Bug::CeilingWithoutNewPart | Bug::CountsOnePartInFlight => Rule::Ceiling,
                Bug::CeilingOfLiveSiblings | Bug::OffersAfterSuccess => Rule::NothingAfterSuccess,
                Bug::OffersBeforeCommit | Bug::TellsBeforeCommit => Rule::IntentBeforeAct,
                Bug::RetriesUnderNewKey => Rule::AtMostOnce,
                Bug::TimeOutIsFailure | Bug::SilenceIsNeverSeen | Bug::DeletesLiveParts => {
                    Rule::UnknownIsNotFailed
                }
                Bug::BelievesAnyPreimage => Rule::Proof,
                Bug::ResolvesTwice | Bug::IgnoresLatePreimage => Rule::OneOutcome,
                Bug::FailsWithSiblingsLive => Rule::FunctionOfParts,
                Bug::TakesLastTerms => Rule::OneSetOfTerms,
                Bug::PaysAgain | Bug::ForgetsPaid | Bug::IgnoresProofOfDeleted => Rule::NeverTwice,
                Bug::RegistersLate | Bug::RecoversFirstPartOnly => Rule::WaitsTellTheTruth,
                Bug::IgnoresRequestId | Bug::CursorPassesUnstored => Rule::AcknowledgedIsDurable,
                Bug::FailsOpen => Rule::FailClosed,
                Bug::ForgetsWhatCameIn | Bug::ShowsPartsTwice => Rule::TrueIncomingList,
                Bug::CapOfEachPart => Rule::OrderCap,
                Bug::ShareForgetsLiveParts => Rule::OrderShare,
                Bug::DeadlineRestarts => Rule::OrderDeadline,
                Bug::CountsNoLivePart => Rule::OrderAttempts,
                Bug::OpensOnLiveParts | Bug::JoinsOtherTerms => Rule::OneOrder,
                Bug::ClosedTakesParts => Rule::ClosedStays,
                Bug::RefusalDoesNotClose | Bug::AwayIsNoRoute => Rule::ReasonWithCause,
                Bug::ShowsFailedWhileOpen => Rule::HonestStatus,
                Bug::AnswersWithLastOrder => Rule::SameOrder,
                Bug::ForgetsWhatFailed | Bug::LosesExclusions => Rule::NoRepeat,
                Bug::TakesStalePlans => Rule::WholePlan,
            }
        }
    }

    thread_local! {
        static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
        static GUARDED: Cell<bool> = const { Cell::new(true) };
    }

    /// From now on this thread has that bug. `guarded`: whether transitions are still asked for the
    /// rules before they are committed, which stops some bugs before they do anything.
    pub fn plant(bug: Option<Bug>, guarded: bool) {
        PLANTED.set(bug);
        GUARDED.set(guarded);
    }

    pub(crate) fn is(bug: Bug) -> bool {
        PLANTED.get() == Some(bug)
    }

    pub(crate) fn is_guarded() -> bool {
        GUARDED.get()
    }
}
