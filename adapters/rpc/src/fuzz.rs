//! What must hold for any bytes that a caller sends: the bodies of the fuzz targets in `fuzz/`.
//!
//! Each takes any bytes, and panics if a promise is broken.

mod bolt11;
mod framing;
mod parameters;
mod routes;

pub use bolt11::target as bolt11;
pub use framing::target as framing;
pub use parameters::target as parameters;
pub use routes::target as routes;

use crate::error::RpcError;
use serde_json::Value;
use serde_json::value::RawValue;

/// An error has a number and words, is JSON on one line, and shows no more of a request than fits one.
fn is_fit_to_be_told(error: &RpcError) -> Value {
    const LONG: usize = 4_096;
    let json = error.to_json();
    assert!(json.len() < LONG, "{} bytes of error", json.len());
    assert!(!json.contains('\n'), "{json}");
    let read: Value = serde_json::from_str(&json).expect("an error is JSON");
    assert!(read["code"].is_i64(), "{json}");
    assert!(
        read["message"]
            .as_str()
            .is_some_and(|text| !text.is_empty()),
        "{json}"
    );
    read
}

/// No word that is long enough to be a secret comes back in an error.
fn tells_no_long_word(error: &Value, given: &RawValue) {
    const WHOLE: usize = 40;
    let message = error["message"].as_str().unwrap_or_default();
    for word in given.get().split(|c: char| !c.is_ascii_alphanumeric()) {
        assert!(
            word.len() <= WHOLE || !message.contains(word),
            "{message} tells {word}"
        );
    }
}

fn as_json(bytes: &[u8]) -> Option<&RawValue> {
    serde_json::from_slice(bytes).ok()
}
