//! `ampere backup FILE`: by the daemon, or where there is none by ourselves.

use super::{call, failed, output};
use crate::config::{Config, DaemonFlags, Flags};
use crate::data_dir;
use crate::exit::Exit;
use crate::trouble::trouble;
use domain::BackedUp;
use rpc::client::Client;
use serde_json::json;
use std::path::Path;
use storage::check::Stop;

/// Makes the copy, and prints what is in it.
pub(super) async fn run(place: Flags, file: &Path, raw: bool) -> Exit {
    let config = Config::load(place, DaemonFlags::default(), std::env::vars_os());
    let prepared = config.and_then(|config| Ok((config, std::path::absolute(file)?)));
    let (config, file) = match prepared {
        Ok(prepared) => prepared,
        Err(why) => return failed(&why, Exit::Usage),
    };
    let Ok(mut client) = Client::connect(&config.rpc_file).await else {
        return match without_daemon(&config, &file) {
            Ok(made) => output::print_value(&shown(&file, made)),
            Err(why) => failed(&why, Exit::Error),
        };
    };
    let Some(path) = file.to_str() else {
        let why = trouble(
            format!("cannot back up into {}", file.display()),
            "the path is not UTF-8",
            "choose another one",
        );
        return failed(&why, Exit::Usage);
    };
    match client.call_raw("backup", &json!([path])).await {
        Ok(result) => output::result(&mut client, "backup", result.get(), raw).await,
        Err(error) => call::failed("backup", error),
    }
}

/// No daemon uses the database meanwhile, and none can start.
fn without_daemon(config: &Config, file: &Path) -> anyhow::Result<BackedUp> {
    let (dir, database) = (&config.data_dir, &config.database);
    let what = || format!("cannot back up {}", database.display());
    if !database.is_file() {
        let why = "there is no such database, and no daemon answers";
        let help = "say where it is with --data-dir";
        return Err(trouble(what(), why, help));
    }
    let _locks = data_dir::lock_both(dir, database)?;
    let made = storage::backup::backup(database, file, &Stop::default());
    made.map_err(|why| {
        let help =
            "make room, or name another file; `ampere db check` says whether the database is whole";
        trouble(what(), why, help)
    })
}

fn shown(file: &Path, made: BackedUp) -> serde_json::Value {
    json!({
        "file": file.display().to_string(),
        "bytes": made.bytes,
        "payments": made.payments,
        "partialpayments": made.parts,
        "pending_parts": made.live_parts,
        "incoming_payments": made.incoming,
        "last_event": made.last_event,
    })
}
