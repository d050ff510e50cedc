//! `listhtlcs`.

use serde_json::{Value, json};

use super::error::{Answer, RpcError};
use super::params::{Params, scid_of};
use super::state::State;
use super::wait::Index;

/// `listhtlcs`' parameters.
pub(crate) const LISTHTLCS: &str = "[id] [index] [start] [limit]";

/// An HTLC of either direction.
struct Shown<'a> {
    created_index: u64,
    updated_index: u64,
    scid: &'a str,
    json: Value,
}

impl State {
    /// `listhtlcs`.
    pub(crate) fn listhtlcs(&self, params: &Params<'_>) -> Answer {
        let scid = params
            .get("id")
            .map(|id| self.param_channel(id))
            .transpose()?;
        let index = params
            .get("index")
            .map(|index| Index::of(index, "index"))
            .transpose()?;
        let start = params.u64("start")?.unwrap_or_default();
        let limit = params.u32("limit")?.unwrap_or(u32::MAX);
        let out = self.db.htlcs.values().map(|htlc| Shown {
            created_index: htlc.created_index,
            updated_index: htlc.updated_index,
            scid: &htlc.scid,
            json: htlc.to_json(),
        });
        let shown = out.chain(self.db.arrivals.values().map(|htlc| Shown {
            created_index: htlc.created_index,
            updated_index: htlc.updated_index,
            scid: &htlc.scid,
            json: htlc.to_json(),
        }));
        let by = |htlc: &Shown<'_>| match index {
            Some(Index::Updated) => htlc.updated_index,
            _ => htlc.created_index,
        };
        let mut htlcs: Vec<_> = shown
            .filter(|htlc| by(htlc) >= start)
            .filter(|htlc| self.db.channel(htlc.scid).is_some())
            .filter(|htlc| scid.as_ref().is_none_or(|scid| scid == htlc.scid))
            .collect();
        htlcs.sort_by_key(|htlc| by(htlc));
        htlcs.truncate(usize::try_from(limit).expect("a wide machine"));
        let htlcs: Vec<_> = htlcs.into_iter().map(|htlc| htlc.json).collect();
        Ok(json!({"htlcs": htlcs}))
    }

    fn param_channel(&self, id: &Value) -> Result<String, RpcError> {
        let known = |scid: &String| self.db.channel(scid).is_some();
        match (scid_of(id), id.as_str()) {
            (Some(scid), _) => Some(scid).filter(known),
            (None, Some(channel_id)) if channel_id.len() == 64 => self
                .db
                .channels
                .iter()
                .find(|channel| channel.channel_id() == channel_id)
                .map(|channel| channel.scid.clone()),
            _ => {
                let expected = "must be channel id or short channel id";
                return Err(RpcError::bad_param("id", expected));
            }
        }
        .ok_or_else(|| RpcError::bad_param("id", "unknown channel"))
    }
}
