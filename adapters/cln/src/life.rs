//! Which lightningd this is, and which of its lives.
//!
//! Two things are kept in lightningd's own datastore, so that they live and die with its database:
//!
//! - `ampere/identity`: written once. A lightningd whose database was lost has the same node id (that
//!   comes from `hsm_secret`) and no such entry: it is another node (rule A-4).
//! - `ampere/GROUP/life`: when the present lightningd started, and the number of the last row that
//!   there was when we first met it, before anything was offered to it. A row up to that number was
//!   made in an earlier life, whatever the clocks say.

use crate::calls::{GetInfo, GetLog, ListDatastore, Waited};
use crate::connection::{CallError, Connection};
use crate::options::Options;
use crate::tip::{self, Told};
use domain::NodeIdentity;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// lightningd's error of a datastore key that is there already.
const KEY_EXISTS: i64 = 1202;
/// JSON-RPC's error of a parameter that is not known, as an older lightningd's `wait` has it.
const INVALID_PARAMS: i64 = -32602;

/// A lightningd, from its start to its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Life {
    /// What it is, over all lives.
    pub(crate) identity: NodeIdentity,
    /// Its public key, in hex.
    pub(crate) node_id: String,
    /// When it started: no two lives have the same.
    pub(crate) started: String,
    /// Rows up to this number were made in an earlier life.
    pub(crate) rows_before: u64,
    /// How many rows were made, and how many updates of rows, when this was read.
    pub(crate) rows: u64,
    pub(crate) updates: u64,
    /// Whether `listhtlcs` can be read from a number on (25.05 and later).
    pub(crate) htlcs_are_numbered: bool,
    pub(crate) version: String,
    pub(crate) network: String,
    /// How far it had got with the chain.
    pub(crate) told: Told,
}

#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    started: String,
    rows_before: u64,
}

/// When the lightningd at the other end started.
pub(crate) async fn started(connection: &Connection) -> Result<String, CallError> {
    let log: GetLog = connection
        .ask("getlog", &json!({"level": "broken"}))
        .await?;
    Ok(log.created_at)
}

/// Asks lightningd what it is. Nothing may have been offered on this connection before.
pub(crate) async fn meet(connection: &Connection, options: &Options) -> Result<Life, CallError> {
    let info: GetInfo = connection.ask("getinfo", &json!({})).await?;
    let told = Told::new(&info, tip::own_height(connection).await?);
    let started = started(connection).await?;
    let identity = identity(connection, &info.id, options.group, &started).await?;
    let rows = counter(connection, "created").await?.created;
    let updates = counter(connection, "updated").await?.updated;
    let htlcs_are_numbered = htlcs_are_numbered(connection).await?;
    let rows_before = rows_before(connection, options.group, &started, rows).await?;
    Ok(Life {
        identity,
        node_id: info.id,
        started,
        rows_before,
        rows,
        updates,
        htlcs_are_numbered,
        version: info.version,
        network: info.network,
        told,
    })
}

pub(crate) async fn counter(connection: &Connection, index: &str) -> Result<Waited, CallError> {
    let params = json!({"subsystem": "sendpays", "indexname": index, "nextvalue": 0});
    connection.ask("wait", &params).await
}

async fn htlcs_are_numbered(connection: &Connection) -> Result<bool, CallError> {
    let params = json!({"subsystem": "htlcs", "indexname": "created", "nextvalue": 0});
    match connection.ask::<Waited>("wait", &params).await {
        Ok(_) => Ok(true),
        Err(CallError::ReportedOutcome(complaint)) if complaint.code == INVALID_PARAMS => Ok(false),
        Err(error) => Err(error),
    }
}

/// The node's id, and what only this database of it knows.
async fn identity(
    connection: &Connection,
    id: &str,
    group: u64,
    started: &str,
) -> Result<NodeIdentity, CallError> {
    let key = ["ampere", "identity"];
    // No other database was met by this Ampere in this life of this node.
    let fresh = format!("{group:x}-{started}");
    let known = remember(connection, &key, &fresh).await?;
    Ok(NodeIdentity::new(format!("lightningd {id} {known}")))
}

async fn rows_before(
    connection: &Connection,
    group: u64,
    started: &str,
    rows: u64,
) -> Result<u64, CallError> {
    let group = group.to_string();
    let key = ["ampere", group.as_str(), "life"];
    let known = recall(connection, &key).await?;
    if let Some(text) = known {
        // Never written over unread: it says what this life began with.
        let record: Record = serde_json::from_str(&text).map_err(|why| nonsense(&why))?;
        if record.started == started {
            return Ok(record.rows_before);
        }
    }
    let record = Record {
        started: started.to_owned(),
        rows_before: rows,
    };
    let text = serde_json::to_string(&record).map_err(|why| nonsense(&why))?;
    let params = json!({"key": key, "string": text, "mode": "create-or-replace"});
    let _: serde_json::Value = connection.ask("datastore", &params).await?;
    Ok(rows)
}

pub(crate) fn nonsense(why: &serde_json::Error) -> CallError {
    CallError::Nonsense(format!("in its datastore: {why}"))
}

/// Writes an entry unless there is one: what it holds afterwards.
pub(crate) async fn remember(
    connection: &Connection,
    key: &[&str],
    text: &str,
) -> Result<String, CallError> {
    if let Some(known) = recall(connection, key).await? {
        return Ok(known);
    }
    let params = json!({"key": key, "string": text, "mode": "must-create"});
    match connection
        .ask::<serde_json::Value>("datastore", &params)
        .await
    {
        Ok(_) => Ok(text.to_owned()),
        // Another Ampere was faster.
        Err(CallError::ReportedOutcome(complaint)) if complaint.code == KEY_EXISTS => {
            let known = recall(connection, key).await?;
            known.ok_or_else(|| {
                CallError::Nonsense("a datastore key that is and is not there".into())
            })
        }
        Err(error) => Err(error),
    }
}

pub(crate) async fn recall(
    connection: &Connection,
    key: &[&str],
) -> Result<Option<String>, CallError> {
    let list: ListDatastore = connection
        .ask("listdatastore", &json!({"key": key}))
        .await?;
    let mut entries = list.datastore.into_iter();
    let own = entries.find(|entry| entry.key == key);
    Ok(own.and_then(|entry| entry.string))
}
