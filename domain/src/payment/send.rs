//! A caller wants a part sent: the numbered algorithm of the 2018 proposal, and `sendpay`'s.

use super::{Decision, PARTS_MAX, Payment, Unchanged};
use crate::{
    Change, Expected, Invoice, Method, Msat, PartId, PartStatus, PartialPayment, PaymentId,
    PaymentSummary, Refusal, SendPart, StatusKind, Tally, Term, Terms, Transition,
};

/// Rule 1.1: there is no such payment, so it is created with its first part.
pub(super) fn first(part: &SendPart) -> Result<Decision, Refusal> {
    agrees_with_invoice(part)?;
    let terms = Terms {
        intended: part.intended,
        requested: part.requested,
        destination: part.route.destination(),
        secret: given_secret(part).cloned(),
        metadata: given_metadata(part).cloned(),
    };
    let empty = PaymentSummary {
        id: PaymentId(0),
        payment_hash: part.payment_hash,
        terms,
        description: None,
        label: None,
        bolt11: None,
        created_at: part.at,
        completed_at: None,
        preimage: None,
        tally: Tally::default(),
        quarantine: None,
        version: 0,
    };
    accept(empty, part, Expected::Absent)
}

/// Rule 1.2: there is one.
pub(super) fn another(payment: &Payment, part: &SendPart) -> Result<Decision, Refusal> {
    let row = payment.summary();
    match (part.method, row.status()) {
        (Method::SendPay, StatusKind::Pending) => {
            return Ok(Decision::Unchanged(Unchanged::InProgress));
        }
        (Method::SendPay, StatusKind::Complete) => return already_paid(row, part),
        (Method::SendPartialPay, StatusKind::Complete) => {
            agrees_on_amount_and_destination(row, part)?;
            return Ok(Decision::Unchanged(Unchanged::AlreadyComplete));
        }
        (Method::SendPartialPay, StatusKind::Pending | StatusKind::Failed)
        | (Method::SendPay, StatusKind::Failed) => {}
    }
    agrees_on_amount_and_destination(row, part)?;
    agrees_with_invoice(part)?;
    let terms = with_given_secrets(row, part)?;
    if let Some(reason) = &row.quarantine {
        return Err(Refusal::Quarantined {
            hash: row.payment_hash,
            reason: reason.clone(),
        });
    }
    let row = PaymentSummary {
        terms,
        ..row.clone()
    };
    let version = row.version;
    accept(row, part, Expected::Version(version))
}

/// 0.6.2's branch for a payment that is complete: amount and destination are compared.
fn already_paid(row: &PaymentSummary, part: &SendPart) -> Result<Decision, Refusal> {
    if part.requested != row.terms.requested {
        Err(Refusal::SucceededWithAmount(row.terms.requested))
    } else if part.route.destination() != row.terms.destination {
        Err(Refusal::SucceededTo(row.terms.destination))
    } else {
        Ok(Decision::Unchanged(Unchanged::AlreadyComplete))
    }
}

/// Rules hold: the part joins the payment, which is pending with it (rule 1.2.3).
fn accept(row: PaymentSummary, part: &SendPart, expected: Expected) -> Result<Decision, Refusal> {
    if part.route.amount() < row.terms.intended && row.terms.secret.is_none() {
        return Err(Refusal::SecretMissing);
    }
    if row.tally.parts >= PARTS_MAX {
        return Err(Refusal::TooManyParts {
            hash: row.payment_hash,
            max: PARTS_MAX,
        });
    }
    let part_row = PartialPayment {
        doubt: None,
        resolution: None,
        id: PartId(0),
        payment_hash: part.payment_hash,
        intended: row.terms.intended,
        node: part.node.clone(),
        route: part.route.clone(),
        description: part.description.clone(),
        label: part.label.clone(),
        cltv_expiry: part.cltv_expiry,
        created_at: part.at,
        completed_at: None,
        status: PartStatus::Pending,
    };
    let tally = within_ceiling(&row, &part_row)?;
    let invoice = part.invoice.as_ref();
    let after = PaymentSummary {
        description: row.description.or_else(|| part.description.clone()),
        label: row.label.or_else(|| part.label.clone()),
        bolt11: row.bolt11.or_else(|| invoice.map(|i| i.bolt11.clone())),
        completed_at: None,
        tally,
        version: row.version.saturating_add(1),
        ..row
    };
    Ok(Decision::Commit(Box::new(Transition {
        expected,
        after,
        change: Change::Accepted(Box::new(part_row)),
        at: part.at,
        request: part.request.clone(),
        cursor: None,
    })))
}

