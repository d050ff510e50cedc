//! An engine that answers as it is told, and keeps what it was asked.

pub(crate) use crate::asked::Asked;

use crate::samples::{
    cleaned, complete_part, complete_payment, deleted, ended_by_hand, event, failed_payment,
    incoming, listed, msat, order, part, partial_invoices, payment, route,
};
use async_trait::async_trait;
use domain::invariant::Rule;
use domain::{
    ApiError, Autoclean, Cleaned, DeletedPayment, Direction, Estimate, Event, EventFilter,
    HistoryFilter, HistoryPage, HistoryRow, Info, Listed, ListedPart, NodeName, Page, PaidBy,
    PartFilter, PartId, PartialInvoices, PartialPayment, Pay, PayAnswer, Paying, PaymentApi,
    PaymentFilter, PaymentHash, PaymentSummary, Plan, ResolvePart, Resolved, SelfPayment,
    SendPartialPay, SendPay, Sent,
};
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::watch;

pub(crate) struct Fake {
    asked: Mutex<Vec<Asked>>,
    /// Answered by every method in place of its result.
    pub(crate) error: Mutex<Option<ApiError>>,
    /// Whether the payment was complete before.
    pub(crate) paid: Mutex<bool>,
    pub(crate) parts: Mutex<Page<ListedPart>>,
    pub(crate) payments: Mutex<Page<PaymentSummary>>,
    pub(crate) own: Mutex<Vec<SelfPayment>>,
    pub(crate) events: Mutex<Page<Event>>,
    pub(crate) cleaned: Mutex<Cleaned>,
    /// What those who follow the history read, from number 1 on.
    pub(crate) history: watch::Sender<Vec<Listed<Event>>>,
    /// How many wait for it to go on.
    pub(crate) following: watch::Sender<usize>,
    /// `true` ends every wait without a timeout.
    pub(crate) released: watch::Sender<bool>,
    /// `true` ends every wait, and whoever follows: the engine is closed.
    pub(crate) closed: watch::Sender<bool>,
    /// How many wait.
    pub(crate) waiting: watch::Sender<usize>,
    /// `sendpay` panics.
    pub(crate) broken: Mutex<bool>,
    /// What nodes know and the database does not.
    pub(crate) unrecorded: Mutex<Info>,
}

impl Default for Fake {
    fn default() -> Fake {
        Fake {
            asked: Mutex::default(),
            error: Mutex::default(),
            paid: Mutex::new(false),
            parts: Mutex::new(Page {
                rows: vec![Listed::Sound(listed(part(42)))],
                next: None,
            }),
            payments: Mutex::new(Page {
                rows: vec![Listed::Sound(payment())],
                next: None,
            }),
            own: Mutex::default(),
            events: Mutex::new(Page {
                rows: vec![Listed::Sound(event())],
                next: None,
            }),
            cleaned: Mutex::new(cleaned()),
            history: watch::Sender::default(),
            following: watch::Sender::new(0),
            released: watch::Sender::new(false),
            closed: watch::Sender::new(false),
            waiting: watch::Sender::new(0),
            broken: Mutex::new(false),
            unrecorded: Mutex::default(),
        }
    }
}

impl Fake {
    pub(crate) fn note(&self, asked: Asked) -> Result<(), ApiError> {
        self.asked.lock().unwrap().push(asked);
        self.error.lock().unwrap().clone().map_or(Ok(()), Err)
    }

