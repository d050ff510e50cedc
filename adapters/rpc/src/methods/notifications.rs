//! `notifications`: lightning-cli's first request, before any other.

use super::Method;
use crate::error::RpcError;
use crate::params::{Arguments, Given, Param};
use crate::request::Request;
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
        "Enable lightningd's notifications about the commands that are passed on to it";
    const HELP: &'static str = "\
Holds for this connection. Our own methods have no notifications: nothing is sent unasked but what lightningd says about a command that was passed on to it. What subscribe tells needs no enabling.

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

/// What a request says of notifications, if it is that.
pub(crate) fn are_wanted(request: &Request) -> Option<bool> {
    if request.method != Notifications::NAME {
        return None;
    }
    let given = Given::read(&request.params).ok()?;
    let arguments = Arguments::bind(&given, Notifications::PARAMS, false).ok()?;
    arguments.required("enable", values::boolean).ok()
}
