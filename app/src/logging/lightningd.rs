//! The log of a plugin: JSON-RPC notifications, which lightningd writes to its own log.

use super::LOG;
use crate::lines::Lines;
use serde_json::json;
use std::fmt;
use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Logs into the plugin's standard output from now on: what `CLN_PLUGIN_LOG` says, or `info`.
pub fn start_for_lightningd(output: &Lines) {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .with_env_var("CLN_PLUGIN_LOG")
        .from_env_lossy();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .log_internal_errors(false)
        .with_ansi(false)
        .event_format(Notification)
        .with_writer(output.clone())
        .init();
    // Who logs already goes on as before.
    let _ = LOG.set(output.clone());
}

struct Notification;

impl<S, N> FormatEvent<S, N> for Notification
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut message = String::new();
        context.format_fields(Writer::new(&mut message), event)?;
        let level = event.metadata().level().as_str().to_lowercase();
        let params = json!({"level": level, "message": message});
        let notification = json!({"jsonrpc": "2.0", "method": "log", "params": params});
        write!(writer, "{notification}\n\n")
    }
}
