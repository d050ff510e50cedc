//! `notifications`: lightning-cli's first request, before any other.

use super::Method;
use crate::error::RpcError;
use crate::params::{Arguments, Param};
use crate::services::Context;
use crate::values;
use serde::Serialize;
use std::sync::Arc;

pub(super) struct Notifications;

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct NothingView {}

impl Method for Notifications {
    const NAME: &'static str = "notifications";
    const PARAMS: &'static [Param] = &[Param::required("enable")];
    const DESCRIPTION: &'static str =
        "Enable lightningd's notifications, of which this daemon has none";
    const HELP: &'static str = "\
Accepted so that lightning-cli and pyln-client work as they are; nothing is ever sent unasked. What subscribe tells needs no enabling.

enable  true or false";

    type Request = bool;
    type Answer = NothingView;

    fn parse(_: &Arc<Context>, arguments: &Arguments<'_>) -> Result<bool, RpcError> {
        arguments.required("enable", values::boolean)
    }

    async fn run(_: Arc<Context>, _: bool) -> Result<Self::Answer, RpcError> {
        Ok(NothingView {})
    }
}