/// Rule A-1: pending and complete parts, this one included, stay within the intended amount.
fn within_ceiling(row: &PaymentSummary, part: &PartialPayment) -> Result<Tally, Refusal> {
    let tally = row.tally.with(part);
    let fits = |tally: &Tally| {
        let committed = tally.in_flight.checked_add(tally.delivered);
        committed.is_some_and(|msat| msat <= row.terms.intended)
    };
    tally.filter(fits).ok_or_else(|| Refusal::Ceiling {
        asked: part.amount(),
        intended: row.terms.intended,
        in_flight: row.tally.in_flight,
        delivered: row.tally.delivered,
        room: row.room(),
    })
}

/// Rule A-9, and 1.2.1 of the proposal.
fn agrees_on_amount_and_destination(row: &PaymentSummary, part: &SendPart) -> Result<(), Refusal> {
    let differs = |what, stored: String, given: String| Refusal::TermsDiffer {
        hash: row.payment_hash,
        what,
        stored,
        given,
    };
    let (terms, destination) = (&row.terms, part.route.destination());
    let amount = |what, stored: Msat, given: Msat| {
        (stored == given)
            .then_some(())
            .ok_or_else(|| differs(what, stored.to_string(), given.to_string()))
    };
    if part.method == Method::SendPay {
        amount(Term::Requested, terms.requested, part.requested)?;
    }
    amount(Term::Intended, terms.intended, part.intended)?;
    if terms.destination != destination {
        let (stored, given) = (terms.destination.to_string(), destination.to_string());
        return Err(differs(Term::Destination, stored, given));
    }
    Ok(())
}

/// Rule A-9 for what an invoice brings: fixed once set, and set only while no part is live.
fn with_given_secrets(row: &PaymentSummary, part: &SendPart) -> Result<Terms, Refusal> {
    let differs = |what| Refusal::TermsDiffer {
        hash: row.payment_hash,
        what,
        stored: "fixed by an earlier part".into(),
        given: "the one given".into(),
    };
    let live = row.tally.live > 0;
    let (secret, metadata) = (given_secret(part), given_metadata(part));
    if !may_set(row.terms.secret.as_ref(), secret, live) {
        return Err(differs(Term::Secret));
    }
    if !may_set(row.terms.metadata.as_ref(), metadata, live) {
        return Err(differs(Term::Metadata));
    }
    Ok(Terms {
        secret: row.terms.secret.as_ref().or(secret).cloned(),
        metadata: row.terms.metadata.as_ref().or(metadata).cloned(),
        ..row.terms.clone()
    })
}

fn may_set<T: PartialEq>(row: Option<&T>, given: Option<&T>, live: bool) -> bool {
    match (row, given) {
        (_, None) => true,
        (Some(row), Some(given)) => row == given,
        (None, Some(_)) => !live,
    }
}

fn given_secret(part: &SendPart) -> Option<&crate::PaymentSecret> {
    part.secret
        .as_ref()
        .or(part.invoice.as_ref().map(|i| &i.secret))
}

fn given_metadata(part: &SendPart) -> Option<&crate::PaymentMetadata> {
    let of_invoice = part.invoice.as_ref().and_then(|i| i.metadata.as_ref());
    part.metadata.as_ref().or(of_invoice)
}

/// The invoice is for this hash, this amount, this payee, and has not expired.
fn agrees_with_invoice(part: &SendPart) -> Result<(), Refusal> {
    let Some(invoice) = &part.invoice else {
        return Ok(());
    };
    let differs = |what, invoice: String, given: String| {
        Err(Refusal::InvoiceDiffers {
            what,
            invoice,
            given,
        })
    };
    let (hash, destination) = (part.payment_hash, part.route.destination());
    if invoice.payment_hash != hash {
        return differs(
            Term::Hash,
            invoice.payment_hash.to_string(),
            hash.to_string(),
        );
    }
    if let Some(amount) = invoice
        .amount
        .filter(|a| !part.intended.is_within_twice(*a))
    {
        let given = format!("{}, which should be that to twice that", part.intended);
        return differs(Term::Intended, amount.to_string(), given);
    }
    if invoice.payee != destination {
        return differs(
            Term::Destination,
            invoice.payee.to_string(),
            destination.to_string(),
        );
    }
    secrets_agree(part, invoice)?;
    if part.at > invoice.expires_at {
        return Err(Refusal::InvoiceExpired(invoice.expires_at));
    }
    Ok(())
}

fn secrets_agree(part: &SendPart, invoice: &Invoice) -> Result<(), Refusal> {
    let differs = |what| {
        Err(Refusal::InvoiceDiffers {
            what,
            invoice: "another".into(),
            given: "the one given".into(),
        })
    };
    if part.secret.as_ref().is_some_and(|s| *s != invoice.secret) {
        return differs(Term::Secret);
    }
    if part.metadata.is_some() && part.metadata != invoice.metadata {
        return differs(Term::Metadata);
    }
    Ok(())
}
