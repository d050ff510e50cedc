//! What the fake engine was asked.

use devnet::{DevPayment, InvoiceFilter, NewInvoice};
use domain::{
    Autoclean, EventFilter, HistoryFilter, Msat, PartFilter, PartId, Pay, PaymentFilter,
    PaymentHash, ResolvePart, SendPartialPay, SendPay,
};
use std::path::PathBuf;
use std::time::Duration;

/// What the engine was asked.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Asked {
    SendPartialPay(SendPartialPay),
    SendPay(SendPay),
    CheckPartialPay(SendPartialPay),
    CheckPay(SendPay),
    Pay(Pay),
    Estimate(Pay),
    AbandonPay(PaymentHash),
    ListPays(PaymentFilter),
    WaitPartialPay(PartId, Option<Duration>),
    WaitSendPay(PaymentHash, Option<Duration>),
    WaitPayment(PaymentHash, Option<Duration>),
    ListPartialPayments(PartFilter),
    ListEvents(EventFilter),
    NextEvents(EventFilter),
    DeletePayment(PaymentHash),
    ResolvePart(ResolvePart),
    Autoclean(Autoclean),
    Invoice(Msat, Option<String>, Option<String>),
    Routes(String, Msat, Option<usize>),
    Tick(u32),
    Hold(bool),
    History(HistoryFilter),
    PartialInvoices(Option<PaymentHash>),
    MakeInvoice(NewInvoice),
    Invoices(InvoiceFilter),
    DeleteInvoice(String, String),
    DevPay(DevPayment),
    Backup(PathBuf),
}
