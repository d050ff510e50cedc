//! The HTLCs that are there now for invoices of the node's own.
//!
//! lightningd says what is on its channels now (`listpeerchannels`), each HTLC once; `listhtlcs` has
//! every HTLC that ever was, and would be read from the beginning after each restart. Which of them are
//! for us only the invoices tell: what is being forwarded has none.

use super::said::{Invoice, ListInvoices, ListLive, LiveHtlc};
use super::{Arrivals, channel, hash, msat};
use crate::connection::CallError;
use crate::session::Session;
use domain::{IncomingPart, PaymentHash, ShortChannelId};
use futures::stream::{self, StreamExt, TryStreamExt};
use serde_json::json;
use std::collections::{HashMap, HashSet};

/// Invoices asked for at once.
const AT_ONCE: usize = 16;

/// An HTLC, and where it is.
type Arrived = (ShortChannelId, PaymentHash, LiveHtlc);

/// `height` is that of the next block: what can be timed out in it is gone.
pub(super) async fn parts(
    session: &Session,
    arrivals: &Arrivals,
    height: Option<u32>,
    only: Option<PaymentHash>,
) -> Result<Vec<IncomingPart>, CallError> {
    let list: ListLive = session.ask("listpeerchannels", &json!({})).await?;
    let mut arrived: Vec<Arrived> = Vec::new();
    for mut of in list.channels {
        let htlcs = std::mem::take(&mut of.htlcs);
        for htlc in htlcs.into_iter().filter(LiveHtlc::is_waiting) {
            let hash = hash(&htlc.payment_hash)?;
            let is_asked_for = only.is_none_or(|only| only == hash);
            if is_asked_for && height.is_none_or(|height| htlc.expiry >= height) {
                let nameless = || CallError::Nonsense("a channel without a name".to_owned());
                let channel = channel(of.name().ok_or_else(nameless)?)?;
                arrived.push((channel, hash, htlc));
            }
        }
    }
    let hashes: HashSet<PaymentHash> = arrived.iter().map(|(_, hash, _)| *hash).collect();
    let invoices = unpaid(session, hashes).await?;
    let parts = arrived.into_iter().filter_map(|(channel, hash, htlc)| {
        let invoice = invoices.get(&hash)?;
        Some(part(arrivals, (channel, hash, &htlc), invoice))
    });
    parts.collect()
}

/// Asked after the HTLCs: if one of them has been claimed since, its invoice is paid by now.
async fn unpaid(
    session: &Session,
    hashes: HashSet<PaymentHash>,
) -> Result<HashMap<PaymentHash, Invoice>, CallError> {
    let invoices = hashes.into_iter().map(async |hash| {
        let params = json!({"payment_hash": hash.to_string()});
        let list: ListInvoices = session.ask("listinvoices", &params).await?;
        let invoice = list.invoices.into_iter().next();
        Ok(invoice.map(|invoice| (hash, invoice)))
    });
    let invoices = stream::iter(invoices).buffer_unordered(AT_ONCE);
    let ours = invoices.try_filter_map(async |invoice: Option<(_, Invoice)>| {
        // One that expires while its parts wait for the rest can still be paid by it.
        Ok(invoice.filter(|(_, invoice)| invoice.status != "paid"))
    });
    ours.try_collect().await
}

fn part(
    arrivals: &Arrivals,
    (channel, hash, htlc): (ShortChannelId, PaymentHash, &LiveHtlc),
    invoice: &Invoice,
) -> Result<IncomingPart, CallError> {
    let note = arrivals.seen(channel, htlc.id, hash);
    let asked = invoice.asked()?;
    Ok(IncomingPart {
        payment_hash: hash,
        channel,
        htlc_id: htlc.id,
        amount: msat(htlc.amount_msat)?,
        cltv_expiry: htlc.expiry,
        seen_at: note.at,
        total: asked.or(note.total),
        label: invoice.label.clone(),
        bolt11: invoice.text(),
    })
}
