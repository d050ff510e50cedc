//! The methods: one file each, and the table of all of them, from which they are called, listed by
//! `help` and checked by `check`.

mod abandonpay;
mod autoclean;
mod backup;
mod check;
mod delpayment;
#[cfg(feature = "dev-network")]
mod dev;
mod estimate;
mod getinfo;
mod help;
mod listevents;
mod listpartialinvoices;
mod listpartialpayments;
mod listpayments;
mod listpays;
mod notifications;
mod pay;
mod resolvepart;
mod sendpartialpay;
mod sendpay;
mod stop;
mod subscribe;
mod waitpartialpay;
mod waitpayment;
mod waits;
mod waitsendpay;
mod xpay;

pub(crate) use help::topic as help_topic;
pub(crate) use notifications::are_wanted as wants_notifications;

pub use crate::params::Param;

use crate::error::{Code, RpcError};
use crate::params::{Arguments, Given};
use crate::reply::{Reply, reply};
use crate::services::Context;
use crate::stream::{Opened, Opening};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde::Serialize;
use std::sync::{Arc, LazyLock};

const EVERYWHERE: [MethodInfo; 24] = [
    MethodInfo::of::<pay::Pay>(),
    MethodInfo::of::<xpay::XPay>(),
    MethodInfo::of::<estimate::Estimate>(),
    MethodInfo::of::<abandonpay::AbandonPay>(),
    MethodInfo::of::<listpays::ListPays>(),
    MethodInfo::of::<sendpartialpay::SendPartialPay>(),
    MethodInfo::of::<waitpartialpay::WaitPartialPay>(),
    MethodInfo::of::<listpartialpayments::ListPartialPayments>(),
    MethodInfo::of::<sendpay::SendPay>(),
    MethodInfo::of::<waitsendpay::WaitSendPay>(),
    MethodInfo::of::<listpayments::ListPayments>(),
    MethodInfo::of::<waitpayment::WaitPayment>(),
    MethodInfo::of::<listpartialinvoices::ListPartialInvoices>(),
    MethodInfo::of::<listevents::ListEvents>(),
    MethodInfo::of::<resolvepart::ResolvePart>(),
    MethodInfo::of::<delpayment::DelPayment>(),
    MethodInfo::of::<autoclean::AutoClean>(),
    MethodInfo::stream::<subscribe::Subscribe>(),
    MethodInfo::of::<backup::Backup>(),
    MethodInfo::of::<getinfo::GetInfo>(),
    MethodInfo::of::<help::Help>(),
    MethodInfo::of::<check::Check>(),
    MethodInfo::of::<notifications::Notifications>(),
    MethodInfo::of::<stop::Stop>(),
];

static ALL: LazyLock<Vec<MethodInfo>> = LazyLock::new(|| {
    [
        &EVERYWHERE[..],
        #[cfg(feature = "dev-network")]
        &dev::ALL,
    ]
    .concat()
});

/// Every method there is; those that are [`MethodInfo::is_dev`] exist on the embedded network only, and
/// are built with the feature `dev-network`.
pub fn all() -> &'static [MethodInfo] {
    &ALL
}

/// The method of that name.
pub fn named(name: &str) -> Option<&'static MethodInfo> {
    ALL.iter().find(|method| method.name == name)
}

/// What is to be known of a method, for `help`, `check` and the command line.
#[derive(Clone, Copy)]
pub struct MethodInfo {
    /// Its name.
    pub name: &'static str,
    /// Its parameters, in order.
    pub params: &'static [Param],
    /// One line.
    pub description: &'static str,
    /// All there is to say.
    pub help: &'static str,
    /// What kind it is.
    pub kind: Kind,
    pub(crate) open: bool,
    /// The errors that are its own, beside those that every method may give.
    pub errors: &'static [Code],
    #[cfg(feature = "docs")]
    pub(crate) answer: fn() -> schemars::Schema,
    /// Where there is one, it begins here, and not with `call`.
    pub(crate) open_stream: Option<OpenStream>,
    pub(crate) call: Call,
    check: fn(&Arc<Context>, &Given<'_>) -> Result<Checking, RpcError>,
}

/// What kind of method it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// Answers as soon as it can.
    Call,
    /// May wait for ever: dropped when the caller hangs up, answered when the daemon stops.
    Wait,
    /// Answers, and then goes on telling: until the caller hangs up or the daemon stops.
    Stream,
    /// Exists on the embedded network only.
    Dev,
}

/// The rest of a check, once the parameters are understood.
pub(crate) type Checking = BoxFuture<'static, Result<(), RpcError>>;

