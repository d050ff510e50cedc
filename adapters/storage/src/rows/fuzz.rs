//! What must hold whatever a database says: the body of the fuzz target in `fuzz/`.
//!
//! It takes any bytes for a payment's row and its parts', and panics if a promise is broken.

use super::{FailureRow, InvoiceRow, LimitsRow, NodeRow, PartRow, PaymentRow, StoredPart};
use crate::changes::progress;
use crate::codes;
use crate::fields::RawText;
use crate::route_codec;
use crate::statements::NewPayment;
use domain::invariant::stored;
use domain::{Listed, PartStatus, PartialPayment, Payment, PaymentSummary};
use std::collections::BTreeMap;

const PARTS_MAX: u8 = 4;

/// What is read from sound rows keeps the rules and is written as it was read; what is not sound is
/// damage, said in a few words that tell no secret; and a route's bytes and a route are the same thing.
pub fn stored_rows(bytes: &[u8]) {
    route_is_its_bytes(bytes);
    let mut input = Input(bytes);
    let payment = payment_row(&mut input);
    let secrets = [
        &payment.payment_secret,
        &payment.payment_preimage,
        &payment.payment_metadata,
    ];
    let secrets: Vec<String> = secrets.into_iter().flatten().map(hex::encode).collect();
    let (owner, again) = (payment.as_owner(), payment.as_owner());
    let count = input.byte() % (PARTS_MAX + 1);
    let mut parts = BTreeMap::new();
    for _ in 0..count {
        let part = part_row(&mut input);
        route_is_its_bytes(&part.route);
        if let Ok(part) = part.into_domain(Some(RawText::of(b"alice".to_vec())), None, &owner) {
            is_sound(&part);
            parts.insert(part.id, part);
        }
    }
    let stored = StoredPart {
        part: part_row(&mut input),
        owner: (input.byte() & 1 == 0).then_some(again),
        node: (input.byte() & 1 == 0).then(|| NodeRow {
            name: RawText::of(input.blob()),
        }),
        resolution: None,
    };
    if let Listed::Damaged(damaged) = stored.into_listed() {
        is_brief(&damaged.reason, &secrets);
    }
    let wanted = comparable(&payment);
    match payment.into_domain() {
        Err(reason) => is_brief(&reason, &secrets),
        Ok(summary) => {
            is_written_as_read(&summary, &wanted);
            if let Err(damage) = Payment::restore(summary, parts.into_values().collect()) {
                is_brief(&damage.to_string(), &secrets);
            }
        }
    }
}

fn route_is_its_bytes(bytes: &[u8]) {
    match route_codec::decode(bytes) {
        Ok(route) => assert_eq!(route_codec::encode(&route), bytes),
        Err(why) => is_brief(&why, &[]),
    }
}

fn is_sound(part: &PartialPayment) {
    assert_eq!(stored::part(part), Ok(()));
    if let PartStatus::Complete(preimage) = &part.status {
        assert!(preimage.opens(part.payment_hash), "A-6");
    }
}

fn is_brief(reason: &str, secrets: &[String]) {
    assert!(!reason.is_empty() && reason.len() < 1_000, "{reason}");
    for secret in secrets {
        assert!(
            secret.len() < 16 || !reason.contains(secret.as_str()),
            "{reason}"
        );
    }
}

/// Every number and blob of a payment's row but its own number and its proof, which a new row has not.
type Comparable = (
    Vec<i64>,
    Vec<Vec<u8>>,
    Vec<Option<i64>>,
    Vec<Option<Vec<u8>>>,
);

fn comparable(row: &PaymentRow) -> Comparable {
    (
        vec![
            row.direction,
            row.status,
            row.intended_msat,
            row.requested_msat,
            row.parts,
            row.live_parts,
            row.in_flight_msat,
            row.delivered_msat,
            row.sent_msat,
            row.created_at,
            row.version,
        ],
        vec![row.payment_hash.clone(), row.destination.clone()],
        vec![
            row.completed_at,
            row.invoice.invoice_expires_at,
            row.invoice.min_final_cltv_expiry,
            row.invoice.basic_mpp,
        ],
        vec![
            row.payment_secret.clone(),
            row.payment_metadata.clone(),
            row.invoice.description_hash.clone(),
        ],
    )
}

