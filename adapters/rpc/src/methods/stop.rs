//! `stop`: the daemon's end.

use super::Method;
use crate::error::RpcError;
use crate::params::{Arguments, Param};
use crate::services::Context;
use serde::Serialize;
use std::sync::Arc;

pub(super) struct Stop;

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct StoppingView {
    /// That the daemon is stopping.
    message: &'static str,
}

impl Method for Stop {
    const NAME: &'static str = "stop";
    const PARAMS: &'static [Param] = &[];
    const DESCRIPTION: &'static str = "Shut the daemon down";
    const HELP: &'static str = "\
Stops taking requests, finishes the commits under way, answers whoever waits (-32005: waitpartialpay, waitsendpay, waitpayment, subscribe) and exits; SIGTERM and SIGINT do the same. What is pending stays pending, and is taken up again at the next start.";

    type Request = ();
    type Answer = StoppingView;

    fn parse(_: &Arc<Context>, _: &Arguments<'_>) -> Result<(), RpcError> {
        Ok(())
    }

    async fn run(context: Arc<Context>, (): ()) -> Result<Self::Answer, RpcError> {
        (context.services.stop)();
        Ok(StoppingView {
            message: "Shutting down",
        })
    }
}
