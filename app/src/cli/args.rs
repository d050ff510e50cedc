//! The command line.

use super::events::Wanted;
use super::{export, pay};
use crate::config::{DaemonFlags, Flags};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args as _, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use domain::PaymentHash;
use std::path::PathBuf;

const MORE: &str = "\
Examples:
  ampere demo                                      payments out and in over a real Lightning network
  ampere getinfo
  ampere dev-invoice 100000000 coffee              an invoice to try things with
  ampere pay $BOLT11 --max-fee 20sat               over whatever ways there are
  ampere dev-routes dave 60000000 2
  ampere sendpartialpay route=\"$ROUTE\" payment_hash=$HASH intended_msatoshi=100000000 bolt11=$BOLT11
  ampere waitpartialpay 1 30
  ampere watch $HASH                               until the payment is final
  ampere export --format csv --output all.csv      all of them, for the books
  ampere events --follow | jq .                    what happens to all of them, as it happens
  ampere backup /backups/ampere.sqlite3            a whole copy, of a running daemon's database
  ampere --json listpartialpayments null $HASH | jq .

A METHOD's parameters come by position, or all of them as key=value. Numbers, true, false, null and
what starts with [, { or \" is taken as JSON, everything else as text. `ampere help` lists the methods.

Exit status: 0 done, 1 an error from the daemon (on stdout as JSON) or a failed payment,
2 no connection to the daemon, 3 the command line or the configuration makes no sense,
4 done, but the answer could not be written (a full disk), 130 `pay` was left by Ctrl-C: it may go on.";

/// The examples that this program can carry out: without the embedded network, none on it.
fn more() -> String {
    let on_the_network = |line: &&str| {
        let mut examples = ["  ampere demo", "  ampere dev-"].iter();
        examples.any(|example| line.starts_with(example))
    };
    let lines = MORE.split_inclusive('\n');
    lines
        .filter(|line| cfg!(feature = "dev-network") || !on_the_network(line))
        .collect()
}

/// Ask the Ampere daemon, and see what it does.
#[derive(Debug, Parser)]
#[command(
    name = "ampere",
    version,
    after_help = more(),
    disable_help_subcommand = true,
    subcommand_required = true,
    arg_required_else_help = true,
    subcommand_value_name = "METHOD",
    subcommand_help_heading = "Commands (every other METHOD is the daemon's)"
)]
pub struct Args {
    #[command(flatten)]
    pub(super) place: Flags,
    /// Take all parameters as key=value
    #[arg(short, long, conflicts_with = "order")]
    pub(super) keywords: bool,
    /// Take all parameters by position, even if the first looks like key=value
    #[arg(short, long)]
    pub(super) order: bool,
    /// JSON, even where a terminal would get a table; for `demo`, one object on the last line
    #[arg(short = 'J', long, global = true)]
    pub(super) json: bool,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Payments over a real Lightning network in this process; needs no daemon
    #[cfg(feature = "dev-network")]
    Demo {
        /// Be the daemon that the demo kills
        #[arg(long, hide = true, value_name = "DIR")]
        daemon: Option<PathBuf>,
    },
    /// Pay an invoice: asked first and drawn on a terminal, JSON elsewhere
    #[command(after_help = pay::MORE)]
    Pay(Box<pay::Options>),
    /// Draw a payment until it is final; exit status 0 if it completes, 1 if it fails
    Watch {
        /// Which payment
        payment_hash: PaymentHash,
    },
    /// Write all payments out for the books, as tables, JSON lines, or for Beancount and hledger
    #[command(after_long_help = export::MORE)]
    Export(Box<export::Options>),
    /// Write a whole copy of the database, of a running daemon's too, into a new file
    Backup {
        /// Where there is nothing yet
        file: PathBuf,
    },
    /// Look at the database itself
    #[command(subcommand)]
    Db(Db),
    /// Print what happened to payments and parts, as JSON, an event a line
    Events(Wanted),
    /// Explain a method or `errors`, or list everything; needs no daemon
    Help {
        /// A method, a command, or `errors`
        topic: Option<String>,
    },
    /// Print a completion script, such as `source <(ampere completions bash)`
    Completions {
        /// For which shell
        shell: Shell,
    },
    /// A method of the daemon's
    #[command(external_subcommand)]
    Method(Vec<String>),
}

#[derive(Debug, Subcommand)]
pub(super) enum Db {
    /// Say whether a database is whole: the file, its schema, every payment by the rules about money;
    /// exit status 0 if it is. Changes nothing, and may be asked of a running daemon's
    Check {
        /// Which, such as a backup [default: the daemon's]
        file: Option<PathBuf>,
    },
}

/// The commands that are no methods.
pub(super) fn commands() -> Vec<String> {
    let args = Args::command();
    let commands = args.get_subcommands();
    commands
        .map(|command| command.get_name().to_owned())
        .collect()
}

/// Whether that word is an option of the daemon's command line.
pub(super) fn is_the_daemons(word: &str) -> bool {
    let name = word.split_once('=').map_or(word, |(name, _)| name);
    let daemons = DaemonFlags::augment_args(clap::Command::new("ampered"));
    let mut names = daemons.get_arguments().flat_map(|option| {
        let others = option.get_all_aliases().unwrap_or_default();
        option.get_long().into_iter().chain(others)
    });
    name.strip_prefix("--")
        .is_some_and(|name| names.any(|long| long == name))
}

/// What to say of an option that is the daemon's, beside what clap says.
pub fn misplaced(error: &clap::Error) -> Option<String> {
    match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (ErrorKind::UnknownArgument, Some(ContextValue::String(option)))
            if is_the_daemons(option) =>
        {
            Some(format!(
                " help: {option} is an option of the daemon's: ampered {option} …"
            ))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Args, Command, misplaced};
    use clap::{CommandFactory, Parser};

    #[test]
    fn an_option_of_the_daemons_is_told_as_one() {
        for words in [
            ["--log", "debug"],
            ["--log=debug", "getinfo"],
            ["--node", "embedded"],
        ] {
            let words = ["ampere"].into_iter().chain(words);
            let error = Args::try_parse_from(words).unwrap_err();
            let said = misplaced(&error).unwrap_or_else(|| panic!("{error}"));
            assert!(said.contains("ampered --"), "{said}");
        }
        let error = Args::try_parse_from(["ampere", "--nosuch", "getinfo"]).unwrap_err();
        assert_eq!(misplaced(&error), None);
    }

    #[test]
    fn the_definition_holds_together() {
        Args::command().debug_assert();
    }

    #[test]
    fn whatever_is_no_command_is_a_method_with_its_parameters() {
        let args = Args::try_parse_from(["ampere", "waitpartialpay", "1", "-5"]).unwrap();
        let Command::Method(words) = args.command else {
            panic!("{:?}", args.command)
        };
        assert_eq!(words, ["waitpartialpay", "1", "-5"]);
    }

    #[test]
    fn json_may_come_after_demo() {
        let args = Args::try_parse_from(["ampere", "demo", "--json"]).unwrap();
        assert!(args.json && matches!(args.command, Command::Demo { .. }));
    }
}
