//! What a read and a start cost in a large database, to what they cost in a small one.

use super::engine::{FILE, Machine};
use super::fill::{self, Fill};
use super::finding::{Curve, Found};
use super::sample::{float, percentile};
use anyhow::{Context, Result, bail, ensure};
use async_trait::async_trait;
use domain::contract::samples;
use domain::{
    Engine, HistoryFilter, HtlcSender, KnownPart, Listed, LookUp, NodeAway, NodeIdentity,
    NodePorts, Offer, OfferAnswer, PartFilter, PartId, PaymentApi, PaymentFilter, PaymentHash,
    PaymentId, Policy, Route, StatusKind,
};
use futures::StreamExt;
use futures::stream::BoxStream;
use indicatif::{ProgressBar, ProgressStyle};
use sim::NullNode;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

const SIZES: [u32; 4] = [10_000, 100_000, 1_000_000, 5_000_000];

/// The oldest payments, which stay under way: what is settled comes after them.
const LIVE: u64 = 5_000;
const LIVE_PARTS: u64 = 2 * LIVE;

const PAGE: u32 = 100;
/// The largest page that can be asked for: for those who want all there is.
const LARGE_PAGE: u32 = 1_000;

const STARTS: u32 = 3;
/// After each start.
const WARM_UP: u64 = 30;
const ANSWERS: u64 = 100;
/// All live parts are ten large pages: they are read with every so many-th of all others.
const ALL_EVERY: u64 = 10;

/// In the order of the questions; the start comes last.
const CURVES: [(&str, &str); 10] = [
    ("size_lookup_growth", "a payment by its hash"),
    ("size_parts_of_hash_growth", "the parts of a hash"),
    ("size_first_page_growth", "first page"),
    ("size_middle_page_growth", "middle page"),
    ("size_last_page_growth", "last page"),
    ("size_complete_page_growth", "a page of what is complete"),
    ("size_failed_page_growth", "a page of what failed"),
    ("size_pending_page_growth", "a page of what is pending"),
    ("size_live_parts_growth", "all live parts"),
    ("size_start_growth", "start with 10,000 live parts"),
];

/// What is asked; each finds as many rows as it has room for.
enum Question {
    Payments(PaymentFilter),
    Parts(PartFilter),
    AllLiveParts,
}

/// The `n`-th time that all are asked.
fn questions(n: u64, settled: u64) -> [Question; 9] {
    let page = |start, status| PaymentFilter {
        status,
        start: Some(PaymentId(start)),
        limit: PAGE,
        ..PaymentFilter::default()
    };
    let hash = Some(fill::hash(LIVE + 1 + random(n, settled)));
    let mut by_hash = page(1, None);
    (by_hash.hash, by_hash.limit) = (hash, 1);
    let mut of_hash = live_parts(1, 2);
    (of_hash.hash, of_hash.status) = (hash, None);
    let (middle, last) = (LIVE + settled / 2, LIVE + 1 + settled - u64::from(PAGE));
    // In the older half: the newer one has a page of everything.
    let anywhere = LIVE + 1 + random(n, settled / 2);
    let pending = random(n, LIVE_PARTS - u64::from(PAGE));
    [
        Question::Payments(by_hash),
        Question::Parts(of_hash),
        Question::Payments(page(1, None)),
        Question::Payments(page(middle, None)),
        Question::Payments(page(last, None)),
        Question::Payments(page(anywhere, Some(StatusKind::Complete))),
        Question::Payments(page(anywhere, Some(StatusKind::Failed))),
        Question::Parts(live_parts(1 + pending, PAGE)),
        Question::AllLiveParts,
    ]
}

fn live_parts(start: u64, limit: u32) -> PartFilter {
    PartFilter {
        status: Some(StatusKind::Pending),
        start: Some(PartId(start)),
        limit,
        ..PartFilter::default()
    }
}

/// A node where everything is on its way, for ever.
struct PatientNode {
    looked_up: watch::Sender<u64>,
}

/// Each at the largest size to the smallest.
pub(super) async fn measure(folder: &Path, full: bool) -> Result<(Vec<Found>, Vec<Curve>)> {
    let sizes = if full { &SIZES[..] } else { &SIZES[..2] };
    let path = folder.join(FILE);
    let mut oldest = Fill::open(&path)?;
    oldest.add_live(LIVE)?;
    oldest.close()?;
    let mut lines = CURVES.map(|_| Vec::new());
    let mut payments = 0;
    for size in sizes {
        payments = LIVE + u64::from(*size);
        grow(&path, payments)?;
        for (points, time) in lines.iter_mut().zip(times(&path, u64::from(*size)).await?) {
            points.push((f64::from(*size), time));
        }
    }
    let (bytes, payments) = (float(path.metadata()?.len()), float(payments));
    let mut found = vec![("size_payments", payments)];
    found.push(("size_bytes_per_payment", bytes / payments));
    let mut curves = Vec::new();
    for ((key, title), points) in CURVES.into_iter().zip(lines) {
        let [(_, small), .., (_, large)] = points[..] else {
            bail!("{title}: one size is no growth");
        };
        found.push((key, large / small));
        curves.push(Curve { title, points });
    }
    Ok((found, curves))
}

