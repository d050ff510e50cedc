//! From a request to its method, and from the method's answer to the bytes of a reply.

use crate::caller::Caller;
use crate::contained::Contained;
use crate::error::{Code, RpcError, shortened};
use crate::methods::{Kind, MethodInfo, OpenStream, help_topic};
use crate::pass_on::PassOn;
use crate::reply;
use crate::request::{Malformed, Request};
use crate::services::Context;
use crate::stream::{Opened, Told, last_words};
use crate::unknown;
use futures::future::{BoxFuture, ready};
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt};
use std::sync::Arc;

/// The methods, as a transport sees them.
pub(crate) struct Dispatcher {
    context: Arc<Context>,
}

/// A reply, with the empty line that ends it.
pub(crate) type Reply = Vec<u8>;

/// A request under way.
pub(crate) enum Started {
    /// It ends on its own.
    Call(BoxFuture<'static, Reply>),
    /// It may last for ever.
    Wait(BoxFuture<'static, Reply>),
    /// The answer, and then what there is to tell, for ever.
    Stream(BoxStream<'static, Reply>),
}

impl Dispatcher {
    pub(crate) fn new(context: Context) -> Dispatcher {
        let context = Arc::new(context);
        Dispatcher { context }
    }

    /// The same, for whoever this is.
    pub(crate) fn asked_by(&self, caller: Caller) -> Dispatcher {
        Dispatcher::new(Context {
            caller,
            ..Context::clone(&self.context)
        })
    }

    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    /// A method's answer, for whoever is in this process.
    pub(crate) async fn answer(&self, method: &str, params: String) -> reply::Reply {
        let method = self.method(method)?;
        guarded(method, Arc::clone(&self.context), params).await
    }

    /// Nothing happens before it is polled. A stream will be that subscription of its connection.
    pub(crate) fn start(&self, request: Request, subscription: u64) -> Started {
        let method = match self.method(&request.method) {
            Ok(method) => method,
            Err(error) => {
                let reply = error_reply(&request.id, &error);
                return Started::Call(ready(reply).boxed());
            }
        };
        let context = Arc::clone(&self.context);
        if let Some(open) = method.open_stream {
            return Started::Stream(told(method.name, open, context, request, subscription));
        }
        let call = call(method, context, request).boxed();
        match method.kind {
            Kind::Wait => Started::Wait(call),
            Kind::Call | Kind::Stream | Kind::Dev => Started::Call(call),
        }
    }

    /// Where a request is passed on to, if it is not ours: also `help` of what is not.
    pub(crate) fn passes_on(&self, request: &Request) -> Option<&Arc<PassOn>> {
        self.context.services.pass_on.as_ref()?;
        match help_topic(request) {
            Some(topic) => self.context.passes_on(&topic),
            None => self.context.passes_on(&request.method),
        }
    }

    fn method(&self, name: &str) -> Result<&'static MethodInfo, RpcError> {
        unknown::find(name, &self.context)
    }
}

/// The answer, and after it what the stream tells, if one was begun.
fn told(
    name: &'static str,
    open: OpenStream,
    context: Arc<Context>,
    request: Request,
    subscription: u64,
) -> BoxStream<'static, Reply> {
    let Request { id, params, .. } = request;
    let started = tokio::time::Instant::now();
    let opening = Contained(open(context, params, subscription));
    let answer = opening.map(move |opened| {
        let (code, answer, told) = match opened.unwrap_or_else(|| Err(bug())) {
            Ok(Opened { answer, told }) => {
                let answer = reply(&id, RESULT, answer.get());
                (None, answer, guarded_stream(told, subscription))
            }
            Err(error) => (
                Some(error.number()),
                error_reply(&id, &error),
                stream::empty().boxed(),
            ),
        };
        answered(name, &id, code, started);
        stream::once(ready(answer)).chain(told)
    });
    answer.flatten_stream().boxed()
}

/// A bug ends its stream, and says so, as it ends a call.
fn guarded_stream(told: Told, subscription: u64) -> Told {
    let told = Contained(Some(told));
    let told = told.map(move |told| told.unwrap_or_else(|| last_words(subscription, &bug())));
    told.boxed()
}

fn answered(name: &str, id: &str, code: Option<i32>, started: tokio::time::Instant) {
    let id = shortened(id);
    tracing::debug!(method = name, %id, code, duration = ?started.elapsed(), "request answered");
}

fn bug() -> RpcError {
    RpcError::new(Code::Internal, "internal error: see the daemon's log")
}

async fn call(method: &'static MethodInfo, context: Arc<Context>, request: Request) -> Reply {
    let Request { id, params, .. } = request;
    let started = tokio::time::Instant::now();
    let (code, reply) = match guarded(method, context, params).await {
        Ok(result) => (None, reply(&id, RESULT, result.get())),
        Err(error) => (Some(error.number()), error_reply(&id, &error)),
    };
    answered(method.name, &id, code, started);
    reply
}

/// One caller's bug must not cost another caller the answer.
async fn guarded(
    method: &'static MethodInfo,
    context: Arc<Context>,
    params: String,
) -> reply::Reply {
    let answer = Contained((method.call)(context, params)).await;
    answer.unwrap_or_else(|| Err(bug()))
}

const HEAD: &str = r#"{"jsonrpc":"2.0","id":"#;
const RESULT: &str = r#","result":"#;
const ERROR: &str = r#","error":"#;

/// A reply in place of a result.
pub(crate) fn error_reply(id: &str, error: &RpcError) -> Reply {
    reply(id, ERROR, &error.to_json())
}

/// The reply to what is no request.
pub(crate) fn malformed_reply(malformed: &Malformed) -> Reply {
    error_reply(&malformed.id, &malformed.error)
}

/// An empty line ends it, and compact JSON holds none.
fn reply(id: &str, kind: &str, answer: &str) -> Reply {
    [HEAD, id, kind, answer, "}\n\n"].concat().into_bytes()
}
