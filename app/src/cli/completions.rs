//! Completion scripts, the daemon's methods included.

use super::args::Args;
use super::output;
use crate::exit::Exit;
use clap::{Arg, ArgAction, Command, CommandFactory, ValueHint};
use clap_complete::Shell;

/// Prints the script.
pub(super) fn run(shell: Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut with_methods(), "ampere", &mut script);
    output::print(String::from_utf8_lossy(&script).trim_end())
}

/// The command line as if every method were a command of ours.
fn with_methods() -> Command {
    let known = Args::command();
    let known: Vec<String> = known
        .get_subcommands()
        .map(|c| c.get_name().to_owned())
        .collect();
    let methods = rpc::methods::all().iter();
    let methods = methods.filter(|method| !known.iter().any(|name| name == method.name));
    methods.fold(Args::command(), |command, method| {
        let params = Arg::new("params")
            .action(ArgAction::Append)
            .value_hint(ValueHint::Other);
        command.subcommand(
            Command::new(method.name)
                .about(method.description)
                .arg(params),
        )
    })
}
