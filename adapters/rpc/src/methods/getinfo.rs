//! `getinfo`: what is going on.

use super::Method;
use crate::error::RpcError;
use crate::params::{Arguments, Members, Param};
use crate::pass_on::LIGHTNINGD;
use crate::services::Context;
use crate::views::UnrecordedListView;
use domain::Network;
use serde::ser::Error;
use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) struct GetInfo;

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct InfoView {
    /// The program.
    name: String,
    /// Its version; in front of a lightningd, lightningd's.
    version: String,
    /// Ampere's version.
    ampere_version: String,
    /// The network that the nodes are on: `regtest`, `bitcoin`, …
    network: String,
    /// The folder that holds the database.
    data_dir: String,
    /// The best height that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    blockheight: Option<u32>,
    /// The configured nodes; the first is the default.
    nodes: Vec<NodeView>,
    /// Parts that are pending.
    live_parts: u64,
    /// Callers that wait.
    waiters: u64,
    /// Contradictions, failed proofs, violations and lost log lines since the start.
    alarms: u64,
    /// Since when and why log lines are lost, and how many; only if some were.
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<String>,
    /// How often each rule about money was about to be broken, since the start: bugs.
    violations: BTreeMap<&'static str, u64>,
    /// Parts that the nodes know under our keys and that are not in the database: it is older than they are, because
    /// a copy was put back, or the parts were deleted. Absent if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    unrecorded: Option<UnrecordedListView>,
    /// Why nothing new is sent at all, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    warning_unsettled: Option<String>,
    /// Why lightningd's own fields are missing, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    warning_lightningd: Option<String>,
}

/// Ours; in front of a lightningd, its own before them.
pub(super) struct Info {
    lightningd: Option<Box<RawValue>>,
    ours: InfoView,
}

#[cfg(feature = "docs")]
crate::docs::documented_as!([] Info, InfoView);

/// lightningd's fields, and of ours those that it has not.
impl Serialize for Info {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Some(lightningd) = &self.lightningd else {
            return self.ours.serialize(to);
        };
        let ours = to_raw_value(&self.ours).map_err(S::Error::custom)?;
        let read = |text| serde_json::from_str::<Members<'_>>(text).map_err(S::Error::custom);
        let (Members(mut members), Members(ours)) = (read(lightningd.get())?, read(ours.get())?);
        for (name, value) in ours {
            if !members.iter().any(|(known, _)| *known == name) {
                members.push((name, value));
            }
        }
        to.collect_map(members)
    }
}

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
struct NodeView {
    /// Its name.
    name: String,
    /// The best height that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    blockheight: Option<u32>,
}

impl Method for GetInfo {
    const NAME: &'static str = "getinfo";
    const PARAMS: &'static [Param] = &[];
    const DESCRIPTION: &'static str = "Show this daemon, its nodes and what is going on";
    const HELP: &'static str = "\
In front of a lightningd (unless pass_on is none), lightningd's fields come first, unchanged (id, alias, version, blockheight, …), and ours after them, but for those of the same name.

Returns {name, version, ampere_version, network, data_dir, blockheight, nodes: [{name, blockheight}], live_parts, waiters, alarms, log, violations: {RULE: count}, unrecorded, warning_unsettled}: the first node is the default one; alarms counts contradictions, failed proofs and violations since the start, and each time that log lines began to be lost (a full disk, a reader that is gone or too slow), of which log then says since when, why and how many: payments do not depend on them; violations counts each rule about money (A-1 to A-15) that a bug was about to break, and so must be empty. unrecorded: {count, pending, unknown, complete, failed, parts: […]} says which parts the nodes know under our keys and the database does not (an old copy of it was put back, or the parts were deleted), each with its meaning; it is absent if there are none. warning_unsettled says why nothing new is sent at all: not every node has been asked yet.";

    type Request = ();
    type Answer = Info;

    fn parse(_: &Arc<Context>, _: &Arguments<'_>) -> Result<(), RpcError> {
        Ok(())
    }

    async fn run(context: Arc<Context>, (): ()) -> Result<Self::Answer, RpcError> {
        let info = context.services.payments.get_info().await?;
        let about = &context.services.about;
        let networks = (context.services.networks)();
        let network = networks.first().map_or("unknown", Network::as_str);
        let log = (context.services.log)();
        let nodes = info.nodes.iter().map(|(name, blockheight)| NodeView {
            name: name.as_str().to_owned(),
            blockheight: *blockheight,
        });
        let violations = info.violations.iter();
        let violations = violations.map(|(rule, count)| (rule.id(), *count));
        let (lightningd, warning_lightningd) = match lightningds(&context).await {
            Ok(lightningd) => (lightningd, None),
            Err(why) => (None, Some(why.into_message())),
        };
        let ours = InfoView {
            name: about.name.clone(),
            version: about.version.clone(),
            ampere_version: about.version.clone(),
            network: network.to_owned(),
            data_dir: about.data_dir.clone(),
            blockheight: info.nodes.first().and_then(|(_, blockheight)| *blockheight),
            nodes: nodes.collect(),
            live_parts: info.live_parts,
            waiters: info.waiters,
            alarms: info.alarms.saturating_add(log.alarms),
            log: log.trouble,
            violations: violations.collect(),
            unrecorded: UnrecordedListView::of(info.unrecorded, info.unrecorded_parts),
            warning_unsettled: info.unsettled,
            warning_lightningd,
        };
        Ok(Info { lightningd, ours })
    }
}

/// What lightningd says of itself, where a program that asks us is to see one lightningd.
async fn lightningds(context: &Context) -> Result<Option<Box<RawValue>>, RpcError> {
    match &context.services.pass_on {
        Some(pass_on) if !pass_on.is_off() => {
            let told = pass_on.ask(GetInfo::NAME, &[(); 0], LIGHTNINGD).await?;
            Ok(Some(told).filter(|told| told.get().starts_with('{')))
        }
        _ => Ok(None),
    }
}
