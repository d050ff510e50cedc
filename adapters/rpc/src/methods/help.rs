//! `help`: the table of methods, and the table of errors.

use super::{Method, MethodInfo, all};
use crate::error::{ERRORS, ErrorInfo, RpcError};
use crate::params::{Arguments, Given, Param};
use crate::pass_on::LIGHTNINGD;
use crate::request::Request;
use crate::services::Context;
use crate::{unknown, values};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::sync::Arc;

pub(super) struct Help;

/// What a request asks to be helped with, if it is this method's.
pub(crate) fn topic(request: &Request) -> Option<String> {
    if request.method != Help::NAME {
        return None;
    }
    let given = Given::read(&request.params).ok()?;
    let arguments = Arguments::bind(&given, Help::PARAMS, false).ok()?;
    let topic = arguments.optional("command", values::word).ok()?;
    topic.filter(|topic| topic != "errors")
}

/// What is to be shown.
pub(super) enum Topic {
    All,
    Method(&'static MethodInfo),
    Errors,
}

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct HelpView {
    /// One entry a command: ours, and then those of lightningd's that are passed on, as lightningd shows them.
    help: Vec<Shown>,
    /// Why lightningd's are missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    warning_lightningd: Option<String>,
    /// The table of errors, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<&'static [ErrorInfo]>,
    /// Tells lightning-cli how to print it.
    // lightning-cli then prints it for people.
    #[serde(rename = "format-hint")]
    format_hint: &'static str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Shown {
    Ours(Entry),
    Theirs(Box<RawValue>),
}

#[cfg(feature = "docs")]
crate::docs::documented_as!([] Shown, Entry);

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
In front of a lightningd this lists its commands, too, as far as they are passed on, and says of one of them what lightningd says.

command  one command's name, or errors for the table of all error numbers

Returns {help: [{command, description, verbose}], warning_lightningd}.";

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
        let mut warning_lightningd = None;
        let (help, errors) = match topic {
            Topic::All => {
                let methods = all().iter().filter(|method| method.exists_in(&context));
                let mut help: Vec<_> = methods.map(|method| entry(method, false)).collect();
                match passed_on(&context).await {
                    Ok(theirs) => help.extend(theirs),
                    Err(why) => warning_lightningd = Some(why.into_message()),
                }
                (help, None)
            }
            Topic::Method(method) => (vec![entry(method, true)], None),
            Topic::Errors => (vec![Shown::Ours(error_table())], Some(ERRORS)),
        };
        Ok(HelpView {
            help,
            warning_lightningd,
            errors,
            format_hint: "simple",
        })
    }
}

/// lightningd's help.
#[derive(Deserialize)]
struct Theirs {
    help: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Command<'a> {
    #[serde(borrow)]
    command: Cow<'a, str>,
}

/// lightningd's commands, as far as they are passed on.
async fn passed_on(context: &Context) -> Result<Vec<Shown>, RpcError> {
    let Some(pass_on) = &context.services.pass_on else {
        return Ok(Vec::new());
    };
    let told = pass_on.ask(Help::NAME, &[(); 0], LIGHTNINGD).await?;
    let theirs: Theirs = serde_json::from_str(told.get()).unwrap_or(Theirs { help: Vec::new() });
    let is_passed_on = |shown: &RawValue| {
        let command: Option<Command<'_>> = serde_json::from_str(shown.get()).ok();
        let command = command.as_ref().map(|shown| shown.command.as_ref());
        let name = command.and_then(|usage| usage.split(' ').next());
        name.is_some_and(|name| context.passes_on(name).is_some())
    };
    let theirs = theirs.help.into_iter().filter(|shown| is_passed_on(shown));
    Ok(theirs.map(Shown::Theirs).collect())
}

fn entry(method: &MethodInfo, verbose: bool) -> Shown {
    Shown::Ours(Entry {
        command: method.usage(),
        description: method.description,
        verbose: verbose.then(|| method.help.to_owned()),
    })
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
