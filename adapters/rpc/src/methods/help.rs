//! `help`: the table of methods, and the table of errors.

use super::{Method, MethodInfo, all};
use crate::error::{ERRORS, ErrorInfo, RpcError};
use crate::params::{Arguments, Param};
use crate::services::Context;
use crate::{unknown, values};
use serde::Serialize;
use std::sync::Arc;

pub(super) struct Help;

/// What is to be shown.
pub(super) enum Topic {
    All,
    Method(&'static MethodInfo),
    Errors,
}

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct HelpView {
    /// One entry a command.
    help: Vec<Entry>,
    /// The table of errors, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<&'static [ErrorInfo]>,
    /// Tells lightning-cli how to print it.
    // lightning-cli then prints it for people.
    #[serde(rename = "format-hint")]
    format_hint: &'static str,
}

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
struct Entry {
    /// Its name and parameters.
    command: String,
    /// What it does, in a line.
    description: &'static str,
    /// All there is to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    verbose: Option<String>,
}

impl Method for Help {
    const NAME: &'static str = "help";
    const PARAMS: &'static [Param] = &[Param::optional("command")];
    const DESCRIPTION: &'static str = "List the commands, or say all about {command}";
    const HELP: &'static str = "\
command  one command's name, or errors for the table of all error numbers

Returns {help: [{command, description, verbose}]}.";

    type Request = Topic;
    type Answer = HelpView;

    fn parse(context: &Arc<Context>, arguments: &Arguments<'_>) -> Result<Topic, RpcError> {
        match arguments.optional("command", values::word)?.as_deref() {
            None => Ok(Topic::All),
            Some("errors") => Ok(Topic::Errors),
            Some(name) => Ok(Topic::Method(unknown::find(name, context)?)),
        }
    }

    async fn run(context: Arc<Context>, topic: Topic) -> Result<Self::Answer, RpcError> {
        let (help, errors) = match topic {
            Topic::All => {
                let methods = all().iter().filter(|method| method.exists_in(&context));
                (methods.map(|method| entry(method, false)).collect(), None)
            }
            Topic::Method(method) => (vec![entry(method, true)], None),
            Topic::Errors => (vec![error_table()], Some(ERRORS)),
        };
        Ok(HelpView {
            help,
            errors,
            format_hint: "simple",
        })
    }
}

fn entry(method: &MethodInfo, verbose: bool) -> Entry {
    Entry {
        command: method.usage(),
        description: method.description,
        verbose: verbose.then(|| method.help.to_owned()),
    }
}

fn error_table() -> Entry {
    let rows = ERRORS.iter().map(|row| {
        let ErrorInfo {
            code,
            name,
            meaning,
            retry,
        } = row;
        format!("{code:>6}  {name}: {meaning}. May I retry? {retry}.")
    });
    Entry {
        command: "errors".into(),
        description: "Every error number, what it means, and whether to retry",
        verbose: Some(rows.collect::<Vec<_>>().join("\n")),
    }
}
