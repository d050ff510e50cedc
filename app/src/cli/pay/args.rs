//! The options of `ampere pay`.

use crate::cli::params::{self, Style};
use crate::trouble::trouble;
use jiff::SignedDuration;
use serde_json::{Map, Value, json};

/// The rest of the help.
pub(in crate::cli) const MORE: &str = "\
On a terminal it shows what is paid and what that would cost now, asks, and draws the parts until
nothing is under way. Elsewhere, and with --json, it asks nothing, waits, and prints what the method
pay answers. Ctrl-C leaves; the payment goes on.

Exit status: 0 paid, 1 not paid (on stdout as JSON, but on a terminal), 2 no connection to the daemon,
3 the command line makes no sense, 130 left: it may still be paid.

With more words than the invoice, or with key=value, it is a plain call of the method (`ampere help pay`),
which takes no options:
  ampere pay bolt11=lnbc… maxfee=20sat request_id=order-17
  ampere pay lnbc… 100000msat

Examples:
  ampere pay lnbc… --max-fee 20sat
  ampere pay lnbc… --max-fee-percent 0.2 --timeout 30s --node east --node west
  ampere pay lnbc… --dry-run";

/// What to pay, and on which terms.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Options {
    /// The invoice
    #[arg(value_name = "INVOICE", required = true, allow_negative_numbers = true)]
    words: Vec<String>,
    /// The most that it may cost: 20sat, 20000msat, 0.0000002btc
    #[arg(long, value_name = "AMOUNT", conflicts_with = "max_fee_percent")]
    max_fee: Option<String>,
    /// The most that it may cost, in hundredths of the amount [default: 0.5, and 5 sat are always allowed]
    #[arg(long, value_name = "PERCENT")]
    max_fee_percent: Option<String>,
    /// No new part is sent after that time: 60s, 5m, or a number of seconds [default: 60s]
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    timeout: Option<u64>,
    /// Which of our nodes may send, by name; may be given more than once [default: all of them]
    #[arg(long = "node", value_name = "NAME")]
    nodes: Vec<String>,
    /// The most parts at once [default: 100]
    #[arg(long, value_name = "N")]
    max_parts: Option<u16>,
    /// What to pay, if the invoice leaves that to you
    #[arg(long, value_name = "AMOUNT")]
    amount: Option<String>,
    /// Your own name for the payment
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    /// Say what it would cost now, and pay nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask before paying
    #[arg(short, long)]
    yes: bool,
}

/// What the words mean.
pub(super) enum Wish {
    /// The method, with these parameters.
    Call(Value),
    /// An invoice, on these terms.
    Pay(Terms),
}

/// An invoice, and how to pay it.
pub(super) struct Terms {
    pub(super) bolt11: String,
    /// The parameters of `pay` by name, the invoice among them.
    pub(super) params: Map<String, Value>,
    pub(super) dry_run: bool,
    pub(super) yes: bool,
}

impl Options {
    /// What is wished for.
    pub(super) fn wish(self, style: Style) -> anyhow::Result<Wish> {
        let options = self.given();
        let has_options = !options.is_empty() || self.dry_run || self.yes;
        match <[String; 1]>::try_from(self.words) {
            Ok([bolt11]) if style == Style::Guessed && !params::is_pair(&bolt11) => {
                let mut params = options;
                params.insert("bolt11".to_owned(), json!(bolt11));
                Ok(Wish::Pay(Terms {
                    bolt11,
                    params,
                    dry_run: self.dry_run,
                    yes: self.yes,
                }))
            }
            Ok(_) | Err(_) if has_options => Err(trouble(
                "options do not go together with a method's parameters",
                "beside the options there is more than the invoice",
                "say it all with options (ampere pay INVOICE --max-fee …) or all with parameters \
                 (ampere pay bolt11=INVOICE maxfee=…)",
            )),
            Ok(word) => Ok(Wish::Call(params::read(&word, style)?)),
            Err(words) => Ok(Wish::Call(params::read(&words, style)?)),
        }
    }

