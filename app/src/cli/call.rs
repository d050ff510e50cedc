//! One call, and what became of it.

use super::args::is_the_daemons;
use super::{help, output, params};
use crate::escape;
use crate::exit::Exit;
use crate::say::say;
use crate::trouble::trouble;
use rpc::client::{CallError, Client};
use rpc::error::Code;
use serde_json::{Value, json};

/// Our own options, which a method's parameters are easily mistaken for.
const OPTIONS: [&str; 8] = [
    "--json",
    "-J",
    "-k",
    "--keywords",
    "-o",
    "--order",
    "--rpc-file",
    "--data-dir",
];

/// A method and its parameters.
pub(super) struct Request {
    method: String,
    params: Value,
}

impl Request {
    /// From the words of the command line.
    pub(super) fn read(words: &[String], style: params::Style) -> anyhow::Result<Request> {
        let (method, words) = words.split_first().expect("clap wants a method");
        if let Some(option) = words.iter().find(|word| OPTIONS.contains(&word.as_str())) {
            let what = format!("`{option}` after the method would be one of its parameters");
            let help = format!("put it first: ampere {option} {method} …");
            return Err(trouble(what, "options come before METHOD", help));
        }
        if let Some(option) = words.iter().find(|word| is_the_daemons(word)) {
            let what = format!("`{option}` would be one of the method's parameters");
            let help = format!("give it to the daemon, when it starts: ampered {option} …");
            return Err(trouble(what, "it is an option of the daemon's", help));
        }
        Ok(Request {
            method: method.clone(),
            params: params::read(words, style)?,
        })
    }
}

/// Calls, and prints the answer.
pub(super) async fn run(mut client: Client, request: Request, raw: bool) -> Exit {
    let Request { method, params } = request;
    match client.call_raw(&method, &params).await {
        Ok(result) => output::result(&mut client, &method, result.get(), raw).await,
        Err(error) => failed(&method, error),
    }
}

/// The error: as JSON for programs, as `lightning-cli` does, and in words for people.
pub(super) fn failed(method: &str, error: CallError) -> Exit {
    match error {
        CallError::Rpc {
            code,
            message,
            data,
        } => {
            let mut shown = json!({"code": code, "message": message});
            if let Some(data) = data {
                shown["data"] = data;
            }
            output::error(&shown.to_string());
            say!("error {code}: {}", escape::line(&message));
            if code == Code::UnknownCommand.number()
                && let Some(command) = help::command_meant(method)
            {
                say!(" help: did you mean `ampere {command}`?");
            }
            Exit::Error
        }
        CallError::Connection(why) => {
            say!("error: the connection broke during {method}\n  why: {why}");
            if ["pay", "xpay"].contains(&method) {
                say!(" help: it may go on: see listpays. An invoice is never paid twice");
            } else if method.starts_with("send") {
                say!(" help: it may have been done: see listpartialpayments before you repeat it");
            }
            Exit::NoConnection
        }
    }
}
