//! `listpartialinvoices`: parts that have arrived for our invoices and are not claimed yet.

use super::Method;
use crate::error::RpcError;
use crate::params::{Arguments, Param};
use crate::services::Context;
use crate::values;
use crate::views::AsView;
use domain::{PartialInvoice, PaymentHash};
use serde::Serialize;
use std::sync::Arc;

pub(super) struct ListPartialInvoices;

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct ListView {
    /// By node, payment and time.
    partialinvoices: Vec<AsView<PartialInvoice>>,
    /// Nodes that could not be asked: what came in there is missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warning_nodes: Vec<AwayView>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
struct AwayView {
    /// The configured node.
    node: String,
    /// Why it could not be asked.
    reason: String,
}

impl Method for ListPartialInvoices {
    const NAME: &'static str = "listpartialinvoices";
    const PARAMS: &'static [Param] = &[Param::optional("payment_hash")];
    const DESCRIPTION: &'static str =
        "Show incoming parts that are not claimed, failed or timed out yet";
    const HELP: &'static str = "\
Lists the parts (HTLCs) that have arrived at our nodes for invoices of ours and are still waiting: for the rest of their payment, or to be claimed. Each shows once, and is gone as soon as it is claimed, failed or timed out; what was paid is in listpayments with direction incoming. The nodes are asked each time, so the list is right after a restart too.

payment_hash  only this invoice's

Returns {partialinvoices: [{payment_hash, total_amount_msat, incoming_scid, partial_amount_msat, incoming_time_unix, htlc_id, cltv_expiry, node, label, bolt11 or bolt12, received_msat, missing_msat}], warning_nodes}. received_msat is what all parts of that payment that are there bring together, missing_msat what is still to come; total_amount_msat and missing_msat only where it is known how much is to come. warning_nodes only if some could not be asked: what came in there is not in the list.";

    type Request = Option<PaymentHash>;
    type Answer = ListView;

    fn parse(_: &Arc<Context>, arguments: &Arguments<'_>) -> Result<Self::Request, RpcError> {
        arguments.optional("payment_hash", values::hash)
    }

    async fn run(context: Arc<Context>, hash: Self::Request) -> Result<Self::Answer, RpcError> {
        let list = context.services.payments.list_partial_invoices(hash);
        let list = list.await?;
        let away = list.away.into_iter().map(|(node, reason)| AwayView {
            node: node.as_str().to_owned(),
            reason,
        });
        Ok(ListView {
            partialinvoices: list.rows.into_iter().map(AsView).collect(),
            warning_nodes: away.collect(),
        })
    }
}
