//! What is measured, and for how long.

use super::sample::Sample;
use super::{engine, lone, pipelined, raw, socket, storage};
use anyhow::Result;
use std::path::Path;
use tokio::runtime::Runtime;

/// How many rounds, and how many parts in the longest sample of each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) rounds: u32,
    parts: u32,
}

/// One thing to measure: `parts` payments of one part each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measurement {
    pub(super) subject: Subject,
    parts: u32,
}

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Subject {
    /// SQLite with nothing around it: the ceiling.
    Raw,
    /// The storage adapter, driven by so many callers.
    Storage(u32),
    /// The engine on the storage adapter, with a node that fulfils at once, and so many callers.
    Engine(u32),
    /// The same through the socket, on so many connections with one request at a time each.
    Socket(u32),
    /// The same on one connection that does not wait for replies before it asks for more.
    Pipelined,
    /// One caller alone, and nobody else: until its part is durable.
    LonePart,
    /// The same caller: from the node's word to the answer of its wait.
    LoneOutcome,
    /// This disk's fdatasync of 4 KiB more of a file, measured in between the lone parts.
    Fdatasync,
    /// As much as a lone part's commit writes, over a file that does not become longer.
    Overwrite,
}

impl Plan {
    pub(super) const QUICK: Plan = Plan {
        rounds: 5,
        parts: 40_000,
    };
    pub(super) const FULL: Plan = Plan {
        rounds: 9,
        parts: 160_000,
    };

    /// The few callers of some subjects are slow, and need less to be measured well.
    pub(super) fn measurements(self, only: Option<&str>) -> impl Iterator<Item = Measurement> {
        let share = |subject, divisor: u32| Measurement {
            subject,
            parts: self.parts / divisor,
        };
        [
            share(Subject::Raw, 1),
            share(Subject::Storage(4_096), 1),
            share(Subject::Engine(1), 40),
            share(Subject::Engine(16), 8),
            share(Subject::Engine(256), 2),
            share(Subject::Engine(4_096), 1),
            share(Subject::Socket(64), 4),
            share(Subject::Pipelined, 4),
            share(Subject::LonePart, 100),
        ]
        .into_iter()
        .filter(move |measurement| {
            let is_ceiling = measurement.subject == Subject::Raw;
            is_ceiling || only.is_none_or(|text| measurement.name().contains(text))
        })
    }
}

impl Measurement {
    pub(super) fn name(self) -> String {
        self.subject.name()
    }

    /// Measures it once, in an empty folder. A lone part brings the disk's own sample with it.
    pub(super) fn take(self, runtime: &Runtime, folder: &Path) -> Result<Vec<(Subject, Sample)>> {
        let parts = self.parts;
        let sample = match self.subject {
            Subject::Raw => raw::sample(folder, parts),
            Subject::Storage(callers) => runtime.block_on(storage::sample(folder, callers, parts)),
            Subject::Engine(callers) => runtime.block_on(engine::sample(folder, callers, parts)),
            Subject::Socket(callers) => runtime.block_on(socket::sample(folder, callers, parts)),
            Subject::Pipelined => runtime.block_on(pipelined::sample(folder, parts)),
            Subject::LonePart | Subject::LoneOutcome | Subject::Fdatasync | Subject::Overwrite => {
                return runtime.block_on(lone::sample(folder, parts));
            }
        };
        Ok(vec![(self.subject, sample?)])
    }
}

impl Subject {
    pub(super) fn name(self) -> String {
        match self {
            Subject::Raw => "raw SQLite, 1,000 a commit".into(),
            Subject::Storage(callers) => format!("storage, {callers} callers"),
            Subject::Engine(1) => "engine, 1 caller".into(),
            Subject::Engine(callers) => format!("engine, {callers} callers"),
            Subject::Socket(connections) => format!("socket, {connections} connections"),
            Subject::Pipelined => "socket, 1 pipelined".into(),
            Subject::LonePart => "lone part".into(),
            Subject::LoneOutcome => "lone outcome".into(),
            Subject::Fdatasync => "fdatasync of 4 KiB".into(),
            Subject::Overwrite => "24 KiB, written over".into(),
        }
    }

    /// Its name in the JSON.
    pub(super) fn key(self) -> String {
        match self {
            Subject::Raw => "raw".into(),
            Subject::Storage(callers) => format!("storage_{callers}"),
            Subject::Engine(callers) => format!("engine_{callers}"),
            Subject::Socket(connections) => format!("socket_{connections}"),
            Subject::Pipelined => "socket_pipelined".into(),
            Subject::LonePart => "lone_part".into(),
            Subject::LoneOutcome => "lone_outcome".into(),
            Subject::Fdatasync => "fdatasync".into(),
            Subject::Overwrite => "overwrite".into(),
        }
    }
}
