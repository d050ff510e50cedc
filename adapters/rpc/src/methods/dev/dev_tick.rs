//! `dev-tick`: time on the embedded network.

use super::{Kind, Method};
use crate::error::{Code, RpcError};
use crate::params::{Arguments, Param};
use crate::services::Context;
use crate::values;
use serde::Serialize;
use std::sync::Arc;

pub(super) struct DevTick;

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct TickedView {
    /// How many passed.
    minutes: u32,
}

impl Method for DevTick {
    const NAME: &'static str = "dev-tick";
    const PARAMS: &'static [Param] = &[Param::optional("minutes")];
    const DESCRIPTION: &'static str = "Let {minutes} of LDK's minutes pass on the embedded network";
    const HELP: &'static str = "\
minutes  1 unless said

Receivers give up on half a payment after a few of them. Returns {minutes}.";
    const KIND: Kind = Kind::Dev;

    const ERRORS: &'static [Code] = &[Code::Unspecified];

    type Request = u32;
    type Answer = TickedView;

    fn parse(_: &Arc<Context>, arguments: &Arguments<'_>) -> Result<u32, RpcError> {
        let minutes = arguments.optional("minutes", values::limit(10_000))?;
        Ok(minutes.unwrap_or(1))
    }

    async fn run(context: Arc<Context>, minutes: u32) -> Result<Self::Answer, RpcError> {
        super::dev_network(&context)?.tick(minutes).await?;
        Ok(TickedView { minutes })
    }
}