    pub(crate) fn last(&self) -> Asked {
        self.asked.lock().unwrap().last().unwrap().clone()
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    fn is_paid(&self) -> bool {
        *self.paid.lock().unwrap()
    }

    /// Ends when so many wait.
    pub(crate) async fn waiting_is(&self, number: usize) {
        let is = |waiting: &usize| *waiting == number;
        self.waiting.subscribe().wait_for(is).await.unwrap();
    }

    /// The history goes on by so many events.
    pub(crate) fn happens(&self, events: u64) {
        self.history.send_modify(|history| {
            let next = history.len() as u64 + 1;
            history.extend((next..next + events).map(|seq| {
                Listed::Sound(Event {
                    seq,
                    ..crate::samples::event()
                })
            }));
        });
    }

    /// Ends when so many wait for the history to go on.
    pub(crate) async fn following_is(&self, number: usize) {
        let is = |following: &usize| *following == number;
        self.following.subscribe().wait_for(is).await.unwrap();
    }

    async fn wait(&self, timeout: Option<Duration>) -> Result<(), ApiError> {
        if timeout.is_some() {
            return Err(ApiError::TimedOut(None));
        }
        let _waiter = Waiter::of(&self.waiting);
        let mut released = self.released.subscribe();
        tokio::select! {
            _ = released.wait_for(|released| *released) => Ok(()),
            () = self.is_closed() => Err(ApiError::ShuttingDown),
        }
    }

    async fn is_closed(&self) {
        let closed = |closed: &bool| *closed;
        self.closed.subscribe().wait_for(closed).await.unwrap();
    }
}

/// Counts while it lives: a wait that is dropped is counted out too.
struct Waiter<'a>(&'a watch::Sender<usize>);

impl Waiter<'_> {
    fn of(waiting: &watch::Sender<usize>) -> Waiter<'_> {
        waiting.send_modify(|waiting| *waiting += 1);
        Waiter(waiting)
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|waiting| *waiting -= 1);
    }
}

#[async_trait]
impl PaymentApi for Fake {
    async fn send_partial_pay(&self, request: SendPartialPay) -> Result<Sent, ApiError> {
        self.note(Asked::SendPartialPay(request))?;
        Ok(if self.is_paid() {
            Sent::AlreadyComplete(Box::new(complete_payment()))
        } else {
            Sent::Part(Box::new(part(42)))
        })
    }

    async fn send_pay(&self, request: SendPay) -> Result<Paying, ApiError> {
        self.note(Asked::SendPay(request))?;
        assert!(!*self.broken.lock().unwrap(), "broken on purpose");
        Ok(if self.is_paid() {
            Paying::AlreadyComplete(Box::new(complete_payment()))
        } else {
            Paying::InProgress(Box::new(payment()))
        })
    }

    async fn check_partial_pay(&self, request: SendPartialPay) -> Result<(), ApiError> {
        self.note(Asked::CheckPartialPay(request))
    }

    async fn check_pay(&self, request: SendPay) -> Result<(), ApiError> {
        self.note(Asked::CheckPay(request))
    }

    async fn pay(&self, request: Pay) -> Result<PayAnswer, ApiError> {
        self.note(Asked::Pay(request))?;
        Ok(PayAnswer {
            payment: complete_payment(),
            order: Some(order()),
            parts: vec![complete_part(7)],
        })
    }

    async fn estimate(&self, request: Pay) -> Result<Estimate, ApiError> {
        self.note(Asked::Estimate(request))?;
        Ok(Estimate {
            amount: msat(600),
            fee: msat(10),
            delay: 30,
            plan: Plan {
                parts: vec![(NodeName::new("alice"), route(600))],
                probability_ppm: 990_000,
            },
        })
    }

    async fn abandon_pay(&self, hash: PaymentHash) -> Result<PaymentSummary, ApiError> {
        self.note(Asked::AbandonPay(hash))?;
        Ok(payment())
    }

    async fn list_pays(&self, filter: PaymentFilter) -> Result<Page<PaidBy>, ApiError> {
        self.note(Asked::ListPays(filter))?;
        let paid = |row: Listed<PaymentSummary>| {
            row.map(|payment| PaidBy {
                payment,
                order: Some(order()),
            })
        };
        let Page { rows, next } = self.payments.lock().unwrap().clone();
        Ok(Page {
            rows: rows.into_iter().map(paid).collect(),
            next,
        })
    }

    async fn wait_partial_pay(
        &self,
        id: PartId,
        timeout: Option<Duration>,
    ) -> Result<PartialPayment, ApiError> {
        self.note(Asked::WaitPartialPay(id, timeout))?;
        self.wait(timeout).await?;
        Ok(complete_part(id.0))
    }

