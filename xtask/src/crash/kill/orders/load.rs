//! Callers of `pay`: every order that has no end is asked for and waited for, some that have ended are
//! asked for again, some are given up; and somebody looks at the lists all the time.

use super::{Book, FAILED};
use crate::crash::kill::WAIT_SECONDS;
use crate::crash::kill::daemon::{Answer, Home, call};
use crate::crash::kill::load::Load;
use anyhow::{Context, Result, bail};
use fastrand::Rng;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Callers at once.
const CALLERS: u32 = 6;
/// Orders that have ended and are asked for again.
const REPEATED: usize = 4;

/// What somebody was told of an order.
pub(in crate::crash::kill) enum Note {
    /// By `pay`.
    Told(usize, Answer),
    /// By `listpays`.
    Shown(usize, String),
}

type Notes = Arc<Mutex<Vec<Note>>>;

/// A call.
struct Job {
    at: usize,
    method: &'static str,
    params: Value,
    /// The same call that waits.
    waits: Option<Value>,
}

/// What all callers share.
struct Shared {
    rpc_file: PathBuf,
    queue: Mutex<VecDeque<Job>>,
    answers: watch::Sender<u32>,
    notes: Notes,
}

pub(super) fn start(home: &Home, book: &Book, dice: &mut Rng) -> Load<Note> {
    let (answers, counted) = watch::channel(0);
    let notes = Notes::default();
    let shared = Arc::new(Shared {
        rpc_file: home.rpc_file(),
        queue: Mutex::new(jobs(book, dice)),
        answers,
        notes: Arc::clone(&notes),
    });
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        callers.spawn(serve(Arc::clone(&shared)));
    }
    let hashes = book.orders.iter().map(|order| order.hash.clone());
    let hashes = hashes.enumerate().skip(book.judged).collect();
    callers.spawn(look(home.rpc_file(), hashes, Arc::clone(&notes)));
    Load {
        callers,
        answers: counted,
        notes,
    }
}

fn jobs(book: &Book, dice: &mut Rng) -> VecDeque<Job> {
    let (ended, open): (Vec<usize>, Vec<usize>) =
        (0..book.orders.len()).partition(|at| book.orders[*at].end().is_some());
    let mut asked: Vec<_> = open.iter().map(|at| (*at, dice.bool())).collect();
    for _ in 0..REPEATED {
        asked.extend(dice.choice(&ended).map(|at| (*at, false)));
    }
    let mut jobs: Vec<_> = asked
        .into_iter()
        .map(|(at, waits)| Job {
            at,
            method: "pay",
            params: book.orders[at].call(Some(0)),
            waits: waits.then(|| book.orders[at].call(Some(WAIT_SECONDS))),
        })
        .collect();
    for at in open {
        if book.orders[at].is_given_up && book.orders[at].is_known() {
            jobs.push(Job {
                at,
                method: "abandonpay",
                params: json!([book.orders[at].hash]),
                waits: None,
            });
        }
    }
    dice.shuffle(&mut jobs);
    jobs.into()
}

/// One caller: asks for one order after the other, and lets others wait for some of them.
async fn serve(shared: Arc<Shared>) -> Result<()> {
    let mut waits = JoinSet::new();
    while let Some(job) = shared.next() {
        let answer = call(&shared.rpc_file, job.method, job.params).await?;
        shared.answers.send_modify(|count| *count += 1);
        let is_over = answer == Answer::Cut;
        if let Some(params) = job.waits.filter(|_| !is_over) {
            let shared = Arc::clone(&shared);
            waits.spawn(async move {
                let answer = call(&shared.rpc_file, "pay", params).await?;
                shared.told(job.at, answer)
            });
        }
        if job.method == "pay" {
            shared.told(job.at, answer)?;
        }
        if is_over {
            break;
        }
    }
    while let Some(waited) = waits.join_next().await {
        waited.context("a waiter died")??;
    }
    Ok(())
}

/// Looks at every order, over and over, until the daemon has ended.
async fn look(rpc_file: PathBuf, hashes: Vec<(usize, String)>, notes: Notes) -> Result<()> {
    let mut shown = vec![None; hashes.len()];
    while !hashes.is_empty() {
        for ((at, hash), last) in hashes.iter().zip(&mut shown) {
            let Some(status) = status(&rpc_file, hash).await? else {
                return Ok(());
            };
            if !status.is_empty() && last.as_ref() != Some(&status) {
                *last = Some(status.clone());
                let mut notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
                notes.push(Note::Shown(*at, status));
            }
        }
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    Ok(())
}

/// As `listpays` shows it, empty if it is not there; none if the daemon has ended.
async fn status(rpc_file: &Path, hash: &str) -> Result<Option<String>> {
    match call(rpc_file, "listpays", json!({"payment_hash": hash})).await? {
        Answer::Result(list) => {
            let status = list["pays"][0]["status"].as_str();
            Ok(Some(status.unwrap_or_default().to_owned()))
        }
        Answer::Error { code: -32005, .. } | Answer::Cut => Ok(None),
        other @ Answer::Error { .. } => bail!("listpays answered {other:?}"),
    }
}

impl Shared {
    fn next(&self) -> Option<Job> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.pop_front()
    }

    fn told(&self, at: usize, answer: Answer) -> Result<()> {
        expected(&answer)?;
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.push(Note::Told(at, answer));
        Ok(())
    }
}

/// Nothing else may be answered.
pub(super) fn expected(answer: &Answer) -> Result<()> {
    match answer {
        Answer::Result(told) if told["order"]["order"].is_u64() => Ok(()),
        Answer::Error { code, .. } if FAILED.contains(code) => Ok(()),
        Answer::Error {
            code: 200 | -32005, ..
        }
        | Answer::Cut => Ok(()),
        Answer::Result(_) | Answer::Error { .. } => bail!("pay answered {answer:?}"),
    }
}
