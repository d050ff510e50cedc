//! The payments that are made: one part each, every hash its own.

use domain::contract::samples;
use domain::contract::samples::Command;
use domain::{Extras, Outcome, SendPart, SendPartialPay};

/// What each delivers.
pub(super) const AMOUNT_MSAT: u64 = 100_000;

/// The `n`-th, as callers ask for it. The null node takes the secret for the preimage.
pub(super) fn request(n: u32) -> SendPartialPay {
    let n = u64::from(n);
    SendPartialPay {
        route: samples::route(AMOUNT_MSAT),
        payment_hash: samples::hash(n),
        intended: samples::msat(AMOUNT_MSAT),
        extras: Extras {
            secret: Some(samples::secret(n)),
            ..Extras::default()
        },
        request_id: None,
    }
}

/// The `n`-th, as the engine asks the domain.
pub(super) fn part(n: u32) -> SendPart {
    samples::part(u64::from(n), AMOUNT_MSAT, AMOUNT_MSAT)
}

/// What the node says of the `n`-th.
pub(super) fn fulfilled(n: u32, part: domain::PartId, sent: &SendPart) -> Command {
    let preimage = *samples::preimage(u64::from(n)).1.expose();
    Command::Resolve {
        part,
        word: Outcome::Fulfilled(preimage),
        at: sent.at,
    }
}
