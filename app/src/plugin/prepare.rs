//! From what lightningd says of itself, and its options, to a daemon.

use super::{Configured, DATABASE, OFFER_BY, RPC_FILE};
use crate::config::{Address, Config, DaemonFlags, Flags, NodeConfig, to_lightningd};
use crate::daemon::Assembly;
use crate::data_dir;
use anyhow::Context;
use cln::{Arrivals, OfferBy};
use cln_plugin::messages::Configuration;
use std::path::{Path, PathBuf};

/// What a list shows at once: `next` says how to go on.
const PAGE_BYTES: usize = 256 * 1024;

/// What is to be wired together, and the data directory.
pub(super) fn prepare(configured: &Configured) -> anyhow::Result<(Assembly, PathBuf)> {
    let Configuration {
        lightning_dir,
        rpc_file,
        ..
    } = configured.configuration();
    let lightning_dir = PathBuf::from(lightning_dir);
    let place = |path: Option<String>| path.map(|path| lightning_dir.join(path));
    let offer_by = match configured.option(&OFFER_BY)?.as_str() {
        "sendonion" => OfferBy::SendOnion,
        "sendpay" => OfferBy::SendPay,
        other => anyhow::bail!("ampere-offer-by is {other}: say sendonion or sendpay"),
    };
    let node = NodeConfig {
        name: "cln".to_owned(),
        address: Address::Cln(lightning_dir.join(rpc_file)),
        offer_by,
    };
    let config = Config::load(
        Flags {
            data_dir: Some(lightning_dir.join("ampere")),
            rpc_file: None,
        },
        DaemonFlags {
            node: vec![node],
            database: place(configured.option(&DATABASE)?),
            ..DaemonFlags::default()
        },
        std::env::vars_os(),
    )?;
    data_dir::create(&config.data_dir)?;
    let assembly = Assembly {
        pass_on: to_lightningd(config.pass_on.as_ref(), &config.nodes),
        nodes: config.nodes,
        home: Some(config.data_dir.clone()),
        state: None,
        rpc_file: place(configured.option(&RPC_FILE)?),
        database: config.database,
        limits: rpc::Limits {
            // A reply goes the way of the hook's answers, which must not wait for it.
            page_bytes: config.limits.page_bytes.min(PAGE_BYTES),
            ..config.limits
        },
        policy: config.policy.into(),
        arrivals: Arrivals::default(),
    };
    check_folder(&assembly.database)?;
    Ok((assembly, config.data_dir))
}

fn check_folder(database: &Path) -> anyhow::Result<()> {
    let folder = data_dir::folder_of(database);
    let found = std::fs::metadata(folder);
    found.with_context(|| format!("ampere-database: no folder {}", folder.display()))?;
    data_dir::refuse_if_others_write(folder)
}
