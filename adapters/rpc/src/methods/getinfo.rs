//! `getinfo`: what is going on.

use super::{Method, Reply, reply};
use crate::error::RpcError;
use crate::params::{Arguments, Param};
use crate::services::Context;
use serde::Serialize;
use std::sync::Arc;

pub(super) struct GetInfo;

#[derive(Serialize)]
struct InfoView<'a> {
    name: &'a str,
    version: &'a str,
    network: &'a str,
    data_dir: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    blockheight: Option<u32>,
    nodes: Vec<NodeView<'a>>,
    live_parts: u64,
    waiters: u64,
    alarms: u64,
}

#[derive(Serialize)]
struct NodeView<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    blockheight: Option<u32>,
}

impl Method for GetInfo {
    const NAME: &'static str = "getinfo";
    const PARAMS: &'static [Param] = &[];
    const DESCRIPTION: &'static str = "Show this daemon, its nodes and what is going on";
    const HELP: &'static str = "\
Returns {name, version, network, data_dir, blockheight, nodes: [{name, blockheight}], live_parts, waiters, alarms}: the first node is the default one, and alarms counts contradictions and failed proofs since the start.";

    type Request = ();

    fn parse(_: &Arc<Context>, _: &Arguments<'_>) -> Result<(), RpcError> {
        Ok(())
    }

    async fn run(context: Arc<Context>, (): ()) -> Reply {
        let info = context.services.payments.get_info().await?;
        let about = &context.services.about;
        let nodes = info.nodes.iter().map(|(name, blockheight)| NodeView {
            name: name.as_str(),
            blockheight: *blockheight,
        });
        reply(&InfoView {
            name: &about.name,
            version: &about.version,
            network: &(context.services.network)(),
            data_dir: &about.data_dir,
            blockheight: info.nodes.first().and_then(|(_, blockheight)| *blockheight),
            nodes: nodes.collect(),
            live_parts: info.live_parts,
            waiters: info.waiters,
            alarms: info.alarms,
        })
    }
}
