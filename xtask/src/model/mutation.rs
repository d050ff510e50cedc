//! Ways to get the protocol wrong. A model that does not find them proves nothing.

/// One thing that is done wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum Mutation {
    /// A part is offered before it is stored
    OfferBeforeCommit,
    /// A caller is answered before the part is stored
    AnswerBeforeCommit,
    /// An offer without an answer in time is called a failure
    TimeoutIsFailure,
    /// The node says "never seen" although an offer is on its way
    NeverSeenWithoutProof,
    /// After a restart live parts are offered without a look-up
    RecoveryOffersUnasked,
    /// After a restart nobody takes charge of live parts
    NoRecovery,
    /// Storage commits whatever was decided on what it no longer has
    CommitIgnoresVersion,
    /// A commit in doubt is taken for one that did not happen
    DoubtIsForgotten,
    /// A part that may be out is offered under another key
    AnotherKey,
    /// A repeated request is a new request
    RequestIsForgotten,
}