    async fn wait_send_pay(
        &self,
        hash: PaymentHash,
        timeout: Option<Duration>,
    ) -> Result<PaymentSummary, ApiError> {
        self.note(Asked::WaitSendPay(hash, timeout))?;
        self.wait(timeout).await?;
        Ok(complete_payment())
    }

    async fn wait_payment(
        &self,
        hash: PaymentHash,
        timeout: Option<Duration>,
    ) -> Result<PaymentSummary, ApiError> {
        self.note(Asked::WaitPayment(hash, timeout))?;
        self.wait(timeout).await?;
        Ok(failed_payment())
    }

    async fn list_partial_payments(
        &self,
        filter: PartFilter,
    ) -> Result<Page<ListedPart>, ApiError> {
        self.note(Asked::ListPartialPayments(filter))?;
        Ok(self.parts.lock().unwrap().clone())
    }

    async fn list_history(&self, filter: HistoryFilter) -> Result<HistoryPage, ApiError> {
        let direction = filter.direction;
        self.note(Asked::History(filter))?;
        if direction == Direction::Outgoing {
            let Page { rows, next } = self.payments.lock().unwrap().clone();
            let outgoing = |row| HistoryRow::Outgoing(Box::new(row));
            let rows = rows.into_iter().map(|row| row.map(outgoing)).collect();
            return Ok(HistoryPage {
                page: Page { rows, next },
                own: Vec::new(),
                by_hand: Vec::new(),
                total: None,
            });
        }
        let rows = [
            HistoryRow::Outgoing(Box::new(complete_payment())),
            HistoryRow::Incoming(Box::new(incoming())),
        ];
        Ok(HistoryPage {
            page: Page {
                rows: rows.map(Listed::Sound).into(),
                next: Some(9),
            },
            own: self.own.lock().unwrap().clone(),
            by_hand: Vec::new(),
            total: Some(7),
        })
    }

    async fn list_partial_invoices(
        &self,
        hash: Option<PaymentHash>,
    ) -> Result<PartialInvoices, ApiError> {
        self.note(Asked::PartialInvoices(hash))?;
        Ok(partial_invoices())
    }

    async fn delete_payment(&self, hash: PaymentHash) -> Result<DeletedPayment, ApiError> {
        self.note(Asked::DeletePayment(hash))?;
        Ok(deleted())
    }

    async fn resolve_part(&self, request: ResolvePart) -> Result<Resolved, ApiError> {
        self.note(Asked::ResolvePart(request.clone()))?;
        Ok(ended_by_hand(&request))
    }

    async fn autoclean(&self, request: Autoclean) -> Result<Cleaned, ApiError> {
        self.note(Asked::Autoclean(request))?;
        Ok(self.cleaned.lock().unwrap().clone())
    }

    async fn list_events(&self, filter: EventFilter) -> Result<Page<Event>, ApiError> {
        self.note(Asked::ListEvents(filter))?;
        Ok(self.events.lock().unwrap().clone())
    }

    async fn next_events(&self, filter: EventFilter) -> Result<Page<Event>, ApiError> {
        self.note(Asked::NextEvents(filter.clone()))?;
        let _waiter = Waiter::of(&self.following);
        let mut history = self.history.subscribe();
        let from = usize::try_from(filter.start - 1).unwrap();
        let rows = tokio::select! {
            history = history.wait_for(|history| history.len() > from) => history.unwrap(),
            () = self.is_closed() => return Err(ApiError::ShuttingDown),
        };
        let rows = rows.iter().skip(from);
        Ok(Page {
            rows: rows.take(filter.limit as usize).cloned().collect(),
            next: None,
        })
    }

    async fn last_event(&self) -> Result<u64, ApiError> {
        self.error.lock().unwrap().clone().map_or(Ok(()), Err)?;
        Ok(self.history.borrow().len() as u64)
    }

    async fn get_info(&self) -> Result<Info, ApiError> {
        Ok(Info {
            nodes: vec![
                (NodeName::new("alice"), Some(110)),
                (NodeName::new("zoe"), None),
            ],
            live_parts: 3,
            waiters: 2,
            alarms: 1,
            violations: vec![(Rule::OneOutcome, 2)],
            ..self.unrecorded.lock().unwrap().clone()
        })
    }
}
