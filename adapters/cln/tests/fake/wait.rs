//! The indexes of every table that grows, and `wait`.

use serde_json::{Value, json};

use super::command::Command;
use super::dispatch::Conclusion;
use super::error::RpcError;
use super::params::Params;
use super::state::{Awaited, State};

/// What has indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subsystem {
    Forwards,
    Sendpays,
    Invoices,
    Htlcs,
    Chainmoves,
    Channelmoves,
    Networkevents,
}

impl Subsystem {
    const ALL: [Self; 7] = [
        Self::Forwards,
        Self::Sendpays,
        Self::Invoices,
        Self::Htlcs,
        Self::Chainmoves,
        Self::Channelmoves,
        Self::Networkevents,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Forwards => "forwards",
            Self::Sendpays => "sendpays",
            Self::Invoices => "invoices",
            Self::Htlcs => "htlcs",
            Self::Chainmoves => "chainmoves",
            Self::Channelmoves => "channelmoves",
            Self::Networkevents => "networkevents",
        }
    }
}

/// Which index of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Index {
    Created,
    Updated,
    Deleted,
}

impl Index {
    fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
        }
    }

    /// `param_index()`.
    pub(crate) fn of(value: &Value, name: &str) -> Result<Self, RpcError> {
        [Self::Created, Self::Updated, Self::Deleted]
            .into_iter()
            .find(|index| value.as_str() == Some(index.name()))
            .ok_or_else(|| RpcError::bad_param(name, "unknown index"))
    }
}

/// `wait`'s parameters.
pub(crate) const WAIT: &str = "subsystem indexname nextvalue";

fn reply(subsystem: Subsystem, index: Index, value: u64) -> Value {
    json!({"subsystem": subsystem.name(), (index.name()): value})
}

impl State {
    /// Moves an index on by `by` and answers those who waited for it.
    pub(crate) fn bump(
        &mut self,
        subsystem: Subsystem,
        index: Index,
        by: u64,
        details: &Value,
    ) -> u64 {
        let counter = self.db.counters.entry((subsystem, index)).or_default();
        *counter += by;
        let now = *counter;
        let mut answer = reply(subsystem, index, now);
        answer[subsystem.name()] = details.clone();
        self.wake(&Ok(answer), |awaited| {
            matches!(awaited, Awaited::Index { subsystem: of, index: which, next }
                if (*of, *which) == (subsystem, index) && *next <= now)
        });
        now
    }

    /// `wait`.
    pub(crate) fn wait(
        &mut self,
        command: &Command,
        params: &Params<'_>,
    ) -> Result<Conclusion, RpcError> {
        let subsystem = Subsystem::ALL
            .into_iter()
            .find(|known| params.required("subsystem").as_str() == Some(known.name()))
            .ok_or_else(|| RpcError::bad_param("subsystem", "unknown subsystem"))?;
        let index = Index::of(params.required("indexname"), "indexname")?;
        let next = params.u64("nextvalue")?.unwrap_or_default();
        let now = self.db.counter(subsystem, index);
        if now >= next {
            return Ok(Conclusion::Done(Ok(reply(subsystem, index, now))));
        }
        self.enlist(
            command,
            Awaited::Index {
                subsystem,
                index,
                next,
            },
        );
        Ok(Conclusion::Pending)
    }
}
