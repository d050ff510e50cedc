//! `check`: another method's answer to these parameters, without acting.

use super::{Checking, Method};
use crate::error::RpcError;
use crate::params::{Arguments, Given, Param};
use crate::pass_on::{LIGHTNINGD, PassOn};
use crate::services::Context;
use crate::{unknown, values};
use futures::FutureExt;
use serde::Serialize;
use std::sync::Arc;

pub(super) struct Check;

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct CheckedView {
    /// The command whose parameters are right.
    command_to_check: String,
    /// The node to whose lightningd the command would be passed on, if it is not ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    passed_on_to: Option<String>,
}

impl Method for Check {
    const NAME: &'static str = "check";
    const PARAMS: &'static [Param] = &[Param::required("command_to_check")];
    const DESCRIPTION: &'static str = "Check the parameters of {command_to_check}, and do nothing";
    const HELP: &'static str = "\
Reads the parameters that follow as {command_to_check} would. For sendpartialpay and sendpay it also says whether the payment would be accepted now.

command_to_check  the command's name; its own parameters follow

Of a command that would be passed on to lightningd, lightningd's own check is asked.

Returns {command_to_check, passed_on_to}, or the error that the command would give.";
    const OPEN: bool = true;

    type Request = (CheckedView, Checking);
    type Answer = CheckedView;

    fn parse(context: &Arc<Context>, arguments: &Arguments<'_>) -> Result<Self::Request, RpcError> {
        let name = arguments.required("command_to_check", values::word)?;
        // A check of a check of a check … would be as deep as the request is long.
        if name == Self::NAME {
            return Err(RpcError::params(
                "command_to_check: should be another command than check itself",
            ));
        }
        if let Some(pass_on) = context.passes_on(&name) {
            let checked = CheckedView {
                command_to_check: name.clone(),
                passed_on_to: Some(pass_on.node().to_owned()),
            };
            return Ok((checked, ask_lightningd(pass_on, name, &arguments.rest)));
        }
        let method = unknown::find(&name, context)?;
        let checked = CheckedView {
            command_to_check: name,
            passed_on_to: None,
        };
        Ok((checked, (method.check)(context, &arguments.rest)?))
    }

    async fn run(
        _: Arc<Context>,
        (checked, checking): Self::Request,
    ) -> Result<Self::Answer, RpcError> {
        checking.await?;
        Ok(checked)
    }
}

/// lightningd's own check of a command that is its.
fn ask_lightningd(pass_on: &Arc<PassOn>, name: String, rest: &Given<'_>) -> Checking {
    let pass_on = Arc::clone(pass_on);
    let params = rest.after(Check::PARAMS, name);
    async move {
        let params = params?;
        pass_on.ask(Check::NAME, &params, LIGHTNINGD).await?;
        Ok(())
    }
    .boxed()
}
