//! Payments beside ten clients who page through everything, again and again.

use super::finding::Found;
use super::sample::{Caller, Sample, drive, float};
use super::socket::{Connection, Served, list_request, send_request};
use anyhow::{Context, Result};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

const READERS: u32 = 10;
/// Callers who pay.
const PAYERS: u32 = 16;

/// The same payers alone, then beside the readers.
pub(super) async fn measure(folder: &Path, full: bool) -> Result<Vec<Found>> {
    let served = Served::start(folder).await?;
    let (before, parts) = if full {
        (100_000, 20_000)
    } else {
        (20_000, 6_000)
    };
    drive(payers(&served, 0, 256).await?, before).await?;
    let alone = drive(payers(&served, before, PAYERS).await?, parts).await?;
    let (stop, pages) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
    );
    let payers = payers(&served, before + parts, PAYERS).await?;
    // As another program would: in a thread of their own, at the priority of everybody.
    let thread = std::thread::Builder::new().name("list-clients".to_owned());
    let readers = thread.spawn({
        let (path, stop, pages) = (served.path.clone(), Arc::clone(&stop), Arc::clone(&pages));
        move || read_all(&path, &stop, &pages)
    })?;
    let begin = Instant::now();
    let beside = drive(payers, parts).await?;
    let took = begin.elapsed();
    stop.store(true, Ordering::Release);
    let readers = tokio::task::spawn_blocking(move || readers.join()).await?;
    readers.ok().context("a reader panicked")??;
    served.stop().await?;
    let p99 = |sample: &Sample| {
        sample
            .answer_us
            .map(|(_, p99)| p99)
            .context("there are answers")
    };
    let pages = float(pages.load(Ordering::Acquire));
    Ok(vec![
        ("lists_p99_vs_alone", p99(&beside)? / p99(&alone)?),
        ("lists_pages_per_s", pages / took.as_secs_f64()),
    ])
}

/// One who pays from that payment on.
struct From {
    first: u32,
    connection: Connection,
}

impl Caller for From {
    async fn pay(&mut self, n: u32) -> Result<std::time::Duration> {
        let n = self.first + n;
        self.connection.pay(n, &send_request(u64::from(n), n)).await
    }
}

async fn payers(served: &Served, first: u32, many: u32) -> Result<Vec<From>> {
    let mut payers = Vec::new();
    for _ in 0..many {
        let connection = Connection::open(&served.path).await?;
        payers.push(From { first, connection });
    }
    Ok(payers)
}

/// All of the readers.
fn read_all(path: &Path, stop: &AtomicBool, pages: &AtomicU64) -> Result<()> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build()?;
    let readers = (0..READERS).map(|_| read(path, stop, pages));
    let read = runtime.block_on(futures::future::join_all(readers));
    read.into_iter().collect()
}

/// Both lists, a page of the default size after the other.
async fn read(path: &Path, stop: &AtomicBool, pages: &AtomicU64) -> Result<()> {
    let mut connection = Connection::open(path).await?;
    for list in ["listpayments", "listpartialpayments"].iter().cycle() {
        let mut start = Some(1);
        while let Some(from) = start {
            if stop.load(Ordering::Acquire) {
                return Ok(());
            }
            connection.send(&list_request(list, from)).await?;
            start = connection.next_page().await?;
            pages.fetch_add(1, Ordering::AcqRel);
        }
    }
    Ok(())
}
