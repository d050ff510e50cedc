//! The methods of the embedded network: one file each, and the table of them.

mod delinvoice;
mod dev_hold;
mod dev_invoice;
mod dev_pay;
mod dev_routes;
mod dev_tick;
mod invoice;
mod listinvoices;
mod view;

use super::{Kind, Method, MethodInfo};
use crate::error::RpcError;
use crate::services::Context;
use devnet::{DevNetwork, OwnInvoices};

pub(super) const ALL: [MethodInfo; 8] = [
    MethodInfo::of::<invoice::Invoice>(),
    MethodInfo::of::<listinvoices::ListInvoices>(),
    MethodInfo::of::<delinvoice::DelInvoice>(),
    MethodInfo::of::<dev_invoice::DevInvoice>(),
    MethodInfo::of::<dev_routes::DevRoutes>(),
    MethodInfo::of::<dev_pay::DevPay>(),
    MethodInfo::of::<dev_tick::DevTick>(),
    MethodInfo::of::<dev_hold::DevHold>(),
];

/// Our own node's invoices, where it is in this process.
fn own_invoices(context: &Context) -> Result<&dyn OwnInvoices, RpcError> {
    let invoices = context.services.invoices.as_deref();
    invoices.ok_or_else(|| RpcError::params("this daemon runs no embedded network"))
}

/// The embedded network. Its methods exist only where there is one.
fn dev_network(context: &Context) -> Result<&dyn DevNetwork, RpcError> {
    let network = context.services.dev.as_deref();
    network.ok_or_else(|| RpcError::params("this daemon runs no embedded network"))
}
