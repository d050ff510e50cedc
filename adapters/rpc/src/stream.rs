//! What goes on being told after a request was answered: `subscribe`.

use crate::error::RpcError;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

/// A stream that has begun.
pub(crate) struct Opened<A> {
    /// The answer to the request.
    pub(crate) answer: A,
    /// What is told after it: whole notifications, each with the empty line that ends it.
    pub(crate) told: Told,
}

/// Whole notifications. Nothing is read for it but when it is polled.
pub(crate) type Told = BoxStream<'static, Vec<u8>>;

/// A stream to be, or why there is none.
pub(crate) type Opening = BoxFuture<'static, Result<Opened<Box<RawValue>>, RpcError>>;

/// A notification: `params` are those of `subscription`, and what is told.
#[derive(Serialize)]
struct Notification<T> {
    jsonrpc: &'static str,
    method: &'static str,
    params: Params<T>,
}

#[derive(Serialize)]
struct Params<T> {
    subscription: u64,
    #[serde(flatten)]
    told: T,
}

/// The last words of a stream.
#[derive(Serialize)]
struct Broken {
    error: Box<RawValue>,
}

/// What is told, as a notification.
pub(crate) fn notification(
    subscription: u64,
    told: impl Serialize,
) -> serde_json::Result<Box<RawValue>> {
    to_raw_value(&Notification {
        jsonrpc: "2.0",
        method: "event",
        params: Params { subscription, told },
    })
}

/// Why a stream ends although its reader is still there: the last that is told.
pub(crate) fn last_words(subscription: u64, error: &RpcError) -> Vec<u8> {
    let error = RawValue::from_string(error.to_json());
    let told = error.and_then(|error| notification(subscription, Broken { error }));
    told.map_or_else(|_| Vec::new(), |told| terminated([told]))
}

/// Notifications as they go out: an empty line ends each, and compact JSON holds none.
pub(crate) fn terminated(notifications: impl IntoIterator<Item = Box<RawValue>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for notification in notifications {
        bytes.extend_from_slice(notification.get().as_bytes());
        bytes.extend_from_slice(b"\n\n");
    }
    bytes
}
