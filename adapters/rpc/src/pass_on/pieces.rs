//! What lightningd sends, in pieces: a reply or a notification whole, or, where it is large, as it comes.
//! No byte within it is changed.

use crate::frames::Nesting;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Replies up to so many bytes are held back until they are whole: a lightningd that stops half-way then
/// stops no other reply of the same client's. It is also all that is held of a larger one.
pub(super) const WHOLE: usize = 256 * 1024;

/// A piece of a reply or of a notification.
#[derive(Debug)]
pub(super) struct Piece {
    /// What it is the beginning of, if it is one.
    pub(super) head: Option<Head>,
    pub(super) bytes: Vec<u8>,
    /// Whether nothing of it follows; then the empty line is there.
    pub(super) ends: bool,
}

/// What can be told from the beginning of a reply.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Head {
    /// The reply to the request of that id, which is as lightningd wrote it.
    Reply(String),
    Notification,
}

/// What came is neither a reply nor a notification.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Nonsense;

/// What has arrived and is no piece yet.
#[derive(Debug)]
pub(super) struct Cutter {
    nesting: Nesting,
    held: Vec<u8>,
    /// Whether the beginning of what is held has gone already.
    begun: bool,
}

impl Cutter {
    pub(super) fn new() -> Cutter {
        Cutter {
            nesting: Nesting::NONE,
            held: Vec::new(),
            begun: false,
        }
    }

    /// The pieces that there are with what has arrived.
    pub(super) fn cut(&mut self, arrived: &[u8]) -> Result<Vec<Piece>, Nonsense> {
        let mut pieces = Vec::new();
        let mut rest = arrived;
        while let Some((&first, after)) = rest.split_first() {
            if self.nesting.is_none() && first != b'{' {
                match first {
                    b' ' | b'\t' | b'\n' | b'\r' => rest = after,
                    _ => return Err(Nonsense),
                }
                continue;
            }
            let end = rest.iter().position(|byte| self.nesting.look_at(*byte));
            let (own, next) = rest.split_at(end.map_or(rest.len(), |end| end + 1));
            self.held.extend_from_slice(own);
            rest = next;
            if end.is_some() {
                self.held.extend_from_slice(b"\n\n");
                pieces.push(self.piece(true)?);
            }
        }
        if self.begun && !self.held.is_empty() || self.held.len() > WHOLE {
            pieces.push(self.piece(false)?);
        }
        Ok(pieces)
    }

    /// All that is held.
    fn piece(&mut self, ends: bool) -> Result<Piece, Nonsense> {
        let head = if self.begun {
            None
        } else {
            Some(Head::read(&self.held).ok_or(Nonsense)?)
        };
        self.begun = !ends;
        let bytes = std::mem::take(&mut self.held);
        Ok(Piece { head, bytes, ends })
    }
}

impl Head {
    /// From a reply, or its beginning: lightningd writes the id before the result.
    fn read(bytes: &[u8]) -> Option<Head> {
        let mut found = None;
        let mut json = serde_json::Deserializer::from_slice(bytes);
        // An error may say that the rest has not come yet.
        let _ = json.deserialize_map(Members(&mut found));
        found
    }
}

/// Reads members until one says what this is.
struct Members<'a>(&'a mut Option<Head>);

impl<'de> Visitor<'de> for Members<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a reply")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            match &*name {
                "id" => {
                    let id = map.next_value::<&'de RawValue>()?;
                    *self.0 = Some(Head::Reply(id.get().to_owned()));
                    return Ok(());
                }
                "method" => {
                    *self.0 = Some(Head::Notification);
                    return Ok(());
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Cutter, Head, Nonsense, WHOLE};

    const SENT: &str = "{\"jsonrpc\":\"2.0\",\"method\":\"message\",\"params\":{\"id\":\"}\"}}\n\n{ \"id\" : 1 ,\n\"result\":{}}\n\n";

    #[test]
    fn what_is_small_is_whole_however_it_arrives() {
        for chunk in 1..=SENT.len() {
            let mut cutter = Cutter::new();
            let mut pieces = Vec::new();
            for arrived in SENT.as_bytes().chunks(chunk) {
                pieces.extend(cutter.cut(arrived).expect("it makes sense"));
            }
            let heads: Vec<_> = pieces.iter().map(|piece| piece.head.clone()).collect();
            let reply = Head::Reply("1".to_owned());
            assert_eq!(heads, [Some(Head::Notification), Some(reply)]);
            let bytes: Vec<u8> = pieces.iter().flat_map(|p| p.bytes.clone()).collect();
            assert_eq!(String::from_utf8_lossy(&bytes), SENT);
            assert!(pieces.iter().all(|piece| piece.ends));
        }
    }

    #[test]
    fn what_is_large_goes_as_it_comes_and_little_of_it_is_held() {
        let mut cutter = Cutter::new();
        let row = "\"0123456789\",".repeat(1_000);
        let mut sent = format!("{{\"id\":\"a\",\"result\":[{row}");
        let mut pieces = cutter.cut(sent.as_bytes()).expect("it makes sense");
        for _ in 0..100 {
            pieces.extend(cutter.cut(row.as_bytes()).expect("it makes sense"));
            sent += &row;
            assert!(cutter.held.len() <= WHOLE, "{}", cutter.held.len());
        }
        pieces.extend(cutter.cut(b"0]}").expect("it makes sense"));
        sent += "0]}\n\n";
        let told: Vec<u8> = pieces.iter().flat_map(|p| p.bytes.clone()).collect();
        assert_eq!(told, sent.into_bytes());
        let (first, rest) = pieces.split_first().expect("there are some");
        assert_eq!(first.head, Some(Head::Reply("\"a\"".to_owned())));
        assert!(rest.len() > 10 && rest.iter().all(|piece| piece.head.is_none()));
        assert_eq!(pieces.iter().filter(|piece| piece.ends).count(), 1);
    }

    #[test]
    fn what_is_no_reply_is_nonsense() {
        for sent in ["x", "[]", "{}", "{\"result\":{}}", "{]}"] {
            let cut = Cutter::new().cut(sent.as_bytes());
            assert_eq!(cut.err(), Some(Nonsense), "{sent}");
        }
    }
}
