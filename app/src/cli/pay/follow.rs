//! An order, drawn until nothing of it is under way. It reads the lists, and never pays again.

use super::hash_of;
use crate::cli::again::Again;
use crate::cli::payment::{self, Ended, Verdict};
use crate::clock::SystemClock;
use crate::escape;
use crate::exit::Exit;
use crate::view::{Canvas, Names, Snapshot, State, sat, write_line};
use domain::{Clock, Invoice};
use rpc::client::Client;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// A payment, and its drawing.
pub(super) struct Follow {
    hash: String,
    names: Names,
    canvas: Canvas,
}

impl Follow {
    /// Of that invoice, on a terminal.
    pub(super) fn new(invoice: &Invoice, names: Names) -> Follow {
        Follow {
            hash: hash_of(invoice),
            names,
            canvas: Canvas::new(true, SystemClock.now().seconds()),
        }
    }

    /// Draws it to its end.
    pub(super) async fn run(&mut self, client: Client, rpc_file: &Path) -> Exit {
        let look =
            async |client: &mut Client, again: &mut Again| self.until_final(client, again).await;
        let ended = payment::over_restarts(client, rpc_file, "go on drawing", look).await;
        ended.unwrap_or_else(|ended| ended.told("pay"))
    }

    /// The drawing stays as it is.
    pub(super) fn leave(&self) {
        self.canvas.leave();
    }

    async fn until_final(&mut self, client: &mut Client, again: &mut Again) -> Result<Exit, Ended> {
        loop {
            // Asked first: whatever is final now is so in the lists that are read after it.
            let verdict = payment::verdict(client, &self.hash).await?;
            let row = payment::row(client, &self.hash).await?;
            let parts = payment::parts(client, &self.hash).await?;
            let intended = row["amount_msat"].as_u64().unwrap_or(0);
            let mut snapshot = Snapshot::read(&parts, intended, &self.names)?;
            snapshot.foot = Some(foot(&snapshot, &row["order"], SystemClock.now().seconds()));
            again.is_back();
            if let Some(verdict) = verdict {
                self.canvas.finish(&snapshot)?;
                return told(&verdict);
            }
            self.canvas.draw(&snapshot)?;
            tokio::time::sleep(PAUSE).await;
        }
    }
}

fn told(verdict: &Verdict) -> Result<Exit, Ended> {
    match verdict {
        Verdict::Paid { preimage } => {
            write_line(&format!("paid: preimage {preimage}"))?;
            Ok(Exit::Ok)
        }
        Verdict::Failed { code, message } => {
            write_line(&format!("not paid ({code}): {}", escape::line(message)))?;
            Ok(Exit::Error)
        }
    }
}

/// `fees 13.274 sat of 25,000 sat at most · new parts for another 14 s`
fn foot(snapshot: &Snapshot, order: &Value, now: u64) -> String {
    let counted = snapshot.parts.iter();
    let counted = counted.filter(|part| part.state != State::Failed);
    let fees = counted.fold(0_u64, |sum, part| sum.saturating_add(part.fee_msat));
    let cap = order["max_fee_msat"].as_u64().unwrap_or(0);
    let deadline = order["deadline"].as_u64().unwrap_or(0);
    let rest = match (
        order["closed_because"].as_str(),
        deadline.saturating_sub(now),
    ) {
        (Some("paid"), _) => "it is paid".to_owned(),
        (Some(why), _) => format!("no new part: {}", why.replace('_', " ")),
        (None, 0) => "no new part: the deadline has passed".to_owned(),
        (None, left) => format!("new parts for another {left} s"),
    };
    format!("fees {} of {} at most · {rest}", sat(fees), sat(cap))
}

#[cfg(test)]
mod tests {
    use super::foot;
    use crate::view::{PartRow, Snapshot, State};
    use serde_json::json;

    fn part(state: State) -> PartRow {
        PartRow {
            id: 1,
            route: String::new(),
            channels: String::new(),
            amount_msat: 1_000_000,
            fee_msat: 1_500,
            state,
            created_at: 0,
            completed_at: None,
            reason: None,
        }
    }

    #[test]
    fn what_failed_parts_would_have_cost_is_no_fee() {
        let snapshot = Snapshot {
            parts: vec![
                part(State::Failed),
                part(State::Pending),
                part(State::Complete),
            ],
            ..Snapshot::default()
        };
        let open = json!({"max_fee_msat": 20_000, "deadline": 160, "open": true});
        assert_eq!(
            foot(&snapshot, &open, 100),
            "fees 3 sat of 20 sat at most · new parts for another 60 s"
        );
        let closed = json!({"max_fee_msat": 20_000, "deadline": 160, "closed_because": "no_funds"});
        assert!(foot(&snapshot, &closed, 100).ends_with("no new part: no funds"));
        assert!(foot(&snapshot, &open, 160).ends_with("the deadline has passed"));
    }
}
