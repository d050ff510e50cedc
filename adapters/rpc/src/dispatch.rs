//! From a request to the method that jsonrpsee's `RpcModule` holds, and from its answer to the bytes
//! of a reply.

use crate::error::{Code, RpcError, shortened};
use crate::methods::{self, Kind, OpenStream};
use crate::request::{Malformed, Request};
use crate::services::Context;
use crate::stream::{Opened, Told, last_words};
use futures::future::{BoxFuture, ready};
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt};
use jsonrpsee::types::{ErrorObjectOwned, Id, Params};
use jsonrpsee::{ConnectionId, Extensions, MethodCallback, MethodResponse, Methods};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

/// The methods, as a transport sees them.
pub(crate) struct Dispatcher {
    methods: Methods,
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
    pub(crate) fn new(
        context: Context,
    ) -> Result<Dispatcher, jsonrpsee::core::RegisterMethodError> {
        let context = Arc::new(context);
        let methods = methods::module(&context)?.into();
        Ok(Dispatcher { methods, context })
    }

    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    /// A method's response to nobody in particular: its id is null.
    pub(crate) async fn respond(
        &self,
        method: &str,
        params: String,
    ) -> Result<MethodResponse, RpcError> {
        let found = self.methods.method_with_name(method);
        let (_, callback) = found.ok_or_else(|| RpcError::unknown_command(method))?;
        guarded(callback.clone(), params).await
    }

    /// Nothing happens before it is polled. A stream will be that subscription of its connection.
    pub(crate) fn start(&self, request: Request, subscription: u64) -> Started {
        let Some((name, callback)) = self.methods.method_with_name(&request.method) else {
            let error = RpcError::unknown_command(&request.method);
            let reply = error_reply(&request.id, &error);
            return Started::Call(std::future::ready(reply).boxed());
        };
        let method = methods::named(name);
        if let Some(open) = method.and_then(|method| method.open_stream) {
            let context = Arc::clone(&self.context);
            return Started::Stream(told(name, open, context, request, subscription));
        }
        let call = call(name, callback.clone(), request).boxed();
        match method.map(|method| method.kind) {
            Some(Kind::Wait) => Started::Wait(call),
            Some(Kind::Call | Kind::Stream | Kind::Dev) | None => Started::Call(call),
        }
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
    let opening = AssertUnwindSafe(open(context, params, subscription)).catch_unwind();
    let answer = opening.map(move |opened| {
        let (code, answer, told) = match opened.unwrap_or_else(|_| Err(bug())) {
            Ok(Opened { result, told }) => {
                let answer = reply([HEAD, &id, ",\"result\":", result.get(), "}"]);
                (None, answer, guarded_stream(told, subscription))
            }
            Err(error) => (
                Some(error.code().number()),
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
    let told = AssertUnwindSafe(told).catch_unwind();
    let told = told.map(move |told| told.unwrap_or_else(|_| last_words(subscription, &bug())));
    told.boxed()
}

fn answered(name: &str, id: &str, code: Option<i32>, started: tokio::time::Instant) {
    let id = shortened(id);
    tracing::debug!(method = name, %id, code, duration = ?started.elapsed(), "request answered");
}

fn bug() -> RpcError {
    RpcError::new(Code::Internal, "internal error: see the daemon's log")
}

async fn call(name: &'static str, callback: MethodCallback, request: Request) -> Reply {
    let Request { id, params, .. } = request;
    let started = tokio::time::Instant::now();
    let (code, reply) = match guarded(callback, params).await {
        Ok(response) => (response.as_error_code(), success_or_error(&id, &response)),
        Err(bug) => (Some(Code::Internal.number()), error_reply(&id, &bug)),
    };
    answered(name, &id, code, started);
    reply
}

/// One caller's bug must not cost another caller the answer.
async fn guarded(callback: MethodCallback, params: String) -> Result<MethodResponse, RpcError> {
    let response = AssertUnwindSafe(respond(callback, params)).catch_unwind();
    response.await.map_err(|_| bug())
}

/// jsonrpsee's ids are not kept byte for byte: the method is given none, and ours is put in after.
async fn respond(callback: MethodCallback, params: String) -> MethodResponse {
    let params = Params::new(Some(&params)).into_owned();
    let (nobody, extensions) = (ConnectionId(0), Extensions::new());
    match callback {
        MethodCallback::Async(method) => {
            method(Id::Null, params, nobody, usize::MAX, extensions).await
        }
        MethodCallback::Sync(method) => method(Id::Null, params, usize::MAX, extensions),
        MethodCallback::Subscription(_) | MethodCallback::Unsubscription(_) => {
            let error = RpcError::new(Code::InvalidRequest, "subscriptions need another transport");
            MethodResponse::error(Id::Null, ErrorObjectOwned::from(error))
        }
    }
}

const HEAD: &str = r#"{"jsonrpc":"2.0","id":"#;
const NO_ID: &str = r#"{"jsonrpc":"2.0","id":null,"#;

fn success_or_error(id: &str, response: &MethodResponse) -> Reply {
    if let Some(rest) = response.as_json().get().strip_prefix(NO_ID) {
        return reply([HEAD, id, ",", rest]);
    }
    let error = RpcError::new(Code::Internal, "internal error: malformed response");
    error_reply(id, &error)
}

/// A reply in place of a result.
pub(crate) fn error_reply(id: &str, error: &RpcError) -> Reply {
    reply([HEAD, id, ",\"error\":", &error.to_json(), "}"])
}

/// The reply to what is no request.
pub(crate) fn malformed_reply(malformed: &Malformed) -> Reply {
    error_reply(&malformed.id, &malformed.error)
}

/// An empty line ends it, and compact JSON holds none.
fn reply<const N: usize>(pieces: [&str; N]) -> Reply {
    let mut bytes = pieces.concat().into_bytes();
    bytes.extend_from_slice(b"\n\n");
    bytes
}
