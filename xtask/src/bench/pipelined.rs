//! The engine through one connection that asks for more before it has its replies.

use super::sample::Sample;
use super::socket::{Connection, Served, send_request, wait_request};
use anyhow::{Context, Result, ensure};
use std::collections::HashMap;
use std::path::Path;
use std::time::Instant;

/// Parts under way at once: what the server allows one connection.
const WINDOW: usize = 64;

/// Pays that many parts. Requests that send have even ids, those that wait odd ones. What is asked
/// because of replies that came together goes out together.
pub(super) async fn sample(folder: &Path, parts: u32) -> Result<Sample> {
    let served = Served::start(folder).await?;
    let mut connection = Connection::open(&served.path).await?;
    // Written out beforehand: what a client needs for that is not what is measured.
    let sends = (0..parts).map(|n| (2 * u64::from(n), send_request(2 * u64::from(n), n)));
    let sends: Vec<_> = sends.collect();
    let (mut unsent, mut under_way, mut settled) = (sends.iter(), 0, 0);
    let mut asked = HashMap::new();
    let mut answers = Vec::new();
    let mut requests = String::new();
    let begin = Instant::now();
    while settled < parts {
        for (id, send) in unsent.by_ref().take(WINDOW - under_way) {
            requests += send;
            asked.insert(*id, Instant::now());
            under_way += 1;
        }
        connection.send(&requests).await?;
        requests.clear();
        let mut next = Some(connection.reply().await?);
        while let Some(reply) = next {
            let id = reply.id;
            let part = reply.part()?;
            if id % 2 == 0 {
                let asked = asked.remove(&id).context("a reply to a request")?;
                answers.push(asked.elapsed());
                requests += &wait_request(id + 1, part.id);
            } else {
                let status = part.status;
                ensure!(status == "complete", "the null node fulfils everything");
                under_way -= 1;
                settled += 1;
            }
            next = connection.whole_reply()?;
        }
    }
    let sample = Sample::of(parts, begin.elapsed(), answers);
    drop(connection);
    served.stop().await?;
    Ok(sample)
}
