//! The engine through one connection that asks for more before it has its replies.

use super::sample::Sample;
use super::socket::{Connection, Served, send_request, wait_request};
use anyhow::{Context, Result, ensure};
use std::collections::HashMap;
use std::path::Path;
use std::time::Instant;

/// Parts under way at once: what the server allows one connection.
const WINDOW: u32 = 64;

/// Pays that many parts. Requests that send have even ids, those that wait odd ones.
pub(super) async fn sample(folder: &Path, parts: u32) -> Result<Sample> {
    let served = Served::start(folder).await?;
    let mut connection = Connection::open(&served.path).await?;
    let (mut sent, mut settled) = (0, 0);
    let mut asked = HashMap::new();
    let mut answers = Vec::new();
    let begin = Instant::now();
    while settled < parts {
        let mut requests = String::new();
        while sent < parts && sent - settled < WINDOW {
            requests += &send_request(2 * u64::from(sent), sent);
            asked.insert(2 * u64::from(sent), Instant::now());
            sent += 1;
        }
        if !requests.is_empty() {
            connection.send(&requests).await?;
        }
        let reply = connection.reply().await?;
        let id = reply.id;
        let part = reply.part()?;
        if id % 2 == 0 {
            let asked = asked.remove(&id).context("a reply to a request")?;
            answers.push(asked.elapsed());
            connection.send(&wait_request(id + 1, part.id)).await?;
        } else {
            ensure!(
                part.status == "complete",
                "the null node fulfils everything"
            );
            settled += 1;
        }
    }
    let sample = Sample::of(parts, begin.elapsed(), answers);
    drop(connection);
    served.stop().await?;
    Ok(sample)
}