    /// The options that are parameters of `pay`. Amounts are the daemon's to read.
    fn given(&self) -> Map<String, Value> {
        let nodes = (!self.nodes.is_empty()).then(|| json!(self.nodes));
        let given = [
            ("maxfee", self.max_fee.as_ref().map(|text| json!(text))),
            (
                "maxfeepercent",
                self.max_fee_percent.as_ref().map(|text| json!(text)),
            ),
            ("retry_for", self.timeout.map(|seconds| json!(seconds))),
            ("nodes", nodes),
            ("maxparts", self.max_parts.map(|parts| json!(parts))),
            ("amount_msat", self.amount.as_ref().map(|text| json!(text))),
            ("label", self.label.as_ref().map(|text| json!(text))),
        ];
        let given = given.into_iter();
        given
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect()
    }
}

/// A duration of the command line: `60`, `60s`, `5m`, `1h 30m`.
fn seconds(text: &str) -> Result<u64, String> {
    if let Ok(seconds) = text.parse() {
        return Ok(seconds);
    }
    let read: SignedDuration = text
        .parse()
        .map_err(|why| format!("neither seconds nor a duration like 60s or 5m: {why}"))?;
    let seconds = u64::try_from(read.as_secs()).ok();
    seconds
        .filter(|_| read.subsec_nanos() == 0)
        .ok_or_else(|| "should be whole seconds, and not negative".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Style, Wish, seconds};
    use crate::cli::args::{Args, Command};
    use clap::Parser;
    use serde_json::{Value, json};

    fn wish(words: &[&str]) -> anyhow::Result<Wish> {
        let words = ["ampere", "pay"].iter().chain(words);
        let args = Args::try_parse_from(words)?;
        let Command::Pay(options) = args.command else {
            panic!("{:?}", args.command)
        };
        options.wish(Style::chosen(args.keywords, args.order))
    }

    #[track_caller]
    fn pays(words: &[&str], params: &Value) {
        let Ok(Wish::Pay(terms)) = wish(words) else {
            panic!("{words:?}")
        };
        assert_eq!(&Value::Object(terms.params), params, "{words:?}");
    }

    #[track_caller]
    fn calls(words: &[&str], expect: &Value) {
        let Ok(Wish::Call(params)) = wish(words) else {
            panic!("{words:?}")
        };
        assert_eq!(&params, expect, "{words:?}");
    }

    #[test]
    fn an_invoice_alone_takes_options() {
        pays(&["lnbc1"], &json!({"bolt11": "lnbc1"}));
        pays(
            &[
                "--max-fee",
                "20sat",
                "lnbc1",
                "--timeout",
                "2m",
                "--node",
                "east",
                "--node",
                "west",
                "--max-parts",
                "3",
                "--label",
                "a=b",
            ],
            &json!({
                "bolt11": "lnbc1", "maxfee": "20sat", "retry_for": 120,
                "nodes": ["east", "west"], "maxparts": 3, "label": "a=b",
            }),
        );
    }

    #[test]
    fn everything_else_is_the_plain_method() {
        calls(
            &["bolt11=lnbc1", "maxfee=20sat"],
            &json!({"bolt11": "lnbc1", "maxfee": "20sat"}),
        );
        calls(&["lnbc1", "1000", "-5"], &json!(["lnbc1", 1000, -5]));
        assert!(wish(&["bolt11=lnbc1", "--yes"]).is_err());
        assert!(wish(&["lnbc1", "1000", "--max-fee", "1sat"]).is_err());
    }

    #[test]
    fn a_timeout_is_whole_seconds() {
        for (text, expect) in [("60", 60), ("60s", 60), ("5m", 300), ("1h 30m", 5_400)] {
            assert_eq!(seconds(text), Ok(expect), "{text}");
        }
        for text in ["", "soon", "-1s", "1.5s", "10ms"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
