//! `stop`: the daemon's end.

use super::{Method, Reply, reply};
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
    #[cfg(feature = "docs")]
    type Shown = StoppingView;

    fn parse(_: &Arc<Context>, _: &Arguments<'_>) -> Result<(), RpcError> {
        Ok(())
    }

    async fn run(context: Arc<Context>, (): ()) -> Reply {
        (context.services.stop)();
        reply(&StoppingView {
            message: "Shutting down",
        })
    }
}
