//! A digest of a request's parameters: the same `request_id` with others is another request.

use crate::{Pay, PaymentMetadata, Request, SendPartialPay};
use sha2::{Digest, Sha256};

/// The idempotency record of a request, if it brought a key.
pub(super) fn of(request: &SendPartialPay) -> Option<Request> {
    let id = request.request_id.clone()?;
    let (route, extras) = (&request.route, &request.extras);
    let mut fields = Fields(Sha256::new());
    fields.put(Some(&request.payment_hash.0));
    fields.put(Some(&request.intended.get().to_be_bytes()));
    for hop in route.hops() {
        fields.put(Some(hop.node.bytes()));
        fields.put(Some(&hop.channel.0.to_be_bytes()));
        fields.put(Some(&hop.amount.get().to_be_bytes()));
        fields.put(Some(&hop.delay.to_be_bytes()));
    }
    fields.put(None); // the end of the route
    fields.put(extras.description.as_ref().map(String::as_bytes));
    fields.put(extras.label.as_ref().map(String::as_bytes));
    fields.put(extras.secret.as_ref().map(|s| &s.expose()[..]));
    fields.put(extras.metadata.as_ref().map(PaymentMetadata::expose));
    fields.put(extras.invoice.as_ref().map(|i| i.bolt11.as_bytes()));
    fields.put(extras.node.as_ref().map(|n| n.as_str().as_bytes()));
    let digest = fields.0.finalize().into();
    Some(Request { id, digest })
}

/// The same of `pay`. How long its caller waits is none of its parameters.
pub(super) fn of_pay(request: &Pay) -> Option<Request> {
    let id = request.request_id.clone()?;
    let mut fields = Fields(Sha256::new());
    fields.put(Some(b"pay"));
    fields.put(Some(request.invoice.bolt11.as_bytes()));
    for amount in [request.amount, request.share, Some(request.max_fee)] {
        let amount = amount.map(|msat| msat.get().to_be_bytes());
        fields.put(amount.as_ref().map(|bytes| &bytes[..]));
    }
    fields.put(Some(&request.retry_for.as_micros().to_be_bytes()));
    fields.put(Some(&request.max_delay.to_be_bytes()));
    let max_parts = request.max_parts.map(u16::to_be_bytes);
    fields.put(max_parts.as_ref().map(|bytes| &bytes[..]));
    for channel in &request.avoid.channels {
        fields.put(Some(channel.to_string().as_bytes()));
    }
    fields.put(None); // the end of the channels
    for node in &request.avoid.nodes {
        fields.put(Some(node.bytes()));
    }
    fields.put(None); // the end of the nodes
    for node in &request.nodes {
        fields.put(Some(node.as_str().as_bytes()));
    }
    fields.put(None);
    fields.put(request.description.as_ref().map(String::as_bytes));
    fields.put(request.label.as_ref().map(String::as_bytes));
    let digest = fields.0.finalize().into();
    Some(Request { id, digest })
}

/// Fields, each with its length, so that no two lists of them look the same.
struct Fields(Sha256);

impl Fields {
    fn put(&mut self, field: Option<&[u8]>) {
        match field {
            None => self.0.update([0]),
            Some(bytes) => {
                self.0.update([1]);
                self.0
                    .update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
                self.0.update(bytes);
            }
        }
    }
}
