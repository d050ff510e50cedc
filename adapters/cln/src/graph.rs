//! The public graph as lightningd knows it: out of its `gossip_store`, which is followed as it grows;
//! or, where that file cannot be read, out of `listchannels` every few minutes.

mod listed;
mod record;
mod store;
mod told;

use crate::connection::Connection;
use async_trait::async_trait;
use domain::{GraphChange, GraphSource};
use futures::stream::{self, BoxStream, StreamExt};
use serde::Deserialize;
use serde_json::json;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use store::{Read, Store};
use tokio::sync::mpsc;
use told::Told;

/// How often the file is looked at for more.
const GLANCE: Duration = Duration::from_secs(1);
/// How often lightningd is asked for all channels, and whether its file can be read by now.
const ROUND: Duration = Duration::from_secs(180);
/// How long a lightningd that cannot be reached is left alone.
const AWAY: Duration = Duration::from_secs(5);
/// Batches of changes that wait to be read. The follower waits when there are so many.
const BATCHES: usize = 4;

/// The name of lightningd's file.
const FILE: &str = "gossip_store";

/// The graph of the lightningd at that socket.
pub(crate) struct Graph {
    pub(crate) socket: PathBuf,
}

#[async_trait]
impl GraphSource for Graph {
    async fn follow(self: Box<Self>) -> BoxStream<'static, GraphChange> {
        let (batches, read) = mpsc::channel(BATCHES);
        let follower = Follower {
            socket: self.socket,
            told: Told::default(),
            is_loaded: false,
            batches,
            said: None,
        };
        tokio::spawn(follower.run());
        let read = stream::unfold(read, |mut read| async {
            let batch: Vec<GraphChange> = read.recv().await?;
            Some((stream::iter(batch), read))
        });
        read.flatten().boxed()
    }
}

/// Why a way to the graph is left.
enum Left {
    /// Nobody reads the stream any more.
    Unread,
    /// It does not work now.
    Failed(String),
}

impl From<io::Error> for Left {
    fn from(error: io::Error) -> Left {
        Left::Failed(error.to_string())
    }
}

/// Where lightningd has its files, by its own word.
#[derive(Deserialize)]
struct Whereabouts {
    #[serde(rename = "lightning-dir", default)]
    dir: Option<PathBuf>,
}

struct Follower {
    socket: PathBuf,
    told: Told,
    is_loaded: bool,
    batches: mpsc::Sender<Vec<GraphChange>>,
    /// What was logged last, so that it is logged once.
    said: Option<String>,
}

impl Follower {
    /// Until nobody reads the stream any more.
    async fn run(mut self) {
        loop {
            let pause = match self.follow().await {
                Ok(pause) => pause,
                Err(Left::Unread) => return,
                Err(Left::Failed(why)) => {
                    self.say(format!("the graph cannot be read now: {why}"));
                    AWAY
                }
            };
            if self.rest(pause).await.is_err() {
                return;
            }
        }
    }

    /// The file as long as it can be read; or all channels once, and then how long to wait.
    async fn follow(&mut self) -> Result<Duration, Left> {
        let failed = |error: &dyn std::error::Error| Left::Failed(error.to_string());
        let connection = Connection::open(&self.socket).await;
        let connection = connection.map_err(|error| failed(&error))?;
        let asked = connection.ask("getinfo", &json!({})).await;
        let Whereabouts { dir } = asked.map_err(|error| failed(&error))?;
        let beside = self.socket.parent().map(Path::to_owned);
        let mut why = String::new();
        for dir in dir.into_iter().chain(beside) {
            let path = dir.join(FILE);
            match Store::open(&path).await {
                Ok(store) => {
                    drop(connection);
                    self.say(format!("the graph is read from {}", path.display()));
                    return self.follow_file(store, &path).await;
                }
                Err(error) => why = format!("{}: {error}", path.display()),
            }
        }
        self.say(format!("{why}; the graph is asked of listchannels instead"));
        let listed = connection.ask("listchannels", &json!({})).await;
        let listed: listed::Channels = listed.map_err(|error| failed(&error))?;
        self.told.begin();
        self.tell(listed.changes()).await?;
        self.end_of_all().await?;
        Ok(ROUND)
    }

    /// Returns with an error alone.
    async fn follow_file(&mut self, mut store: Store, path: &Path) -> Result<Duration, Left> {
        self.told.begin();
        let mut is_whole = false;
        loop {
            match store.read().await? {
                Read::Changes(changes) => {
                    self.tell(changes).await?;
                    continue;
                }
                Read::End if !is_whole => {
                    self.end_of_all().await?;
                    is_whole = true;
                }
                Read::End if store.is_still(path).await? => {}
                Read::End | Read::Ended => {
                    store = Store::open(path).await?;
                    self.told.begin();
                    is_whole = false;
                }
            }
            self.rest(GLANCE).await?;
        }
    }

    /// What was not told again since [`Told::begin`] is gone, and the beginning is over.
    async fn end_of_all(&mut self) -> Result<(), Left> {
        let mut batch = self.told.end();
        if !self.is_loaded {
            self.is_loaded = true;
            batch.push(GraphChange::Loaded);
        }
        self.send(batch).await
    }

    async fn tell(&mut self, changes: Vec<GraphChange>) -> Result<(), Left> {
        let news = changes.into_iter();
        let news = news.filter(|change| self.told.is_news(change)).collect();
        self.send(news).await
    }

    async fn send(&self, batch: Vec<GraphChange>) -> Result<(), Left> {
        if batch.is_empty() {
            return Ok(());
        }
        self.batches.send(batch).await.map_err(|_| Left::Unread)
    }

    async fn rest(&self, pause: Duration) -> Result<(), Left> {
        let closed = tokio::time::timeout(pause, self.batches.closed());
        closed.await.map_or(Ok(()), |()| Err(Left::Unread))
    }

    fn say(&mut self, what: String) {
        if self.said.as_ref() != Some(&what) {
            tracing::info!(socket = %self.socket.display(), "{what}");
            self.said = Some(what);
        }
    }
}
