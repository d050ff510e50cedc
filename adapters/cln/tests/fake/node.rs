//! The node as such: `getinfo`, `getlog`, `waitblockheight`, `help`.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::command::Command;
use super::dispatch::{COMMANDS, Conclusion};
use super::error::{Answer, RpcError, code};
use super::params::Params;
use super::state::{Awaited, State};

/// The version that the fake speaks for.
pub(crate) const VERSION: &str = "v26.06.6";

/// `getlog`'s parameters.
pub(crate) const GETLOG: &str = "[level]";

/// `help`'s parameters.
pub(crate) const HELP: &str = "[command]";

/// `waitblockheight`'s parameters.
pub(crate) const WAITBLOCKHEIGHT: &str = "blockheight [timeout]";

impl State {
    /// `getinfo`.
    pub(crate) fn getinfo(&mut self, rpc_file: &Path) -> Value {
        let is_up = |scid: &String| self.is_up(scid);
        let scids: Vec<_> = self
            .db
            .channels
            .iter()
            .map(|channel| channel.scid.clone())
            .collect();
        let active = scids.iter().filter(|scid| is_up(scid)).count();
        let mut info = json!({
            "id": self.place.us,
            "alias": "SILENTARTIST",
            "color": &self.place.us[..6],
            "num_peers": scids.len(),
            "num_pending_channels": 0,
            "num_active_channels": active,
            "num_inactive_channels": scids.len() - active,
            "address": [],
            "binding": [],
            "version": VERSION,
            "blockheight": self.shown_height(),
            "network": "regtest",
            "fees_collected_msat": 0,
            "lightning-dir": rpc_file.parent(),
            "our_features": {
                "init": "0898882a8a59a1",
                "node": "8898882a8a59a1",
                "channel": "",
                "invoice": "02000002024100",
            },
        });
        if self.loading().is_some_and(|loading| loading.warns) {
            let warning = "Still loading latest blocks from bitcoind.";
            info["warning_lightningd_sync"] = json!(warning);
        }
        self.read_on();
        info
    }

    /// `getlog`, without a log.
    pub(crate) fn getlog(&self) -> Value {
        json!({
            "created_at": self.process.as_ref().map(|process| &process.created_at),
            "bytes_used": 0,
            "bytes_max": 10_485_760,
            "log": [],
        })
    }

    /// `waitblockheight`.
    pub(crate) fn waitblockheight(
        &mut self,
        command: &Command,
        params: &Params<'_>,
    ) -> Result<Conclusion, RpcError> {
        let target = params.number("blockheight")?.unwrap_or_default();
        let timeout = params.number("timeout")?.unwrap_or(60);
        let height = self.own_height();
        if target <= height {
            return Ok(Conclusion::Done(Ok(json!({"blockheight": height}))));
        }
        let token = self.enlist(command, Awaited::Height(target));
        Ok(Conclusion::PendingUntil {
            timeout: Duration::from_secs(timeout.into()),
            token,
            error: RpcError::new(code::WAIT_TIMEOUT, "Timed out."),
        })
    }

    /// `help`: what there is, plugins' methods included, with the parameters.
    pub(crate) fn help(&self, params: &Params<'_>) -> Answer {
        let asked = params.string("command")?;
        let mut usages: Vec<(&str, &str)> = COMMANDS
            .iter()
            .map(|(name, usage, _)| (*name, *usage))
            .collect();
        let plugins = self.process.iter().flat_map(|process| &process.plugins);
        usages.extend(plugins.map(|(name, method)| (&**name, &*method.usage)));
        usages.extend(self.others.keys().map(|name| (&**name, "")));
        usages.sort_unstable();
        if let Some(asked) = asked {
            usages.retain(|(name, _)| *name == asked);
            if usages.is_empty() {
                let text = format!("Unknown command {asked}");
                return Err(RpcError::new(code::METHOD_NOT_FOUND, text));
            }
        }
        let usages: Vec<_> = usages
            .into_iter()
            .map(|(name, usage)| json!({"command": format!("{name} {usage}")}))
            .collect();
        Ok(json!({"help": usages, "format-hint": "simple"}))
    }
}
