//! Callers: new payments, what was cut off last time once more under its old key, and now and then
//! something that was answered long ago.

use super::book::{Book, Part, Payment, Place};
use super::daemon::{Answer, Home, call, ok};
use anyhow::{Context, Result, bail};
use fastrand::Rng;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Callers at once.
const CALLERS: u32 = 8;
/// Answered requests that are sent again each time.
const REPEATED: usize = 6;
const AMOUNTS: [u64; 3] = [1_000_000, 1_500_000, 2_000_000];

/// When a daemon is ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum Moment {
    /// So long after the load has begun.
    After(Duration),
    /// Right after so many answers.
    Answers(u32),
}

/// Callers at work, who write down what they are told.
pub(super) struct Load<N> {
    pub(super) callers: JoinSet<Result<()>>,
    pub(super) answers: watch::Receiver<u32>,
    pub(super) notes: Arc<Mutex<Vec<N>>>,
}

/// What somebody was told.
pub(super) enum Note {
    Told(Place, Answer),
    Waited(Place, Answer),
}

/// What all callers share.
struct SharedLoad {
    rpc_file: PathBuf,
    queue: Mutex<VecDeque<(Place, Value)>>,
    answers: watch::Sender<u32>,
    notes: Arc<Mutex<Vec<Note>>>,
}

impl Moment {
    pub(super) fn at_random(dice: &mut Rng) -> Moment {
        if dice.bool() {
            Moment::After(Duration::from_micros(dice.u64(..50_000)))
        } else {
            Moment::Answers(dice.u32(1..24))
        }
    }
}

/// New payments of two or three parts; of some the last part will never be sent.
pub(super) async fn prepare(home: &Home, book: &mut Book, new: u32, dice: &mut Rng) -> Result<()> {
    let rpc_file = home.rpc_file();
    if book.routes.is_empty() {
        for amount in AMOUNTS {
            let routes = ok(&rpc_file, "dev-routes", json!(["dave", amount, 2])).await?;
            book.routes.push((amount, routes["routes"].clone()));
        }
    }
    for _ in 0..new {
        let ways = dice.usize(2..=3);
        let amounts: Vec<usize> = (0..ways).map(|_| dice.usize(..AMOUNTS.len())).collect();
        let intended = amounts.iter().map(|at| book.routes[*at].0).sum();
        let invoice = ok(&rpc_file, "dev-invoice", json!([intended])).await?;
        let text = |key: &str| invoice[key].as_str().unwrap_or_default().to_owned();
        let (hash, bolt11) = (text("payment_hash"), text("bolt11"));
        let is_given_up = dice.u32(..10) == 0;
        let part = |(n, at): (usize, &usize)| {
            let (amount, routes) = &book.routes[*at];
            let request_id = format!("{}-{n}", &hash[..16]);
            Part {
                params: json!({
                    "route": routes[n % 2]["route"], "payment_hash": hash, "bolt11": bolt11,
                    "intended_msatoshi": intended, "request_id": request_id, "label": request_id,
                }),
                request_id,
                amount: *amount,
                is_abandoned: is_given_up && n + 1 == ways,
                told: Vec::new(),
                waited: Vec::new(),
            }
        };
        let parts = amounts.iter().enumerate().map(part).collect();
        book.payments.push(Payment {
            hash,
            intended,
            parts,
        });
    }
    Ok(())
}

/// Starts the callers, half of whom wait for the end of their parts, for so many seconds.
pub(super) fn start(home: &Home, book: &Book, dice: &mut Rng, patience: u32) -> Load<Note> {
    let (known, open): (Vec<Place>, Vec<Place>) = book
        .places()
        .partition(|place| book.part(*place).is_known());
    let mut places = open;
    for _ in 0..REPEATED {
        places.extend(dice.choice(&known));
    }
    dice.shuffle(&mut places);
    let queue = places.into_iter();
    let queue = queue.map(|place| (place, book.part(place).params.clone()));
    let (answers, counted) = watch::channel(0);
    let notes = Arc::default();
    let shared = Arc::new(SharedLoad {
        rpc_file: home.rpc_file(),
        queue: Mutex::new(queue.collect()),
        answers,
        notes: Arc::clone(&notes),
    });
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        callers.spawn(serve(Arc::clone(&shared), dice.fork(), patience));
    }
    Load {
        callers,
        answers: counted,
        notes,
    }
}

