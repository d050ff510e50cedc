//! JSON-RPC errors as lightningd words them.

use serde_json::{Value, json};

/// The codes of `common/jsonrpc_errors.h` that this fake gives.
pub(crate) mod code {
    pub(crate) const INVALID_REQUEST: i64 = -32600;
    pub(crate) const METHOD_NOT_FOUND: i64 = -32601;
    pub(crate) const INVALID_PARAMS: i64 = -32602;
    pub(crate) const LIGHTNINGD: i64 = -1;
    pub(crate) const PLUGIN_TERMINATED: i64 = -4;
    pub(crate) const IN_PROGRESS: i64 = 200;
    pub(crate) const RHASH_ALREADY_USED: i64 = 201;
    pub(crate) const UNPARSEABLE_ONION: i64 = 202;
    pub(crate) const DESTINATION_PERM_FAIL: i64 = 203;
    pub(crate) const TRY_OTHER_ROUTE: i64 = 204;
    pub(crate) const NO_SUCH_PAYMENT: i64 = 208;
    pub(crate) const UNSPECIFIED_ERROR: i64 = 209;
    pub(crate) const INVOICE_LABEL_ALREADY_EXISTS: i64 = 900;
    pub(crate) const INVOICE_WAIT_TIMED_OUT: i64 = 904;
    pub(crate) const DATASTORE_DEL_DOES_NOT_EXIST: i64 = 1200;
    pub(crate) const DATASTORE_DEL_WRONG_GENERATION: i64 = 1201;
    pub(crate) const DATASTORE_UPDATE_ALREADY_EXISTS: i64 = 1202;
    pub(crate) const DATASTORE_UPDATE_DOES_NOT_EXIST: i64 = 1203;
    pub(crate) const DATASTORE_UPDATE_WRONG_GENERATION: i64 = 1204;
    pub(crate) const DATASTORE_UPDATE_HAS_CHILDREN: i64 = 1205;
    pub(crate) const DATASTORE_UPDATE_NO_CHILDREN: i64 = 1206;
    pub(crate) const WAIT_TIMEOUT: i64 = 2000;
}

/// The `error` member of a reply.
#[derive(Debug, Clone)]
pub(crate) struct RpcError(Value);

impl RpcError {
    pub(crate) fn new(code: i64, message: impl Into<String>) -> Self {
        Self(json!({"code": code, "message": message.into()}))
    }

    pub(crate) fn with_data(code: i64, message: impl Into<String>, data: &Value) -> Self {
        Self(json!({"code": code, "message": message.into(), "data": data}))
    }

    /// An error object that a test or a plugin supplies.
    pub(crate) fn scripted(error: Value) -> Self {
        Self(error)
    }

    pub(crate) fn params(message: impl Into<String>) -> Self {
        Self::new(code::INVALID_PARAMS, message)
    }

    /// `command_fail_badparam()`: the offending token itself stays in the log.
    pub(crate) fn bad_param(name: &str, expected: &str) -> Self {
        Self::params(format!(
            "{name}: {expected}: invalid token (see logs for details)"
        ))
    }

    pub(crate) fn as_json(&self) -> &Value {
        &self.0
    }
}

/// What a command answers.
pub(crate) type Answer = Result<Value, RpcError>;
