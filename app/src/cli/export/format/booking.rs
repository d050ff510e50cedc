//! What a payment books on which accounts, for every kind of ledger.

use crate::cli::export::account::Account;
use crate::cli::export::args::Books;
use crate::cli::export::rows::{Moved, Own, Payment, Status};
use crate::trouble::trouble;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};

/// The bookings so far, of which accounts and counts alone are remembered.
pub(super) struct Bookings {
    books: Books,
    opened: HashSet<Account>,
    /// The nodes that have an account.
    nodes: HashMap<Account, String>,
    counts: Counts,
}

/// What came of the rows.
#[derive(Default)]
struct Counts {
    booked: u64,
    pending: u64,
    unsettled: u64,
    failed: u64,
    damaged: u64,
    own: u64,
}

/// A payment's transaction.
pub(super) struct Booking {
    pub(super) completed_at: Timestamp,
    /// They sum to zero, and none is zero.
    pub(super) postings: Vec<Posting>,
}

/// What one account gets, in millisatoshi.
pub(super) struct Posting {
    pub(super) account: Account,
    pub(super) msat: i128,
}

/// What is written beside a transaction of whatever is known: the key, and the text.
pub(super) fn facts(
    payment: &Payment<'_>,
    completed_at: Timestamp,
) -> impl Iterator<Item = (&'static str, String)> {
    let own = payment.own.as_ref().map(|own| own.row.to_string());
    let facts = [
        ("payment_hash", Some(payment.hash.clone())),
        ("payment_preimage", payment.preimage.clone()),
        ("destination", payment.destination.clone()),
        ("node", payment.node.clone()),
        ("completed_at", Some(completed_at.to_string())),
        ("self_payment", own),
        ("ended_by_hand", payment.by_hand.clone()),
        ("warning", payment.warning.clone()),
    ];
    let known = facts.into_iter();
    known.filter_map(|(key, text)| Some((key, text?)))
}

impl Bookings {
    pub(super) fn of(books: &Books) -> Bookings {
        Bookings {
            books: books.clone(),
            opened: HashSet::new(),
            nodes: HashMap::new(),
            counts: Counts::default(),
        }
    }

    /// What is to be booked, if anything is, and the row is counted either way.
    pub(super) fn book(&mut self, payment: &Payment<'_>) -> anyhow::Result<Option<Booking>> {
        let postings = self.postings(payment)?;
        let count = match (payment.status, &postings) {
            (Status::Pending, _) => &mut self.counts.pending,
            (Status::Failed, _) => &mut self.counts.failed,
            (Status::Complete, None) => &mut self.counts.unsettled,
            (Status::Complete, Some(postings)) if postings.is_empty() => &mut self.counts.own,
            (Status::Complete, Some(_)) => &mut self.counts.booked,
        };
        *count += 1;
        let postings = postings.filter(|postings| !postings.is_empty());
        Ok(postings
            .zip(payment.completed_at)
            .map(|(postings, completed_at)| Booking {
                completed_at,
                postings,
            }))
    }

    /// A damaged row, which is not booked.
    pub(super) fn damaged(&mut self) {
        self.counts.damaged += 1;
    }

    /// The accounts of these postings that none before had, if they are to be opened here.
    pub(super) fn fresh(&mut self, postings: &[Posting]) -> Vec<Account> {
        if self.books.no_open {
            return Vec::new();
        }
        let mut fresh = Vec::new();
        for Posting { account, .. } in postings {
            if self.opened.insert(account.clone()) {
                fresh.push(account.clone());
            }
        }
        fresh
    }

    pub(super) fn summary(&self) -> String {
        let Counts {
            booked,
            pending,
            unsettled,
            failed,
            damaged,
            own,
        } = &self.counts;
        let own = match own {
            0 => String::new(),
            own => format!(" {own} came from ourselves: booked where they were sent."),
        };
        format!(
            "Booked: {booked}. Not booked: {pending} pending, {unsettled} complete with parts still \
             pending, {failed} failed, {damaged} damaged.{own}"
        )
    }

    /// None as long as it is not known what moved; empty where nothing is left to be booked.
    fn postings(&mut self, payment: &Payment<'_>) -> anyhow::Result<Option<Vec<Posting>>> {
        let Some(with_others) = payment.with_others() else {
            return Ok(None);
        };
        let mut postings = Postings::default();
        match payment.moved {
            Moved::Unsettled { .. } => return Ok(None),
            Moved::Paid { sent, delivered } => {
                postings.push(&self.books.expenses_account, with_others.into());
                postings.push(&self.books.fees_account, (sent - delivered).into());
                match &payment.own {
                    None => {
                        let assets = self.assets(payment.node.as_deref())?;
                        postings.push(&assets, -i128::from(sent));
                    }
                    Some(own) => self.transfer(&mut postings, own)?,
                }
            }
            Moved::Received(_) => {
                let assets = self.assets(payment.node.as_deref())?;
                postings.push(&assets, with_others.into());
                postings.push(&self.books.income_account, -i128::from(with_others));
            }
        }
        let mut postings = postings.0;
        postings.retain(|posting| posting.msat != 0);
        Ok(Some(postings))
    }

    /// From node to node. Around to the same node nothing moves but the fee.
    fn transfer(&mut self, postings: &mut Postings, own: &Own) -> anyhow::Result<()> {
        for (node, sent) in &own.from {
            let assets = self.assets(Some(node))?;
            postings.add(&assets, -i128::from(*sent));
        }
        for (node, received) in &own.to {
            let assets = self.assets(Some(node))?;
            postings.add(&assets, (*received).into());
        }
        Ok(())
    }

    /// Where the money of that node is.
    fn assets(&mut self, node: Option<&str>) -> anyhow::Result<Account> {
        let Some(node) = node else {
            return Ok(self.books.assets_account.clone());
        };
        let account = self.books.assets_account.of_node(node);
        let known = self.nodes.entry(account.clone());
        let known = known.or_insert_with(|| node.to_owned());
        if known == node {
            return Ok(account);
        }
        let what = format!("the nodes `{known}` and `{node}` would share {account}");
        let why = "their names differ only in what is taken for no part of an account's name";
        Err(trouble(what, why, "export them as csv or jsonl"))
    }
}

#[derive(Default)]
struct Postings(Vec<Posting>);

impl Postings {
    fn push(&mut self, account: &Account, msat: i128) {
        let account = account.clone();
        self.0.push(Posting { account, msat });
    }

    /// Onto what the account gets already.
    fn add(&mut self, account: &Account, msat: i128) {
        let known = self
            .0
            .iter_mut()
            .find(|posting| posting.account == *account);
        match known {
            Some(posting) => posting.msat += msat,
            None => self.push(account, msat),
        }
    }
}

/// Millisatoshi as satoshi with three decimals, exactly.
pub(super) fn satoshi(msat: i128) -> String {
    let sign = if msat < 0 { "-" } else { "" };
    let msat = msat.unsigned_abs();
    format!("{sign}{}.{:03}", msat / 1_000, msat % 1_000)
}
