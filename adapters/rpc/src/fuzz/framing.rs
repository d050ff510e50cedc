//! The byte stream: where requests begin and end, and what is in them.

use super::is_fit_to_be_told;
use crate::dispatch::{error_reply, malformed_reply};
use crate::error::RpcError;
use crate::frames::{Broken, Frames};
use crate::request::Request;
use serde_json::Value;

const DEPTH: usize = 12;

/// The first byte says how large a request may be and in which pieces the others arrive. However they
/// are cut, the same requests are found, each is a part of the stream, and each gets one whole reply.
pub fn target(bytes: &[u8]) {
    let Some((&how, stream)) = bytes.split_first() else {
        return;
    };
    let max = 16 << (how & 7);
    let whole = Found::of(std::iter::once(stream), max);
    for size in [1, 2, 3, usize::from(how) + 1] {
        assert!(
            Found::of(stream.chunks(size), max) == whole,
            "in pieces of {size}"
        );
    }
    let mut rest = stream;
    for frame in &whole.frames {
        assert!(frame.len() <= max && frame.starts_with(b"{"));
        let space = rest
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
        rest = rest.get(space..).unwrap_or_default();
        rest = rest
            .strip_prefix(&frame[..])
            .expect("a request is what came next");
        is_answered(frame);
    }
    if let Some(broken) = whole.end {
        is_fit_to_be_told(&RpcError::params(broken.to_string()));
    }
}

/// What became of a stream.
#[derive(PartialEq)]
struct Found {
    frames: Vec<Vec<u8>>,
    end: Option<Broken>,
    has_partial: bool,
}

impl Found {
    fn of<'a>(pieces: impl Iterator<Item = &'a [u8]>, max: usize) -> Found {
        let mut frames = Frames::new(max, DEPTH);
        let mut found = Vec::new();
        for piece in pieces {
            frames.push(piece);
            let end = loop {
                match frames.next() {
                    Ok(Some(frame)) => found.push(frame.to_vec()),
                    Ok(None) => break None,
                    Err(broken) => break Some(broken),
                }
            };
            if end.is_some() {
                let (frames, has_partial) = (found, false);
                return Found {
                    frames,
                    end,
                    has_partial,
                };
            }
        }
        Found {
            frames: found,
            end: None,
            has_partial: frames.has_partial(),
        }
    }
}

fn is_answered(frame: &[u8]) {
    let (id, reply) = match Request::read(frame) {
        Ok(request) => {
            let same = format!(
                r#"{{"jsonrpc":"2.0","id":{},"method":{},"params":{}}}"#,
                request.id,
                Value::from(request.method.as_str()),
                request.params
            );
            let again = Request::read(same.as_bytes()).expect("it was a request");
            assert_eq!(
                (&again.id, &again.method, &again.params),
                (&request.id, &request.method, &request.params)
            );
            let error = crate::unknown::unknown(&request.method, None, |_| true);
            is_fit_to_be_told(&error);
            let reply = error_reply(&request.id, &error);
            (request.id, reply)
        }
        Err(malformed) => {
            is_fit_to_be_told(&malformed.error);
            let reply = malformed_reply(&malformed);
            (malformed.id, reply)
        }
    };
    let (reply, end) = reply.split_at(reply.len() - 2);
    assert_eq!(end, b"\n\n");
    assert!(
        !reply.windows(2).any(|pair| pair == b"\n\n"),
        "an end within a reply"
    );
    let said: Value = serde_json::from_slice(reply).expect("a reply is JSON");
    let id: Value = serde_json::from_str(&id).expect("an id is JSON");
    assert!(said["id"] == id, "{said}");
}
