//! `ampere events`: the history, an event a line, up to now or on and on.

use super::again::{Again, passes};
use super::{call, output};
use crate::escape;
use crate::exit::Exit;
use domain::PaymentHash;
use rpc::client::{CallError, Client};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;

/// Which events to print.
#[derive(Debug, clap::Args)]
pub(super) struct Wanted {
    /// Start with this number
    #[arg(long, value_name = "N", default_value_t = 1)]
    from: u64,
    /// Go on with what happens from now on, and over restarts of the daemon
    #[arg(short, long)]
    follow: bool,
    /// Only what happens to this payment
    #[arg(long, value_name = "PAYMENT_HASH")]
    hash: Option<PaymentHash>,
    /// Print so many, and end
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
}

/// Prints what is wanted. Only a daemon that was there is waited for when it goes.
pub(super) async fn run(mut client: Client, rpc_file: PathBuf, wanted: Wanted) -> Exit {
    let mut printer = Printer {
        next: wanted.from,
        hash: wanted.hash,
        left: wanted.limit,
    };
    let ended = if wanted.follow {
        Follower::of(rpc_file, printer).follow(client).await
    } else {
        printer.list(&mut client).await
    };
    match ended {
        Ended::Done => Exit::Ok,
        Ended::Unwritten(why) if why.kind() == ErrorKind::BrokenPipe => Exit::Error,
        Ended::Unwritten(why) => output::not_shown(&why),
        Ended::Failed(error) => call::failed("events", error),
    }
}

/// Why nothing more is printed.
enum Ended {
    Done,
    /// Standard output takes no more: nobody reads it any longer, or something is wrong there.
    Unwritten(io::Error),
    Failed(CallError),
}

impl From<CallError> for Ended {
    fn from(error: CallError) -> Ended {
        Ended::Failed(error)
    }
}

/// What was printed, and what is still to be.
struct Printer {
    /// The number after the last that was printed.
    next: u64,
    hash: Option<PaymentHash>,
    left: Option<u64>,
}

#[derive(Deserialize)]
struct Page {
    events: Vec<Box<RawValue>>,
    next: Option<u64>,
}

#[derive(Deserialize)]
struct Row {
    seq: u64,
}

/// What a subscription tells: an event, or why it ends.
#[derive(Deserialize)]
struct Told {
    subscription: u64,
    seq: Option<u64>,
    error: Option<Broken>,
}

#[derive(Deserialize)]
struct Broken {
    code: i32,
    message: String,
    data: Option<Value>,
}

impl Printer {
    /// Prints what there is.
    async fn list(&mut self, client: &mut Client) -> Ended {
        loop {
            let result = client.call_raw("listevents", &self.params("start")).await;
            let page = result.and_then(|page| read::<Page>(&page));
            let page = match page {
                Ok(page) => page,
                Err(error) => return error.into(),
            };
            for event in page.events {
                let printed = read::<Row>(&event).map(|row| self.print(row.seq, event.get()));
                match printed {
                    Ok(None) => {}
                    Ok(Some(ended)) => return ended,
                    Err(error) => return error.into(),
                }
            }
            match page.next {
                Some(next) => self.next = next,
                None => return Ended::Done,
            }
        }
    }

    /// Prints one of what a subscription tells.
    fn print_told(&mut self, told: &RawValue) -> Option<Ended> {
        match read::<Told>(told) {
            Err(error) => Some(error.into()),
            Ok(Told {
                error: Some(broken),
                ..
            }) => {
                let Broken {
                    code,
                    message,
                    data,
                } = broken;
                let error = CallError::Rpc {
                    code,
                    message,
                    data,
                };
                Some(error.into())
            }
            Ok(Told { seq: None, .. }) => None,
            Ok(Told {
                subscription,
                seq: Some(seq),
                ..
            }) => {
                // The event as `listevents` shows it.
                let head = format!(r#"{{"subscription":{subscription},"#);
                match told.get().strip_prefix(&head) {
                    Some(rest) => self.print(seq, &format!("{{{rest}")),
                    None => self.print(seq, told.get()),
                }
            }
        }
    }

    /// Prints an event, unless it was printed before: each is told at least once.
    fn print(&mut self, seq: u64, event: &str) -> Option<Ended> {
        if seq < self.next {
            return None;
        }
        if let Err(why) = writeln!(io::stdout(), "{}", escape::json(event)) {
            return Some(Ended::Unwritten(why));
        }
        self.next = seq.saturating_add(1);
        self.left = self.left.map(|left| left.saturating_sub(1));
        (self.left == Some(0)).then_some(Ended::Done)
    }

    fn params(&self, start: &str) -> Value {
        let mut params = json!({ start: self.next });
        if let Some(hash) = self.hash {
            params["payment_hash"] = json!(hash.to_string());
        }
        params
    }
}

/// Prints on and on, from one daemon after the other.
struct Follower {
    rpc_file: PathBuf,
    printer: Printer,
    again: Again,
}

impl Follower {
    fn of(rpc_file: PathBuf, printer: Printer) -> Follower {
        Follower {
            rpc_file,
            printer,
            again: Again::new(),
        }
    }

    async fn follow(&mut self, client: Client) -> Ended {
        let mut ended = self.print_on(client).await;
        loop {
            match ended {
                Ended::Failed(error) if passes(&error) => {
                    let to = format!("go on from event {}", self.printer.next);
                    self.again.wait(&to, &error).await;
                }
                ended => return ended,
            }
            ended = match self.again.connect(&self.rpc_file).await {
                Ok(client) => self.print_on(client).await,
                Err(why) => why.into(),
            };
        }
    }

    /// Until that connection ends.
    async fn print_on(&mut self, mut client: Client) -> Ended {
        let params = self.printer.params("from");
        if let Err(error) = client.call_raw("subscribe", &params).await {
            return error.into();
        }
        loop {
            match client.notification().await {
                Ok(told) => {
                    if let Some(ended) = self.printer.print_told(&told) {
                        return ended;
                    }
                    self.again.is_back();
                }
                Err(why) => return CallError::from(why).into(),
            }
        }
    }
}

fn read<'a, T: Deserialize<'a>>(json: &'a RawValue) -> Result<T, CallError> {
    let read = serde_json::from_str(json.get());
    read.map_err(|why| io::Error::new(ErrorKind::InvalidData, why).into())
}
