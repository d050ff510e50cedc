//! What a test can make go wrong between the client and lightningd.

use std::collections::{HashMap, VecDeque};

use serde_json::Value;

use super::command::Command;
use super::error::{Answer, RpcError};
use super::lightningd::Lightningd;
use super::state::State;

/// Something planned for one request of a method.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// The command takes effect; instead of the reply the connection is cut.
    LoseReply,
    /// The connection is cut before the command takes effect.
    CutBefore,
    /// The reply is sent twice.
    Double,
    /// The reply is no JSON.
    Garble,
    /// This error is the reply; the command is not executed.
    Answer(Value),
}

/// The plan and the counters.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    planned: HashMap<String, VecDeque<Fault>>,
    calls: HashMap<String, u64>,
    messages: u64,
    cut_at: Option<u64>,
    stalled: HashMap<String, u32>,
    withheld: Vec<(Command, Answer)>,
}

impl Faults {
    /// Counts one message; true if it is the one that [`Lightningd::cut_at`] named.
    pub(crate) fn count(&mut self) -> bool {
        self.messages += 1;
        self.cut_at.take_if(|at| *at == self.messages).is_some()
    }

    /// Counts a request of `method` and hands out what is planned for it.
    pub(crate) fn on_request(&mut self, method: &str) -> Option<Fault> {
        *self.calls.entry(method.to_owned()).or_default() += 1;
        self.planned.get_mut(method)?.pop_front()
    }

    /// Keeps an answer back if its method is stalled.
    pub(crate) fn withhold(&mut self, command: &Command, answer: &Answer) -> bool {
        let stalled = self
            .stalled
            .get(&command.method)
            .is_some_and(|guards| *guards > 0);
        if stalled {
            self.withheld.push((command.clone(), answer.clone()));
        }
        stalled
    }

    /// Answers that nobody waits for any more, since lightningd is gone.
    pub(crate) fn forget_withheld(&mut self) {
        self.withheld.clear();
    }
}

/// Replies to one method are withheld until this is dropped.
pub struct Stall {
    lightningd: Lightningd,
    method: String,
}

impl Drop for Stall {
    fn drop(&mut self) {
        self.lightningd.with(|state| {
            if let Some(guards) = state.faults.stalled.get_mut(&self.method) {
                *guards -= 1;
            }
            let (released, kept) = std::mem::take(&mut state.faults.withheld)
                .into_iter()
                .partition(|(command, _)| command.method == self.method);
            state.faults.withheld = kept;
            for (command, answer) in released {
                state.answer(&command, &answer);
            }
        });
    }
}

/// Faults. Each is for one request of the method, in the order in which they were planned; several
/// planned for one method are for as many requests.
impl Lightningd {
    /// The next request of `method` takes effect, but the connection is cut instead of the reply.
    pub fn lose_reply(&self, method: &str) {
        self.plan(method, Fault::LoseReply);
    }

    /// The connection is cut before the next request of `method` takes effect.
    pub fn cut_before(&self, method: &str) {
        self.plan(method, Fault::CutBefore);
    }

    /// The reply to the next request of `method` is sent twice.
    pub fn double(&self, method: &str) {
        self.plan(method, Fault::Double);
    }

    /// The reply to the next request of `method` is no JSON.
    pub fn garble(&self, method: &str) {
        self.plan(method, Fault::Garble);
    }

    /// The next request of `method` is answered with this error and not executed.
    pub fn answer(&self, method: &str, error: Value) {
        self.plan(method, Fault::Answer(error));
    }

    /// Replies to `method` are withheld until the guard is dropped; everything else goes on.
    #[must_use = "dropping the guard ends the stall"]
    pub fn stall(&self, method: &str) -> Stall {
        self.with(|state| {
            *state.faults.stalled.entry(method.to_owned()).or_default() += 1;
        });
        Stall {
            lightningd: self.clone(),
            method: method.to_owned(),
        }
    }

    /// The `n`-th message from now on (1 is the next), requests and replies of all connections
    /// counted, is cut off: a request is dropped with its connection, a reply's command has taken
    /// effect but only half of the reply is sent.
    ///
    /// # Panics
    ///
    /// If `n` is 0.
    pub fn cut_at(&self, n: u64) {
        assert!(n > 0, "the first message is number 1");
        self.with(|state| state.faults.cut_at = Some(state.faults.messages + n));
    }

    /// How many messages have been counted so far. A reply nobody is connected for is none.
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.with(|state| state.faults.messages)
    }

    /// How many requests of `method` have arrived, those that a fault kept from taking effect
    /// included, except for the one that [`Lightningd::cut_at`] dropped.
    #[must_use]
    pub fn calls(&self, method: &str) -> u64 {
        self.with(|state| state.faults.calls.get(method).copied().unwrap_or_default())
    }

    fn plan(&self, method: &str, fault: Fault) {
        self.with(|state| {
            let planned = state.faults.planned.entry(method.to_owned());
            planned.or_default().push_back(fault);
        });
    }
}

impl State {
    /// Sends an answer, unless a fault has other plans with it.
    pub(crate) fn answer(&mut self, command: &Command, answer: &Answer) {
        if !self.is_connected(command.conn) || self.faults.withhold(command, answer) {
            return;
        }
        let frame = command.frame(answer);
        if self.faults.count() {
            self.send(command.conn, frame[..frame.len() / 2].to_vec());
            self.cut(command.conn);
            return;
        }
        match command.fault {
            Some(Fault::LoseReply) => self.cut(command.conn),
            Some(Fault::Double) => self.send(command.conn, [&frame[..], &frame].concat()),
            Some(Fault::Garble) => self.send(command.conn, b"lightningd: \x7b no json\n\n".into()),
            Some(Fault::CutBefore | Fault::Answer(_)) | None => self.send(command.conn, frame),
        }
    }

    /// What a fault answers in place of the command, if it does.
    pub(crate) fn scripted(command: &Command) -> Option<Answer> {
        match &command.fault {
            Some(Fault::Answer(error)) => Some(Err(RpcError::scripted(error.clone()))),
            _ => None,
        }
    }
}
