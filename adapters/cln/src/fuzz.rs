//! What must hold whatever lightningd says: the body of the fuzz target in `fuzz/`.
//!
//! It takes any bytes, and panics if a promise is broken.

use crate::answers::{self, Reading};
use crate::calls::{Channel, Htlc, ListHtlcs, ListPeerChannels, ListSendPays, Row};
use crate::connection::{CallError, Complaint, read, shortened};
use crate::failure;
use crate::history;
use crate::incoming::{self, Arrivals};
use crate::look_up::fulfilled;
use crate::proof::{Evidence, of_no_row, of_pending_row};
use domain::{Failure, LookUp, OfferAnswer, PartId, PaymentHash, Route};
use serde::Deserialize;
use serde_json::value::RawValue;

const GROUP: u64 = 7;
const PART: PartId = PartId(3);

/// What lightningd says of one part, all of it at once, with the part's own way.
#[derive(Deserialize)]
struct Story {
    /// The reply to the offer, or to `waitsendpay`.
    #[serde(default)]
    reply: Option<Box<RawValue>>,
    #[serde(default)]
    error: Option<Complaint>,
    #[serde(default)]
    rows_before: u64,
    #[serde(default)]
    listsendpays: Option<Box<RawValue>>,
    #[serde(default)]
    listhtlcs: Option<Box<RawValue>>,
    #[serde(default)]
    listpeerchannels: Option<Box<RawValue>>,
    /// The reply to `waitanyinvoice`.
    #[serde(default)]
    invoice: Option<Box<RawValue>>,
    /// What the hook `htlc_accepted` is told.
    #[serde(default)]
    hook: Option<serde_json::Value>,
    /// As lightningd's own `route` parameters are.
    #[serde(default)]
    hops: Vec<Hop>,
}

#[derive(Deserialize)]
struct Hop {
    id: String,
    channel: String,
    amount_msat: u64,
    delay: u32,
}

/// Nothing that lightningd says makes more of a part than it proves, and nothing of it is repeated at
/// length or with a preimage in it.
pub fn node_replies(bytes: &[u8]) {
    let Ok(story) = serde_json::from_slice::<Story>(bytes) else {
        return;
    };
    let route = route(&story.hops);
    if let Some(complaint) = &story.error {
        complained(complaint, route.as_ref());
    }
    let offered = story.reply.as_deref().map(read::<Row>);
    if let Some(Ok(row)) = &offered {
        told(row);
    }
    if let Some(reply) = offered.or(story
        .error
        .map(|said| Err(CallError::ReportedOutcome(Box::new(said)))))
    {
        answered(reply, story.rows_before);
    }
    if let Some(hook) = &story.hook {
        Arrivals::default().note(hook);
    }
    if let Some(error) = story.invoice.as_deref().and_then(incoming::take) {
        brief(&error.to_string());
    }
    let list = |raw: &Option<Box<RawValue>>| raw.clone();
    let rows = page::<ListSendPays>(list(&story.listsendpays)).map_or(Vec::new(), |l| l.payments);
    let htlcs = page::<ListHtlcs>(list(&story.listhtlcs)).map_or(Vec::new(), |l| l.htlcs);
    let channels = page::<ListPeerChannels>(list(&story.listpeerchannels));
    let channels = channels.map_or(Vec::new(), |list| list.channels);
    rows.iter().for_each(told);
    if let Some(route) = &route {
        judged(route, story.rows_before, &rows, &htlcs, &channels);
    }
    let payments = rows;
    for outcome in history::take(ListHtlcs { htlcs }, &ListSendPays { payments }) {
        outcome
            .err()
            .iter()
            .for_each(|error| brief(&error.to_string()));
    }
}

fn page<T: serde::de::DeserializeOwned>(raw: Option<Box<RawValue>>) -> Option<T> {
    let raw = raw?;
    match read::<T>(&raw) {
        Ok(page) => Some(page),
        Err(error) => {
            tells_nothing_of(&error.to_string(), raw.get());
            None
        }
    }
}

fn route(hops: &[Hop]) -> Option<Route> {
    let hops = hops.iter().map(|hop| {
        Some(domain::Hop {
            node: hop.id.parse().ok()?,
            channel: hop.channel.parse().ok()?,
            amount: domain::Msat::new(hop.amount_msat).ok()?,
            delay: hop.delay,
        })
    });
    Route::new(hops.collect::<Option<_>>()?).ok()
}

