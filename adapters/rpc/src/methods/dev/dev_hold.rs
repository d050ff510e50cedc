//! `dev-hold`: a receiver that takes its time, on the embedded network.

use super::{Kind, Method};
use crate::error::{Code, RpcError};
use crate::params::{Arguments, Param};
use crate::services::Context;
use crate::values;
use serde::Serialize;
use std::sync::Arc;

pub(super) struct DevHold;

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct HoldView {
    /// Whether dave keeps what arrives.
    hold: bool,
}

impl Method for DevHold {
    const NAME: &'static str = "dev-hold";
    const PARAMS: &'static [Param] = &[Param::required("on")];
    const DESCRIPTION: &'static str = "Make dave keep what arrives, on the embedded network";
    const HELP: &'static str = "\
on  on: what arrives stays pending; off: it is claimed, what was kept too

Returns {hold}.";
    const KIND: Kind = Kind::Dev;

    const ERRORS: &'static [Code] = &[Code::Unspecified];

    type Request = bool;
    type Answer = HoldView;

    fn parse(_: &Arc<Context>, arguments: &Arguments<'_>) -> Result<bool, RpcError> {
        arguments.required("on", values::on_off)
    }

    async fn run(context: Arc<Context>, on: bool) -> Result<Self::Answer, RpcError> {
        super::dev_network(&context)?.hold(on).await?;
        Ok(HoldView { hold: on })
    }
}
