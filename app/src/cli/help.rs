//! `ampere help`: everything there is, without a daemon.

use super::args::{self, Args};
use super::output;
use crate::exit::Exit;
use crate::say::say;
use clap::CommandFactory;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use rpc::suggest::nearest;

/// Explains the topic, or lists everything.
pub(super) fn run(topic: Option<&str>) -> Exit {
    let text = match topic {
        None => overview(),
        Some("errors") => errors(),
        Some(topic) => match (method(topic), command(topic)) {
            (Some(method), Some(command)) => {
                format!("{}\n\nOn the command line:\n\n{command}", method.trim_end())
            }
            (Some(text), None) | (None, Some(text)) => text,
            (None, None) => return unknown(topic),
        },
    };
    output::print(text.trim_end())
}

fn overview() -> String {
    let methods = rpc::methods::all().iter();
    let methods =
        methods.map(|method| format!("  {}\n      {}", method.usage(), method.description));
    let args = Args::command();
    let commands = args.get_subcommands().map(|command| {
        let about = command.get_about().map(ToString::to_string);
        format!("  {:<12} {}", command.get_name(), about.unwrap_or_default())
    });
    let mut lines = vec!["The daemon's methods:".to_owned()];
    lines.extend(methods);
    lines.push(
        "\nIn front of a lightningd, `ampere METHOD` of any other method is passed on to it (ampered --help: \
         pass_on). `lightning-cli --rpc-file=… help METHOD` explains those."
            .to_owned(),
    );
    lines.push("\nCommands of the command line itself:".to_owned());
    lines.extend(commands);
    lines.push(
        "\n`ampere help METHOD` explains one, `ampere help errors` every error code.".to_owned(),
    );
    lines.join("\n")
}

fn method(name: &str) -> Option<String> {
    let method = rpc::methods::named(name)?;
    let only = if method.is_dev() {
        "\n\nOn the embedded network only."
    } else {
        ""
    };
    Some(format!(
        "ampere {}\n\n{}.{only}\n\n{}",
        method.usage(),
        method.description,
        method.help
    ))
}

fn command(name: &str) -> Option<String> {
    let mut args = Args::command();
    let command = args.find_subcommand_mut(name)?;
    Some(command.render_long_help().to_string())
}

fn errors() -> String {
    let mut table = Table::new();
    table
        .load_preset(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(["code", "name", "what it means", "may I retry?"]);
    for error in rpc::error::ERRORS {
        let code = Cell::new(error.code).set_alignment(CellAlignment::Right);
        table.add_row([
            code,
            error.name.into(),
            error.meaning.into(),
            error.retry.into(),
        ]);
    }
    table.to_string()
}

fn unknown(topic: &str) -> Exit {
    say!("error: no method or command is called `{topic}`");
    let commands = args::commands();
    let topics = commands.iter().map(String::as_str).chain(["errors"]);
    let hint = rpc::hint(topic, |_| true);
    match (nearest_to(topic, topics), hint) {
        (Some(nearest), _) => say!(" help: did you mean `{nearest}`?"),
        (None, Some(hint)) => say!(" help: {hint}"),
        (None, None) => say!(" help: `ampere help` lists them all"),
    }
    Exit::Usage
}

/// The topic that was meant, if it is none of the methods that are nearer.
fn nearest_to<'a>(topic: &str, others: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A command that is a method, too, is told as the method.
    let others = others.into_iter();
    let others: Vec<&str> = others
        .filter(|other| rpc::methods::named(other).is_none())
        .collect();
    let methods = rpc::methods::all().iter().map(|method| method.name);
    let near = nearest(topic, methods.chain(others.iter().copied()))?;
    others.into_iter().find(|other| *other == near)
}

/// The command of ours that whoever wrote that word for a method may have meant.
pub(super) fn command_meant(word: &str) -> Option<String> {
    let commands = args::commands();
    nearest_to(word, commands.iter().map(String::as_str)).map(str::to_owned)
}