/// A failure's words are few, and its way does not lead out of the route.
fn complained(complaint: &Complaint, route: Option<&Route>) {
    let failure = failure::of(complaint);
    brief(&failure.message);
    let Some(route) = route else { return };
    let along = failure::along(failure.clone(), route);
    assert_eq!(along.message, failure.message);
    assert_eq!(
        failure::along(along.clone(), route),
        along,
        "once is enough"
    );
}

/// Accepted only with the part's own new row; and nothing that is only maybe so is a refusal.
fn answered(reply: Result<Row, CallError>, rows_before: u64) {
    let said = reply.as_ref().ok().cloned();
    let code = match &reply {
        Err(CallError::ReportedOutcome(complaint)) => Some(complaint.code),
        Ok(_) | Err(_) => None,
    };
    match answers::read(reply, Some(rows_before), GROUP, PART) {
        Reading::Answer(OfferAnswer::Accepted) => {
            let row = said.expect("accepted without a row");
            assert!(row.part(GROUP) == Some(PART) && row.created_index > rows_before);
        }
        Reading::Answer(OfferAnswer::AlreadyOffered) => {
            assert_eq!(said.and_then(|row| row.part(GROUP)), Some(PART));
        }
        Reading::Answer(OfferAnswer::Refused(failure)) => worded(&failure),
        Reading::Answer(OfferAnswer::Unknown(why) | OfferAnswer::NotYet(why)) => brief(&why),
        Reading::RefusedUnlessThere(failure) => {
            assert!(said.is_some() || code.is_some_and(|code| code != 208));
            worded(&failure);
        }
    }
}

/// Fulfilled only with the proof.
fn told(row: &Row) {
    let hash = row.hash().unwrap_or(PaymentHash([0; 32]));
    match fulfilled(row, hash) {
        LookUp::Fulfilled(preimage) => assert!(preimage.opens(hash)),
        LookUp::Lost(why) => brief(&why),
        other => panic!("a row alone made {other:?}"),
    }
    let preimage = row.payment_preimage.as_deref().unwrap_or_default();
    let shown = format!("{row:?}");
    // Unless it says so elsewhere as well.
    let elsewhere = row.payment_hash.contains(preimage) || row.status.contains(preimage);
    assert!(
        preimage.len() < 40 || elsewhere || !shown.contains(preimage),
        "{shown}"
    );
}

fn judged(route: &Route, rows_before: u64, rows: &[Row], htlcs: &[Htlc], channels: &[Channel]) {
    let first = route.first();
    let (channel, outgoing): (_, Vec<Htlc>) = (
        first.channel.to_string(),
        htlcs
            .iter()
            .filter(|htlc| htlc.is_outgoing())
            .cloned()
            .collect(),
    );
    for rows_were_deleted in [false, true] {
        let evidence = Evidence {
            rows,
            rows_before,
            channels,
            htlcs: &outgoing,
            rows_were_deleted,
            channel: &channel,
            amount_sent_msat: first.amount.get(),
        };
        let like_it = outgoing
            .iter()
            .any(|htlc| htlc.amount_msat == first.amount.get());
        let lost = channels
            .iter()
            .any(|c| c.is_called(&channel) && c.lost_state);
        for row in rows {
            let verdict = of_pending_row(row, &evidence);
            let is_new = row.created_index > rows_before;
            assert!(!is_new || verdict == crate::proof::Verdict::Out);
        }
        if of_no_row(&evidence) == crate::proof::Verdict::NeverSent {
            assert!(
                !(rows_were_deleted && like_it),
                "never sent, with an HTLC like it"
            );
            assert!(
                !(rows_were_deleted && channels.is_empty()),
                "never sent, by no channel"
            );
            assert!(!lost, "never sent, with state lost");
        }
    }
}

fn worded(failure: &Failure) {
    brief(&failure.message);
}

fn brief(text: &str) {
    assert!(
        text.chars().count() < 1_300,
        "{} bytes of words",
        text.len()
    );
    assert!(shortened(text).chars().count() <= 1_001);
}

fn tells_nothing_of(error: &str, given: &str) {
    brief(error);
    for word in given.split(|c: char| !c.is_ascii_alphanumeric()) {
        assert!(
            word.len() <= 40 || !error.contains(word),
            "{error} tells {word}"
        );
    }
}
