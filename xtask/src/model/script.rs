//! What the two callers ask for: more than the payment may deliver.

use super::bounds::ASKS_MAX;
use anyhow::{Context, Result};
use domain::contract::samples::Command;
use domain::contract::samples::{failure, part, preimage, whole};
use domain::{Outcome, PartId, Request, RequestId, SendPart, Timestamp};
use std::time::Duration;

/// What the payment shall deliver in all, in msat.
pub(super) const INTENDED: u64 = 1_000;
/// For how long a part may wait before it is offered.
pub(super) const WINDOW: Duration = Duration::from_secs(600);
/// When everything happens, but what happens too late.
pub(super) const NOW: Timestamp = Timestamp(1_000_000);
/// After the window.
pub(super) const LATE: Timestamp = Timestamp(1_000_000_000_000);

/// Who asks for how much, under which idempotency key.
const ASKS: [(&str, u64, Option<&str>); ASKS_MAX] = [
    ("A's 600", 600, Some("first")),
    ("B's 400", 400, None),
    ("A's 400", 400, Some("second")),
    ("B's 600", 600, None),
];

/// Every command that is given in the model.
pub(super) struct Script {
    asks: Vec<Command>,
    /// In place of B's first ask.
    sendpay: Command,
    /// What must always be refused or change nothing: other terms.
    pub(super) other_terms: Command,
    proof: [u8; 32],
    wrong_proof: [u8; 32],
}

impl Script {
    pub(super) fn new(asks: usize) -> Result<Script> {
        let asks = ASKS.iter().take(asks).map(|&(label, amount, key)| {
            let request = key.map(|key| -> Result<Request> {
                let id = RequestId::new(key).context("an idempotency key")?;
                let digest = [0; 32];
                Ok(Request { id, digest })
            });
            Ok(send(SendPart {
                label: Some(label.into()),
                request: request.transpose()?,
                ..part(1, amount, INTENDED)
            }))
        });
        Ok(Script {
            asks: asks.collect::<Result<_>>()?,
            sendpay: send(SendPart {
                label: Some("B's sendpay".into()),
                ..whole(1, INTENDED)
            }),
            other_terms: send(part(1, 200, INTENDED - 100)),
            proof: *preimage(1).1.expose(),
            wrong_proof: *preimage(2).1.expose(),
        })
    }

    /// How many things are asked for.
    pub(super) fn len(&self) -> usize {
        self.asks.len()
    }

    /// The `ask`-th, where B may have begun with `sendpay`.
    pub(super) fn ask(&self, ask: usize, with_sendpay: bool) -> &Command {
        match ask {
            1 if with_sendpay => &self.sendpay,
            _ => &self.asks[ask],
        }
    }

    /// What a node says of a part.
    pub(super) fn word(&self, part: u8, fulfilled: bool) -> Command {
        let word = if fulfilled {
            Outcome::Fulfilled(self.proof)
        } else {
            Outcome::Failed(Box::new(failure()))
        };
        resolve(part, word)
    }

    /// What a node must not be believed.
    pub(super) fn wrong_word(&self, part: u8) -> Command {
        resolve(part, Outcome::Fulfilled(self.wrong_proof))
    }
}

/// Its label, which says whose it is.
pub(super) fn label(command: &Command) -> Option<&str> {
    match command {
        Command::Send(part) => part.label.as_deref(),
        Command::Open(_) | Command::Close { .. } | Command::Resolve { .. } => None,
    }
}

/// Whether it can be repeated and is the same request.
pub(super) fn has_key(command: &Command) -> bool {
    matches!(command, Command::Send(part) if part.request.is_some())
}

fn send(part: SendPart) -> Command {
    Command::Send(Box::new(SendPart { at: NOW, ..part }))
}

fn resolve(part: u8, word: Outcome) -> Command {
    Command::Resolve {
        part: PartId(part.into()),
        word,
        at: NOW,
    }
}
