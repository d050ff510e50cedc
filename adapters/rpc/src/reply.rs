//! A method's answer as JSON, with its fields in order.

use crate::error::{Code, RpcError};
use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use std::marker::PhantomData;

/// A method's answer, as JSON.
pub(crate) type Reply = Result<Box<RawValue>, RpcError>;

/// Writes an answer.
pub(crate) fn reply(answer: &impl Serialize) -> Reply {
    to_raw_value(answer).map_err(|error| reply_error(&error))
}

/// The error of an answer that could not be written: a bug.
pub(crate) fn reply_error(error: &serde_json::Error) -> RpcError {
    RpcError::new(Code::Internal, format!("reply: {error}"))
}

/// An `A` that is JSON already: lists are written row by row, in a thread of their own.
pub(crate) struct Written<A> {
    json: Box<RawValue>,
    answer: PhantomData<fn() -> A>,
}

impl<A: Serialize> Written<A> {
    /// Writes it.
    pub(crate) fn new(answer: &A) -> serde_json::Result<Written<A>> {
        Ok(Written {
            json: to_raw_value(answer)?,
            answer: PhantomData,
        })
    }

    /// The JSON.
    pub(crate) fn into_json(self) -> Box<RawValue> {
        self.json
    }
}

impl<A> AsRef<RawValue> for Written<A> {
    fn as_ref(&self) -> &RawValue {
        &self.json
    }
}

impl<A> Serialize for Written<A> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(to)
    }
}

#[cfg(feature = "docs")]
crate::docs::documented_as!([A] Written<A>, A);