/// A method.
trait Method: 'static {
    const NAME: &'static str;
    const PARAMS: &'static [Param];
    const DESCRIPTION: &'static str;
    const HELP: &'static str;
    const KIND: Kind = Kind::Call;
    /// Whether another method's parameters follow its own.
    const OPEN: bool = false;

    /// The errors that are its own, beside those that every method may give.
    const ERRORS: &'static [Code] = &[];

    /// Its parameters, understood.
    type Request: Send;

    /// What it answers: this is written, and from this docs/rpc.md is made.
    #[cfg(not(feature = "docs"))]
    type Answer: Serialize;
    /// What it answers: this is written, and from this docs/rpc.md is made.
    #[cfg(feature = "docs")]
    type Answer: Serialize + schemars::JsonSchema;

    /// Understands the parameters, and does nothing.
    fn parse(context: &Arc<Context>, arguments: &Arguments<'_>) -> Result<Self::Request, RpcError>;

    /// Says what [`Method::run`] would, as far as that can be known without doing it.
    fn check(
        _context: Arc<Context>,
        _request: Self::Request,
    ) -> impl Future<Output = Result<(), RpcError>> + Send {
        std::future::ready(Ok(()))
    }

    /// Does it.
    fn run(
        context: Arc<Context>,
        request: Self::Request,
    ) -> impl Future<Output = Result<Self::Answer, RpcError>> + Send;

    /// Writes the answer. (A list's is written already.)
    fn write(answer: Self::Answer) -> Reply {
        reply(&answer)
    }
}

/// A method that goes on telling. On a transport that has no way for that it is as [`Method::run`] says.
trait Stream: Method {
    /// Begins it, as that subscription of its connection.
    fn open(
        context: Arc<Context>,
        request: Self::Request,
        subscription: u64,
    ) -> impl Future<Output = Result<Opened<Self::Answer>, RpcError>> + Send;
}

/// Calls a method with these parameters. Nothing happens before the call is polled.
pub(crate) type Call = fn(Arc<Context>, String) -> BoxFuture<'static, Reply>;

/// Begins a stream: its parameters, and its number among those of its connection.
pub(crate) type OpenStream = fn(Arc<Context>, String, u64) -> Opening;

impl MethodInfo {
    const fn of<M: Method>() -> MethodInfo {
        MethodInfo {
            name: M::NAME,
            params: M::PARAMS,
            description: M::DESCRIPTION,
            help: M::HELP,
            kind: M::KIND,
            open: M::OPEN,
            errors: M::ERRORS,
            #[cfg(feature = "docs")]
            answer: crate::docs::shape::<M::Answer>,
            open_stream: None,
            call: call::<M>,
            check: check::<M>,
        }
    }

    const fn stream<M: Stream>() -> MethodInfo {
        MethodInfo {
            open_stream: Some(open::<M>),
            ..MethodInfo::of::<M>()
        }
    }

    /// `name required [optional]`, and `…` where another method's parameters follow.
    pub fn usage(&self) -> String {
        let mut usage = self.name.to_owned();
        for param in self.params {
            let (open, close) = if param.required { ("", "") } else { ("[", "]") };
            usage.extend([" ", open, param.name, close]);
        }
        if self.open {
            usage.push_str(" …");
        }
        usage
    }

    /// Whether it exists on the embedded network only.
    pub fn is_dev(&self) -> bool {
        self.kind == Kind::Dev
    }

    /// What the method makes of these parameters, before it does anything.
    #[cfg(feature = "fuzz")]
    pub(crate) fn understand(
        &self,
        context: &Arc<Context>,
        given: &Given<'_>,
    ) -> Result<Checking, RpcError> {
        (self.check)(context, given)
    }

    pub(crate) fn exists_in(&self, context: &Context) -> bool {
        !self.is_dev() || context.services.dev.is_some()
    }
}

fn call<M: Method>(context: Arc<Context>, params: String) -> BoxFuture<'static, Reply> {
    let called = async move {
        let request = understand::<M>(&context, &params)?;
        // A wait would keep them for as long as it lasts.
        drop(params);
        M::write(M::run(context, request).await?)
    };
    called.boxed()
}

fn open<M: Stream>(context: Arc<Context>, params: String, subscription: u64) -> Opening {
    let opened = async move {
        let request = understand::<M>(&context, &params)?;
        let Opened { answer, told } = M::open(context, request, subscription).await?;
        let answer = M::write(answer)?;
        Ok(Opened { answer, told })
    };
    opened.boxed()
}

fn understand<M: Method>(context: &Arc<Context>, params: &str) -> Result<M::Request, RpcError> {
    let given = Given::read(params)?;
    M::parse(context, &Arguments::bind(&given, M::PARAMS, M::OPEN)?)
}

fn check<M: Method>(context: &Arc<Context>, given: &Given<'_>) -> Result<Checking, RpcError> {
    let request = M::parse(context, &Arguments::bind(given, M::PARAMS, M::OPEN)?)?;
    Ok(M::check(Arc::clone(context), request).boxed())
}
