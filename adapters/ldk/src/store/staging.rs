//! Monitor updates on their way to the disk.
//!
//! LDK is told that a write is in progress, and holds back every message that depends on it; the
//! driver's next transaction takes the write along, and only then is LDK told that it is complete.

use super::{StoreError, StoredMonitor};
use domain::Mutex;
use lightning::chain::ChannelMonitorUpdateStatus;
use lightning::chain::chainmonitor::Persist;
use lightning::chain::channelmonitor::{ChannelMonitor, ChannelMonitorUpdate};
use lightning::ln::types::ChannelId;
use lightning::sign::InMemorySigner;
use lightning::util::persist::MonitorName;
use lightning::util::ser::Writeable;
use rusqlite::{Connection, params};

/// After so many updates the monitor is written whole, and they go.
const UPDATES_MAX: u64 = 100;

/// What waits for the next transaction.
pub(crate) struct Staging {
    keep: bool,
    writes: Mutex<Vec<Write>>,
}

/// One write of one monitor.
pub(crate) struct Write {
    name: String,
    bytes: Vec<u8>,
    content: Content,
    /// The channel.
    pub(crate) channel: ChannelId,
    /// The update that LDK waits for.
    pub(crate) completes: Option<u64>,
}

/// What the bytes are.
#[derive(Clone, Copy)]
enum Content {
    /// A monitor; updates up to that number are part of it.
    Monitor(u64),
    /// The update of that number.
    Update(u64),
}

impl Staging {
    /// Without `keep` the bytes are never made: nobody will read them.
    pub(crate) fn new(keep: bool) -> Staging {
        let writes = Mutex::default();
        Staging { keep, writes }
    }

    /// What has come since the last call, in order.
    pub(crate) fn take(&self) -> Vec<Write> {
        std::mem::take(&mut *self.writes.lock())
    }

    fn stage(
        &self,
        name: MonitorName,
        update: Option<&ChannelMonitorUpdate>,
        monitor: &ChannelMonitor<InMemorySigner>,
        completes: Option<u64>,
    ) -> ChannelMonitorUpdateStatus {
        let (content, bytes) = match update.filter(|u| !u.update_id.is_multiple_of(UPDATES_MAX)) {
            Some(update) => (Content::Update(update.update_id), self.encode(update)),
            None => (
                Content::Monitor(monitor.get_latest_update_id()),
                self.encode(monitor),
            ),
        };
        let (name, channel) = (name.to_string(), monitor.channel_id());
        let write = Write {
            name,
            bytes,
            content,
            channel,
            completes,
        };
        self.writes.lock().push(write);
        ChannelMonitorUpdateStatus::InProgress
    }

    fn encode(&self, object: &impl Writeable) -> Vec<u8> {
        if self.keep {
            object.encode()
        } else {
            Vec::new()
        }
    }
}

impl Persist<InMemorySigner> for Staging {
    fn persist_new_channel(
        &self,
        name: MonitorName,
        monitor: &ChannelMonitor<InMemorySigner>,
    ) -> ChannelMonitorUpdateStatus {
        self.stage(name, None, monitor, Some(monitor.get_latest_update_id()))
    }

    fn update_persisted_channel(
        &self,
        name: MonitorName,
        update: Option<&ChannelMonitorUpdate>,
        monitor: &ChannelMonitor<InMemorySigner>,
    ) -> ChannelMonitorUpdateStatus {
        // Without an update it is a new block that is written, and nobody waits for that.
        self.stage(name, update, monitor, update.map(|u| u.update_id))
    }

    fn archive_persisted_channel(&self, _: MonitorName) {}
}

pub(super) fn write(db: &Connection, writes: &[Write]) -> Result<(), StoreError> {
    for Write {
        name,
        bytes,
        content,
        ..
    } in writes
    {
        match content {
            Content::Update(id) => {
                let sql = "INSERT OR REPLACE INTO monitor_updates VALUES (?, ?, ?)";
                let mut write = db.prepare_cached(sql)?;
                write.execute(params![name, id.cast_signed(), bytes])?;
            }
            Content::Monitor(covers) => {
                let mut write =
                    db.prepare_cached("INSERT OR REPLACE INTO monitors VALUES (?, ?)")?;
                write.execute(params![name, bytes])?;
                let sql = "DELETE FROM monitor_updates WHERE name = ? AND update_id <= ?";
                let mut clear = db.prepare_cached(sql)?;
                clear.execute(params![name, covers.cast_signed()])?;
            }
        }
    }
    Ok(())
}

pub(super) fn read(db: &Connection) -> Result<Vec<StoredMonitor>, StoreError> {
    let mut monitors = db.prepare("SELECT name, bytes FROM monitors ORDER BY name")?;
    let sql = "SELECT bytes FROM monitor_updates WHERE name = ? ORDER BY update_id";
    let mut updates = db.prepare(sql)?;
    let rows = monitors.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut stored = Vec::new();
    for row in rows {
        let (name, bytes): (String, Vec<u8>) = row?;
        let updates = updates.query_map([name], |row| row.get(0))?;
        let updates = updates.collect::<Result<_, _>>()?;
        stored.push(StoredMonitor { bytes, updates });
    }
    Ok(stored)
}