impl<N> Load<N> {
    /// Returns at that moment, or when all callers are done.
    pub(super) async fn until(&self, moment: Moment) -> Result<()> {
        let mut answers = self.answers.clone();
        match moment {
            Moment::After(pause) => tokio::time::sleep(pause).await,
            // An error means that nobody asks any more.
            Moment::Answers(wanted) => drop(answers.wait_for(|count| *count >= wanted).await),
        }
        Ok(())
    }

    /// Waits for the callers: what they were told.
    pub(super) async fn finish(mut self) -> Result<Vec<N>> {
        while let Some(done) = self.callers.join_next().await {
            done.context("a caller died")??;
        }
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(std::mem::take(&mut *notes))
    }
}

/// Writes down what callers were told.
pub(super) fn write_down(book: &mut Book, notes: Vec<Note>) -> Result<()> {
    for note in notes {
        match note {
            Note::Told(place, answer) => book.part_mut(place).told.push(answer),
            Note::Waited(place, answer) => book.part_mut(place).waited.push(answer),
        }
    }
    let changed = book.places().find_map(|place| changed(book.part(place)));
    match changed {
        Some(what) => bail!("A-14, another answer to the same request: {what}"),
        None => Ok(()),
    }
}

/// Two different answers to one request.
fn changed(part: &Part) -> Option<String> {
    let first = part.first_answer()?;
    let other = part.told.iter().find_map(|answer| match answer {
        Answer::Result(again) if again != first => Some(again),
        Answer::Result(_) | Answer::Error { .. } | Answer::Cut => None,
    })?;
    Some(format!("{first} and then {other}"))
}

/// One caller: asks for one part after the other, and lets others wait for some of them.
async fn serve(shared: Arc<SharedLoad>, mut dice: Rng, patience: u32) -> Result<()> {
    let mut waits = JoinSet::new();
    while let Some((place, params)) = shared.next() {
        let answer = call(&shared.rpc_file, "sendpartialpay", params).await?;
        shared.answers.send_modify(|count| *count += 1);
        expected(&answer)?;
        if let Answer::Result(part) = &answer
            && dice.bool()
        {
            let (shared, id) = (Arc::clone(&shared), part["id"].clone());
            waits.spawn(async move {
                let params = json!([id, patience]);
                let answer = call(&shared.rpc_file, "waitpartialpay", params).await?;
                shared.note(Note::Waited(place, answer));
                anyhow::Ok(())
            });
        }
        let is_over = answer == Answer::Cut;
        shared.note(Note::Told(place, answer));
        if is_over {
            break;
        }
    }
    while let Some(waited) = waits.join_next().await {
        waited.context("a waiter died")??;
    }
    Ok(())
}

/// Nothing else may be answered: every part fits into its payment.
fn expected(answer: &Answer) -> Result<()> {
    match answer {
        Answer::Result(part) if part["id"].is_u64() && part["status"] == "pending" => Ok(()),
        Answer::Error { code: -32005, .. } | Answer::Cut => Ok(()),
        Answer::Result(_) | Answer::Error { .. } => bail!("sendpartialpay answered {answer:?}"),
    }
}

/// Sends everything that has no answer yet, and nobody interferes.
pub(super) async fn in_peace(home: &Home, book: &mut Book, dice: &mut Rng) -> Result<()> {
    // Some payments wait for a part that never comes.
    let notes = start(home, book, dice, 0).finish().await?;
    write_down(book, notes)?;
    match book.places().find(|place| !book.part(*place).is_known()) {
        Some(place) => bail!(
            "{} was never accepted: {:?}",
            book.part(place).request_id,
            book.part(place).told
        ),
        None => Ok(()),
    }
}

/// Waits for a part by its number; `seconds` at most.
pub(super) async fn wait(rpc_file: &Path, id: u64, seconds: u32) -> Result<Answer> {
    call(rpc_file, "waitpartialpay", json!([id, seconds])).await
}

impl SharedLoad {
    fn next(&self) -> Option<(Place, Value)> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.pop_front()
    }

    fn note(&self, note: Note) {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.push(note);
    }
}
