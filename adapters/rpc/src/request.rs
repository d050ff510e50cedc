//! One request: who asks (`id`), what (`method`), with which `params`.

use crate::error::{Code, RpcError};
use crate::values;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A request that is one, whatever its method and parameters.
#[derive(Debug)]
pub(crate) struct Request {
    /// As it came, byte for byte.
    pub(crate) id: String,
    pub(crate) method: String,
    /// As they came.
    pub(crate) params: String,
}

/// A request that is none.
#[derive(Debug)]
pub(crate) struct Malformed {
    /// As it came, or `null` where it cannot be told.
    pub(crate) id: String,
    pub(crate) error: RpcError,
    /// Whether what follows cannot be trusted either.
    pub(crate) fatal: bool,
}

/// The members that matter, as they came; an explicit null is not an absent member.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default, deserialize_with = "as_it_came")]
    jsonrpc: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "as_it_came")]
    id: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "as_it_came")]
    method: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "as_it_came")]
    params: Option<&'a RawValue>,
}

fn as_it_came<'de, D: Deserializer<'de>>(from: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(from).map(Some)
}

impl Malformed {
    /// What came cannot even be taken apart.
    pub(crate) fn unreadable(why: &dyn std::fmt::Display) -> Malformed {
        Malformed {
            id: "null".into(),
            error: RpcError::new(Code::InvalidRequest, why.to_string()),
            fatal: true,
        }
    }

    fn in_one_request(id: Option<&RawValue>, why: &str) -> Malformed {
        Malformed {
            id: id.map_or("null", RawValue::get).to_owned(),
            error: RpcError::new(Code::InvalidRequest, why),
            fatal: false,
        }
    }
}

impl Request {
    /// Takes a whole JSON object apart.
    pub(crate) fn read(bytes: &[u8]) -> Result<Request, Malformed> {
        let text = std::str::from_utf8(bytes).map_err(|why| {
            let at = why.valid_up_to();
            Malformed::unreadable(&format!("the request is not UTF-8: see its byte {at}"))
        })?;
        let envelope: Envelope<'_> = serde_json::from_str(text)
            .map_err(|why| Malformed::unreadable(&format!("Invalid JSON: {why}")))?;
        let malformed = |id, why| Err(Malformed::in_one_request(id, why));

        let Some(id) = envelope.id else {
            return malformed(None, "No id");
        };
        if id.get().starts_with(['{', '[']) {
            return malformed(None, "Expected string/primitive for id");
        }
        if envelope.jsonrpc.map(RawValue::get) != Some("\"2.0\"") {
            let why = "jsonrpc: \"2.0\" must be specified in the request";
            return malformed(Some(id), why);
        }
        let Some(method) = envelope.method else {
            return malformed(Some(id), "No method");
        };
        let Some(params) = envelope.params else {
            return malformed(Some(id), "No params");
        };
        let Ok(method) = serde_json::from_str::<String>(method.get()) else {
            let why = match values::lone_surrogate(method) {
                None => "Expected string for method",
                Some(_) => {
                    "Expected Unicode text for method: it has half of a surrogate pair alone"
                }
            };
            return malformed(Some(id), why);
        };
        Ok(Request {
            id: id.get().to_owned(),
            method,
            params: params.get().to_owned(),
        })
    }
}
