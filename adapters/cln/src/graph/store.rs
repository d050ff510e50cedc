//! A `gossip_store` as it is now, and as it grows.

use super::record::{self, Next, Record};
use domain::{GraphChange, NodeId, ShortChannelId};
use std::fs::Metadata;
use std::io::{self, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

/// Bytes read at a time: more than the longest record has.
const CHUNK: u64 = 256 << 10;
/// The version byte's bits for changes that an older reader does not understand. They are 0 so far.
const MAJOR: u8 = 0xe0;

/// An open file, and how far it was read.
pub(super) struct Store {
    file: File,
    found: Metadata,
    minor: u8,
    /// Where the next record begins. What is not whole there is read again: it changes in place.
    at: u64,
    /// The channel whose capacity comes next.
    announced: Option<(ShortChannelId, [NodeId; 2])>,
}

/// What a look at the file brings.
pub(super) enum Read {
    /// So much was read, which may be nothing of interest.
    Changes(Vec<GraphChange>),
    /// Nothing more is there.
    End,
    /// Nothing more will be there: the graph goes on in another file of the same name.
    Ended,
}

impl Store {
    /// Opens the file; one that this cannot read is an error.
    pub(super) async fn open(path: &Path) -> io::Result<Store> {
        let mut file = File::open(path).await?;
        let found = file.metadata().await?;
        let version = file.read_u8().await?;
        if version & MAJOR != 0 {
            let what = format!("its version is {version:#x}, of a newer kind");
            return Err(io::Error::new(io::ErrorKind::Unsupported, what));
        }
        Ok(Store {
            file,
            found,
            minor: version & !MAJOR,
            at: 1,
            announced: None,
        })
    }

    /// Reads on.
    pub(super) async fn read(&mut self) -> io::Result<Read> {
        self.file.seek(SeekFrom::Start(self.at)).await?;
        let mut bytes = Vec::new();
        let mut chunk = (&mut self.file).take(CHUNK);
        chunk.read_to_end(&mut bytes).await?;
        let (mut changes, mut length, mut is_ended) = (Vec::new(), 0, false);
        while let Some(rest) = bytes.get(length..)
            && let Next::Record(record, more) = record::next(rest, self.minor)
        {
            is_ended = record == Record::Ended;
            if is_ended {
                break;
            }
            changes.extend(self.change(record));
            length = length.saturating_add(more);
        }
        let read = u64::try_from(length).unwrap_or(u64::MAX);
        self.at = self.at.saturating_add(read);
        Ok(match (length, is_ended) {
            (0, true) => Read::Ended,
            (0, false) => Read::End,
            _ => Read::Changes(changes),
        })
    }

    /// Whether that is still the name of this file, and nothing of it was cut off.
    pub(super) async fn is_still(&self, path: &Path) -> io::Result<bool> {
        let now = tokio::fs::metadata(path).await?;
        let is_same = (now.dev(), now.ino()) == (self.found.dev(), self.found.ino());
        Ok(is_same && now.len() >= self.at)
    }

    fn change(&mut self, record: Record) -> Option<GraphChange> {
        let announced = self.announced.take();
        match record {
            Record::Channel(channel, nodes) => {
                self.announced = Some((channel, nodes));
                None
            }
            Record::Amount(capacity) => {
                let (channel, nodes) = announced?;
                Some(GraphChange::Channel {
                    channel,
                    nodes,
                    capacity,
                })
            }
            Record::Policy(direction, policy) => Some(GraphChange::Policy(direction, policy)),
            Record::Deleted(channel) => Some(GraphChange::Closed(channel)),
            Record::Ended | Record::Other => None,
        }
    }
}
