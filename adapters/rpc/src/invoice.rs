//! BOLT 11 invoices: decoded, the signature verified, and nothing in them that two readers could read
//! differently.

mod features;
mod spelling;

use domain::{
    HintHop, Invoice, InvoiceTerms, Msat, Network, NodeId, PaymentHash, PaymentMetadata,
    PaymentSecret, RouteHint, ShortChannelId, Timestamp,
};
use lightning_invoice::{
    Bolt11Invoice, Bolt11InvoiceDescriptionRef, Currency, RouteHintHop, SignedRawBolt11Invoice,
};

/// What the invoice says; the error is all that is to be said.
pub fn decode(text: &str) -> Result<Invoice, String> {
    let text = spelling::canonical(text);
    if let Some(why) = spelling::of_bolt12(&text) {
        return Err(invalid(why));
    }
    let signed: SignedRawBolt11Invoice = text.parse().map_err(invalid)?;
    spelling::means_one_thing(&signed, &text).map_err(invalid)?;
    features::are_known(&signed).map_err(invalid)?;
    let invoice = Bolt11Invoice::from_signed(signed).map_err(invalid)?;
    let amount = invoice.amount_milli_satoshis().map(Msat::new).transpose();
    let payee = NodeId::new(invoice.get_payee_pub_key().serialize());
    let (description, description_hash) = described(&invoice);
    Ok(Invoice {
        payment_hash: PaymentHash(invoice.payment_hash().0),
        amount: amount.map_err(invalid)?,
        payee: payee.map_err(invalid)?,
        secret: PaymentSecret::new(invoice.payment_secret().0),
        metadata: invoice
            .payment_metadata()
            .cloned()
            .map(PaymentMetadata::new),
        description,
        terms: InvoiceTerms {
            network: network(&invoice.currency()),
            expires_at: expires_at(&invoice),
            min_final_cltv_expiry: u32::try_from(invoice.min_final_cltv_expiry_delta())
                .unwrap_or(u32::MAX),
            takes_parts: features::basic_mpp(&invoice),
            description_hash,
        },
        hints: hints(&invoice),
        bolt11: text,
    })
}

/// Channels that lead to the payee; what no node of ours can be is left out.
fn hints(invoice: &Bolt11Invoice) -> Vec<RouteHint> {
    let hop = |hop: &RouteHintHop| {
        Some(HintHop {
            node: NodeId::new(hop.src_node_id.serialize()).ok()?,
            channel: ShortChannelId(hop.short_channel_id),
            fee_base: Msat::new(hop.fees.base_msat.into()).ok()?,
            fee_ppm: hop.fees.proportional_millionths,
            delay: hop.cltv_expiry_delta.into(),
        })
    };
    let way = |way: lightning_invoice::RouteHint| {
        let hops: Option<Vec<HintHop>> = way.0.iter().map(hop).collect();
        hops.filter(|hops| !hops.is_empty()).map(RouteHint)
    };
    invoice.route_hints().into_iter().filter_map(way).collect()
}

fn invalid(why: impl std::fmt::Display) -> String {
    format!("Invalid bolt11: {why}")
}

/// An end that no clock of ours will see is as far away as storage can write.
fn expires_at(invoice: &Bolt11Invoice) -> Timestamp {
    let micros = invoice.expires_at().map(|at| at.as_micros());
    let micros = micros.and_then(|micros| i64::try_from(micros).ok());
    Timestamp(micros.unwrap_or(i64::MAX).unsigned_abs())
}

fn described(invoice: &Bolt11Invoice) -> (Option<String>, Option<[u8; 32]>) {
    match invoice.description() {
        Bolt11InvoiceDescriptionRef::Direct(text) => {
            let text = text.as_inner().0.clone();
            ((!text.is_empty()).then_some(text), None)
        }
        Bolt11InvoiceDescriptionRef::Hash(hash) => (None, Some(*hash.0.as_ref())),
    }
}

fn network(currency: &Currency) -> Network {
    Network::named(match currency {
        Currency::Bitcoin => "bitcoin",
        Currency::BitcoinTestnet => "testnet",
        Currency::Regtest => "regtest",
        Currency::Simnet => "simnet",
        Currency::Signet => "signet",
    })
}

#[cfg(test)]
mod tests;
