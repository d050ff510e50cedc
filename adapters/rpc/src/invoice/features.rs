//! Feature bits (BOLT 9) of an invoice.

use lightning_invoice::{Bolt11Invoice, SignedRawBolt11Invoice};

/// The even bits that a payer must understand, and that every part of ours does what they ask for:
/// `var_onion_optin`, `payment_secret`, `basic_mpp`, `option_payment_metadata`.
const UNDERSTOOD: [usize; 4] = [8, 14, 16, 48];

/// BOLT 11: a payer must refuse an invoice that requires what it does not know.
pub(super) fn are_known(invoice: &SignedRawBolt11Invoice) -> Result<(), String> {
    let Some(features) = invoice.raw_invoice().features() else {
        return Ok(());
    };
    let bytes = features.le_flags();
    let is_set = |bit: &usize| {
        bytes
            .get(bit / 8)
            .is_some_and(|byte| byte >> (bit % 8) & 1 == 1)
    };
    let mut required = (0..bytes.len() * 8).step_by(2).filter(is_set);
    match required.find(|bit| !UNDERSTOOD.contains(bit)) {
        Some(bit) => Err(format!(
            "it requires feature bit {bit}, which is not known here: nothing can be sent as its payee \
             wants it; ask for an invoice without that feature, or pay with a wallet that knows it"
        )),
        None => Ok(()),
    }
}

/// Whether the payee takes several parts.
pub(super) fn basic_mpp(invoice: &Bolt11Invoice) -> bool {
    match invoice.features() {
        Some(features) => features.supports_basic_mpp(),
        None => false,
    }
}