fn is_written_as_read(summary: &PaymentSummary, read: &Comparable) {
    let progress = progress(summary).expect("what was read can be written");
    let row = NewPayment::of(summary, progress).expect("what was read can be written");
    let written = (
        vec![
            row.direction,
            row.status,
            row.intended_msat,
            row.requested_msat,
            row.parts,
            row.live_parts,
            row.in_flight_msat,
            row.delivered_msat,
            row.sent_msat,
            row.created_at,
            row.version,
        ],
        vec![row.payment_hash, row.destination],
        vec![
            row.completed_at,
            row.invoice_expires_at,
            row.min_final_cltv_expiry,
            row.basic_mpp,
        ],
        vec![
            row.payment_secret,
            row.payment_metadata,
            row.description_hash,
        ],
    );
    assert!(
        written == *read,
        "a row is written otherwise than it was read"
    );
    assert!(codes::status(row.status).is_some());
}

fn payment_row(input: &mut Input<'_>) -> PaymentRow {
    PaymentRow {
        id: input.number(),
        payment_hash: input.blob(),
        direction: input.number(),
        status: input.number(),
        intended_msat: input.number(),
        requested_msat: input.number(),
        destination: input.blob(),
        payment_secret: input.maybe(Input::blob),
        payment_metadata: input.maybe(Input::blob),
        payment_preimage: input.maybe(Input::blob),
        parts: input.number(),
        live_parts: input.number(),
        in_flight_msat: input.number(),
        delivered_msat: input.number(),
        sent_msat: input.number(),
        created_at: input.number(),
        completed_at: input.maybe(Input::number),
        version: input.number(),
        quarantine: input.maybe(Input::text),
        description: input.maybe(Input::text),
        label: input.maybe(Input::text),
        bolt11: input.maybe(Input::text),
        invoice_description: input.maybe(Input::text),
        invoice: InvoiceRow {
            invoice_network: input.maybe(Input::text),
            invoice_expires_at: input.maybe(Input::number),
            min_final_cltv_expiry: input.maybe(Input::number),
            basic_mpp: input.maybe(Input::number),
            description_hash: input.maybe(Input::blob),
        },
        // Most payments have no open order, and the corpus knows of none.
        order: LimitsRow::default(),
    }
}

fn part_row(input: &mut Input<'_>) -> PartRow {
    PartRow {
        id: input.number(),
        status: input.number(),
        amount_msat: input.number(),
        amount_sent_msat: input.number(),
        cltv_expiry: input.maybe(Input::number),
        created_at: input.number(),
        completed_at: input.maybe(Input::number),
        route: input.blob(),
        description: input.maybe(Input::text),
        label: input.maybe(Input::text),
        failure: FailureRow {
            failure_code: input.maybe(Input::number),
            failure_message: input.maybe(Input::text),
            erring_index: input.maybe(Input::number),
            failcode: input.maybe(Input::number),
            erring_node: input.maybe(Input::blob),
            erring_channel: input.maybe(Input::number),
            onionreply: input.maybe(Input::blob),
            raw_message: input.maybe(Input::blob),
            elsewhere: input.maybe(Input::number),
        },
    }
}

/// Bytes, taken from the front. A number is a length and that many bytes, a blob the same, and what may
/// be null has a byte before it; where there is nothing more, everything is zero, empty and null.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        first
    }

    fn number(&mut self) -> i64 {
        let length = usize::from(self.byte() % 9);
        let bytes = self.take(length);
        let number = bytes
            .iter()
            .fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
        number.cast_signed()
    }

    fn blob(&mut self) -> Vec<u8> {
        let length = usize::from(self.byte());
        self.take(length).to_vec()
    }

    fn text(&mut self) -> RawText {
        RawText::of(self.blob())
    }

    fn maybe<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.byte() & 1 == 1).then(|| read(self))
    }

    fn take(&mut self, length: usize) -> &[u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }
}