fn grow(path: &Path, payments: u64) -> Result<()> {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {human_pos}/{human_len} {eta}")?;
    let bar = ProgressBar::new(payments).with_style(style);
    bar.set_message("filling");
    let mut fill = Fill::open(path)?;
    fill.up_to(payments, |there| bar.set_position(there))?;
    fill.close()?;
    bar.finish_and_clear();
    Ok(())
}

/// The middle time of each question, in microseconds, and of the start.
async fn times(path: &Path, settled: u64) -> Result<Vec<f64>> {
    let mut times = CURVES.map(|_| Vec::new());
    for _ in 0..STARTS {
        let (machine, took) = start(path).await?;
        ask_all(&machine.engine, settled, &mut times).await?;
        machine.stop().await;
        times[CURVES.len() - 1].push(took);
    }
    let middle = |mut times: Vec<_>| percentile(&mut times, 50).context("no answer");
    times.into_iter().map(middle).collect()
}

/// An engine whose node has been asked about every live part; how long it took until it was
/// ready, which is before that.
async fn start(path: &Path) -> Result<(Machine, Duration)> {
    let looked_up = watch::Sender::new(0);
    let mut asked = looked_up.subscribe();
    let node = NodePorts {
        name: samples::node(),
        sender: Arc::new(PatientNode { looked_up }),
        listener: NullNode::holding().listener(),
    };
    let begin = Instant::now();
    let machine = Machine::at(path, node, Policy::default()).await?;
    let took = begin.elapsed();
    let live = machine.engine.get_info().await?.live_parts;
    ensure!(live == LIVE_PARTS, "{live} parts are live");
    asked.wait_for(|asked| *asked == LIVE_PARTS).await?;
    Ok((machine, took))
}

/// Each many times; the first of them warm up what every answer needs.
async fn ask_all(engine: &Engine, settled: u64, times: &mut [Vec<Duration>]) -> Result<()> {
    for n in 0..WARM_UP + ANSWERS {
        for (question, times) in questions(n, settled).into_iter().zip(&mut *times) {
            if matches!(question, Question::AllLiveParts) && n % ALL_EVERY > 0 {
                continue;
            }
            let begin = Instant::now();
            ask(engine, question).await?;
            if n >= WARM_UP {
                times.push(begin.elapsed());
            }
        }
    }
    Ok(())
}

async fn ask(engine: &Engine, question: Question) -> Result<()> {
    match question {
        Question::Payments(filter) => {
            let limit = filter.limit;
            // As `listpayments` asks: with how many there are, and what we paid to ourselves.
            let filter = HistoryFilter {
                payments: filter,
                ..HistoryFilter::default()
            };
            let history = engine.list_history(filter).await?;
            all_sound(&history.page.rows, limit)
        }
        Question::Parts(filter) => page(engine, filter).await.map(drop),
        Question::AllLiveParts => {
            let mut next = Some(1);
            while let Some(start) = next {
                next = page(engine, live_parts(start, LARGE_PAGE)).await?;
            }
            Ok(())
        }
    }
}

/// Reads it, and says where the next one starts.
async fn page(engine: &Engine, filter: PartFilter) -> Result<Option<u64>> {
    let limit = filter.limit;
    let page = engine.list_partial_payments(filter).await?;
    all_sound(&page.rows, limit)?;
    Ok(page.next)
}

#[async_trait]
impl HtlcSender for PatientNode {
    async fn offer(&self, _: &Offer) -> OfferAnswer {
        OfferAnswer::Accepted
    }

    async fn look_up(&self, _: PartId, _: PaymentHash, _: &Route) -> LookUp {
        self.looked_up.send_modify(|parts| *parts += 1);
        LookUp::Pending
    }

    async fn known_parts(&self, _: PartId) -> BoxStream<'static, Result<KnownPart, NodeAway>> {
        futures::stream::empty().boxed()
    }

    async fn identity(&self) -> Result<NodeIdentity, NodeAway> {
        Ok(NodeIdentity::new("patient"))
    }

    async fn life(&self, known: Option<u64>) -> u64 {
        domain::the_only_life(known).await
    }

    fn height(&self) -> Option<u32> {
        None
    }

    fn network(&self) -> Option<domain::Network> {
        None
    }
}

fn all_sound<T>(rows: &[Listed<T>], wanted: u32) -> Result<()> {
    for row in rows {
        if let Listed::Damaged(damaged) = row {
            bail!("a damaged row: {damaged:?}");
        }
    }
    let rows = rows.len();
    ensure!(u32::try_from(rows)? == wanted, "{rows} rows, not {wanted}");
    Ok(())
}

/// Below `end`. A hash is as good as dice.
fn random(n: u64, end: u64) -> u64 {
    let hash = samples::hash(n).0;
    let bytes = hash
        .first_chunk()
        .map_or(n, |bytes| u64::from_be_bytes(*bytes));
    bytes % end
}
