//! What a part must agree with: its payment's row, and the invoice, repeated or not (rule A-9).

use crate::{
    Invoice, InvoiceTerms, Method, Msat, NodeId, PaymentMetadata, PaymentRow, PaymentSecret,
    Refusal, SendPart, Term, Terms,
};
use sha2::{Digest, Sha256};

/// What the first part fixes.
pub(super) fn terms_of_first(part: &SendPart) -> Terms {
    Terms {
        intended: part.intended,
        requested: part.requested,
        destination: part.route.destination(),
        secret: given_secret(part).cloned(),
        metadata: match given_metadata(part) {
            Given::Nothing => None,
            Given::Says(metadata) => metadata.cloned(),
        },
        invoice: given_invoice_terms(part).cloned(),
    }
}

/// An invoice of another chain is worth nothing here, whatever else it says.
pub(super) fn is_for_the_nodes_network(part: &SendPart) -> Result<(), Refusal> {
    match (given_invoice_terms(part), &part.network) {
        (Some(invoice), Some(node)) if invoice.network != *node => Err(Refusal::OtherNetwork {
            invoice: invoice.network.clone(),
            node: node.clone(),
        }),
        (Some(_) | None, _) => Ok(()),
    }
}

/// Rule A-9, and rule 1.2.1 of docs/proposal.md.
pub(super) fn agrees_on_amount_and_destination(
    row: &PaymentRow,
    part: &SendPart,
) -> Result<(), Refusal> {
    if part.method == Method::SendPay {
        same_amount(row, Term::Requested, row.terms.requested, part.requested)?;
    }
    agree(row, part.intended, part.route.destination())
}

/// Rule A-9: that much, to that node.
pub(in crate::payment) fn agree(
    row: &PaymentRow,
    intended: Msat,
    destination: NodeId,
) -> Result<(), Refusal> {
    same_amount(row, Term::Intended, row.terms.intended, intended)?;
    if row.terms.destination != destination {
        let (stored, given) = (row.terms.destination.to_string(), destination.to_string());
        return Err(differs(row, Term::Destination, stored, given));
    }
    Ok(())
}

fn same_amount(row: &PaymentRow, what: Term, stored: Msat, given: Msat) -> Result<(), Refusal> {
    (stored == given)
        .then_some(())
        .ok_or_else(|| differs(row, what, stored.to_string(), given.to_string()))
}

/// Rule A-9 for what an invoice brings: while a part is live it is fixed. A first part may have been
/// wrong about it, and while no part is live nothing depends on what that one said.
pub(super) fn terms_with(row: &PaymentRow, part: &SendPart) -> Result<Terms, Refusal> {
    let live = row.tally.live > 0;
    let fixed = |what| {
        differs(
            row,
            what,
            "fixed by a live part".into(),
            "the one given".into(),
        )
    };
    let mut terms = row.terms.clone();
    if let Some(secret) = given_secret(part) {
        if live && terms.secret.as_ref() != Some(secret) {
            return Err(fixed(Term::Secret));
        }
        terms.secret = Some(secret.clone());
    }
    if let Given::Says(metadata) = given_metadata(part) {
        if live && terms.metadata.as_ref() != metadata {
            return Err(fixed(Term::Metadata));
        }
        terms.metadata = metadata.cloned();
    }
    if let Some(invoice) = given_invoice_terms(part) {
        if live && terms.invoice.as_ref().is_some_and(|fixed| fixed != invoice) {
            return Err(fixed(Term::Invoice));
        }
        terms.invoice = Some(invoice.clone());
    }
    Ok(terms)
}

/// The invoice is for this hash, this amount and this payee.
pub(super) fn agrees_with_invoice(part: &SendPart) -> Result<(), Refusal> {
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
        let theirs = invoice.payment_hash.to_string();
        return differs(Term::Hash, theirs, hash.to_string());
    }
    if let Some(asks) = invoice.amount
        && !part.intended.is_within_twice(asks)
    {
        let intended = part.intended;
        return Err(Refusal::InvoiceAmount { asks, intended });
    }
    if invoice.payee != destination {
        let theirs = invoice.payee.to_string();
        return differs(Term::Destination, theirs, destination.to_string());
    }
    secrets_agree(part, invoice)
}

/// What the payment's invoice demands of every part, whether or not this one brought it.
pub(super) fn keeps_to_invoice(terms: &Terms, part: &SendPart) -> Result<(), Refusal> {
    let Some(invoice) = &terms.invoice else {
        return Ok(());
    };
    if part.at > invoice.expires_at {
        return Err(Refusal::InvoiceExpired(invoice.expires_at));
    }
    let (given, least) = (part.route.last().delay, invoice.min_final_cltv_expiry);
    if given < least {
        return Err(Refusal::FinalDelay { given, least });
    }
    let (amount, intended) = (part.route.amount(), terms.intended);
    if amount < intended && !invoice.takes_parts {
        return Err(Refusal::TakesNoParts { amount, intended });
    }
    is_its_description(invoice, part.description.as_deref())
}

/// A description that is given is the one that the payee hashed.
pub(in crate::payment) fn is_its_description(
    invoice: &InvoiceTerms,
    description: Option<&str>,
) -> Result<(), Refusal> {
    match (&invoice.description_hash, description) {
        (Some(hash), Some(text)) if Sha256::digest(text)[..] != hash[..] => {
            let invoice = *hash;
            Err(Refusal::OtherDescription { invoice })
        }
        (_, _) => Ok(()),
    }
}

fn differs(row: &PaymentRow, what: Term, stored: String, given: String) -> Refusal {
    Refusal::TermsDiffer {
        hash: row.payment_hash,
        what,
        stored,
        given,
    }
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

fn given_secret(part: &SendPart) -> Option<&PaymentSecret> {
    let of_invoice = part.invoice.as_ref().map(|invoice| &invoice.secret);
    part.secret.as_ref().or(of_invoice)
}

/// What a part says of the metadata: an invoice without any says that there is none.
enum Given<'a> {
    Nothing,
    Says(Option<&'a PaymentMetadata>),
}

fn given_metadata(part: &SendPart) -> Given<'_> {
    match (&part.metadata, &part.invoice) {
        (Some(metadata), _) => Given::Says(Some(metadata)),
        (None, Some(invoice)) => Given::Says(invoice.metadata.as_ref()),
        (None, None) => Given::Nothing,
    }
}

fn given_invoice_terms(part: &SendPart) -> Option<&InvoiceTerms> {
    part.invoice.as_ref().map(|invoice| &invoice.terms)
}
