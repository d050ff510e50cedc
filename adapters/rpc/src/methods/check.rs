//! `check`: another method's answer to these parameters, without acting.

use super::{Checking, Method};
use crate::error::RpcError;
use crate::params::{Arguments, Param};
use crate::services::Context;
use crate::{unknown, values};
use serde::Serialize;
use std::sync::Arc;

pub(super) struct Check;

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct CheckedView {
    /// The command whose parameters are right.
    command_to_check: &'static str,
}

impl Method for Check {
    const NAME: &'static str = "check";
    const PARAMS: &'static [Param] = &[Param::required("command_to_check")];
    const DESCRIPTION: &'static str = "Check the parameters of {command_to_check}, and do nothing";
    const HELP: &'static str = "\
Reads the parameters that follow as {command_to_check} would. For sendpartialpay and sendpay it also says whether the payment would be accepted now.

command_to_check  the command's name; its own parameters follow

Returns {command_to_check}, or the error that the command would give.";
    const OPEN: bool = true;

    type Request = (&'static str, Checking);
    type Answer = CheckedView;

    fn parse(context: &Arc<Context>, arguments: &Arguments<'_>) -> Result<Self::Request, RpcError> {
        let name = arguments.required("command_to_check", values::word)?;
        // A check of a check of a check … would be as deep as the request is long.
        if name == Self::NAME {
            return Err(RpcError::params(
                "command_to_check: should be another command than check itself",
            ));
        }
        let method = unknown::find(&name, context)?;
        Ok((method.name, (method.check)(context, &arguments.rest)?))
    }

    async fn run(
        _: Arc<Context>,
        (name, checking): Self::Request,
    ) -> Result<Self::Answer, RpcError> {
        checking.await?;
        Ok(CheckedView {
            command_to_check: name,
        })
    }
}
