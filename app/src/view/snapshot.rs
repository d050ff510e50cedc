//! What is drawn: a payment and its parts, as the lists show them at one moment.

use super::Names;
use crate::escape;
use anyhow::Context;
use serde_json::Value;

/// Where a part stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// No outcome yet.
    Pending,
    /// The payee took it.
    Complete,
    /// Its money is back.
    Failed,
}

/// A part, ready to be drawn.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartRow {
    /// Its number.
    pub id: u64,
    /// `alice → bob → dave`.
    pub route: String,
    /// The channels of its way: `103x1x0 105x2x1`.
    pub channels: String,
    /// What its last hop receives.
    pub amount_msat: u64,
    /// What its way costs.
    pub fee_msat: u64,
    /// Where it stands.
    pub state: State,
    /// When it was accepted, in Unix seconds.
    pub created_at: u64,
    /// When its outcome was stored.
    pub completed_at: Option<u64>,
    /// Why it failed.
    pub reason: Option<String>,
}

/// A payment at one moment.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Snapshot {
    /// What it shall deliver in all.
    pub intended_msat: u64,
    /// Its parts, by number.
    pub parts: Vec<PartRow>,
    /// What stands below the bar.
    pub foot: Option<String>,
}

impl Snapshot {
    /// From the rows of `listpartialpayments`; `intended_msat` where there is no row yet.
    pub fn read(rows: &[Value], intended_msat: u64, names: &Names) -> anyhow::Result<Snapshot> {
        let parts: Vec<PartRow> = rows
            .iter()
            .filter(|row| row.get("status").is_some())
            .map(|row| PartRow::read(row, names))
            .collect::<anyhow::Result<_>>()?;
        let intended = rows.iter().find_map(|r| r["intended_msatoshi"].as_u64());
        Ok(Snapshot {
            intended_msat: intended.unwrap_or(intended_msat),
            parts,
            foot: None,
        })
    }

    /// How many parts are on their way.
    pub fn out(&self) -> usize {
        let parts = self.parts.iter();
        parts.filter(|part| part.state == State::Pending).count()
    }

    /// What has been delivered, and what is on its way.
    pub fn delivered_and_in_flight(&self) -> (u64, u64) {
        let sum = |state| {
            let parts = self.parts.iter().filter(|part| part.state == state);
            parts.fold(0_u64, |sum, part| sum.saturating_add(part.amount_msat))
        };
        (sum(State::Complete), sum(State::Pending))
    }
}

impl PartRow {
    fn read(row: &Value, names: &Names) -> anyhow::Result<PartRow> {
        let number = |key: &str| {
            let found = row[key].as_u64();
            found.with_context(|| format!("the daemon's answer lacks the number `{key}`: {row}"))
        };
        let amount_msat = number("amount_msat")?;
        let failure = &row["failure"];
        let reason = failure["failcodename"]
            .as_str()
            .or(failure["message"].as_str());
        Ok(PartRow {
            id: number("id")?,
            route: names.route(row),
            channels: channels(&row["route"]),
            amount_msat,
            fee_msat: number("amount_sent_msat")?.saturating_sub(amount_msat),
            state: match row["status"].as_str() {
                Some("complete") => State::Complete,
                Some("failed") => State::Failed,
                _ => State::Pending,
            },
            created_at: number("created_at")?,
            completed_at: row["completed_at"].as_u64(),
            reason: reason
                .map(escape::line)
                .map(|r| match failure["erring_node"].as_str() {
                    Some(node) => format!("{r} at {}{}", names.of(node), erring(failure)),
                    None => r.into_owned(),
                }),
        })
    }
}

fn channels(route: &Value) -> String {
    let hops = route.as_array().into_iter().flatten();
    let channels: Vec<&str> = hops.filter_map(|hop| hop["channel"].as_str()).collect();
    channels.join(" ")
}

/// `, channel 103x1x0`, where it is known.
fn erring(failure: &Value) -> String {
    let channel = failure["erring_channel"].as_str();
    channel.map_or(String::new(), |channel| format!(", channel {channel}"))
}
