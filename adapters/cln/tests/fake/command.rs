//! A command under way: whom to answer, and the bytes of the answer.

use serde_json::Value;

use super::error::Answer;
use super::faults::Fault;

/// A connection's number; never used twice.
pub(crate) type ConnId = u64;

/// A request that has been accepted and not been answered yet.
#[derive(Debug, Clone)]
pub(crate) struct Command {
    pub(crate) conn: ConnId,
    /// Echoed as it came.
    pub(crate) id: Value,
    pub(crate) method: String,
    /// What a test has planned for this very request.
    pub(crate) fault: Option<Fault>,
}

impl Command {
    /// The reply in lightningd's order of members, with the blank line that ends it.
    pub(crate) fn frame(&self, answer: &Answer) -> Vec<u8> {
        frame(&self.id, answer)
    }
}

/// A reply with the blank line that ends it.
pub(crate) fn frame(id: &Value, answer: &Answer) -> Vec<u8> {
    let (member, value) = match answer {
        Ok(result) => ("result", result),
        Err(error) => ("error", error.as_json()),
    };
    format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"{member}\":{value}}}\n\n").into_bytes()
}
