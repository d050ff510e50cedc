//! Which of lightningd's methods are passed on to it.

use super::{Address, NodeConfig};
use crate::trouble::trouble;
use rpc::suggest::nearest;
use rpc::{PassOn, PassedOn};
use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use std::fmt;
use std::sync::Arc;

/// The words that are no method.
const WORDS: [&str; 3] = ["all", "safe", "none"];

/// The key `pass_on`: a word, or a list of methods.
#[derive(Clone, Debug, Default)]
pub(super) struct PassOnKey(pub(super) Option<PassedOn>);

/// What cannot be passed on.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
enum NotPassedOn {
    #[error("`{0}` is no word of `pass_on`: say \"all\", \"safe\", \"none\" or a list of methods")]
    NoWord(String),
    #[error("`{0}` is Ampere's own method: it is never passed on")]
    Ours(String),
    #[error("`{0}` stands for itself: it cannot be in a list of methods")]
    NotAlone(String),
    #[error("an empty list passes nothing on: say \"none\"")]
    Empty,
}

/// What the words of a command line or a list say; a single one may be `all`, `safe` or `none`.
fn read(words: &[String]) -> Result<PassedOn, NotPassedOn> {
    match words {
        [] => return Err(NotPassedOn::Empty),
        [word] => match word.as_str() {
            "all" => return Ok(PassedOn::All),
            "safe" => return Ok(PassedOn::Safe),
            "none" => return Ok(PassedOn::None),
            // A slip of the finger must not pass for a method.
            slip if nearest(slip, WORDS).is_some() => {
                return Err(NotPassedOn::NoWord(word.clone()));
            }
            _ => {}
        },
        _ => {}
    }
    for word in words {
        if WORDS.contains(&word.as_str()) {
            return Err(NotPassedOn::NotAlone(word.clone()));
        }
        if rpc::methods::named(word).is_some_and(|method| !method.is_dev()) {
            return Err(NotPassedOn::Ours(word.clone()));
        }
    }
    Ok(PassedOn::Only(words.iter().cloned().collect()))
}

impl<'de> Deserialize<'de> for PassOnKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PassOnKey, D::Error> {
        deserializer.deserialize_any(PassOnVisitor)
    }
}

struct PassOnVisitor;

impl<'de> Visitor<'de> for PassOnVisitor {
    type Value = PassOnKey;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"all\", \"safe\", \"none\" or a list of methods")
    }

    /// In the environment a list has commas.
    fn visit_str<E: Error>(self, text: &str) -> Result<PassOnKey, E> {
        let words: Vec<String> = text.split(',').map(|word| word.trim().to_owned()).collect();
        read(&words)
            .map(|read| PassOnKey(Some(read)))
            .map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<PassOnKey, A::Error> {
        let mut words = Vec::new();
        while let Some(word) = list.next_element::<String>()? {
            words.push(word);
        }
        match words.as_slice() {
            [word] if WORDS.contains(&word.as_str()) => {
                Err(A::Error::custom(NotPassedOn::NotAlone(word.clone())))
            }
            words => read(words)
                .map(|read| PassOnKey(Some(read)))
                .map_err(A::Error::custom),
        }
    }
}

/// What holds: what the strongest layer says; nothing if no layer says anything.
pub(super) fn chosen(flags: &[String], setting: PassOnKey) -> anyhow::Result<Option<PassedOn>> {
    if flags.is_empty() {
        return Ok(setting.0);
    }
    let read = read(flags).map_err(|why| {
        let help = "for several methods say --pass-on once for each";
        trouble("cannot use --pass-on", why, help)
    })?;
    Ok(Some(read))
}

/// Refuses what has no meaning: only a lightningd has methods to pass on.
pub(super) fn refuse_without_lightningd(
    pass_on: Option<&PassedOn>,
    nodes: &[NodeConfig],
) -> anyhow::Result<()> {
    let Some(default) = nodes.first().filter(|_| pass_on.is_some()) else {
        return Ok(());
    };
    match default.address {
        Address::Cln(_) => Ok(()),
        Address::Embedded | Address::EmbeddedGrace => {
            let why = format!(
                "the default node, {}, is on the embedded network, which has no lightningd",
                default.name
            );
            let help = "leave pass_on out, or let the first node be a lightningd (cln:/path/to/lightning-rpc)";
            Err(trouble("pass_on has no meaning here", why, help))
        }
    }
}

/// Where to, if the default node is a lightningd: everything, unless said.
pub(crate) fn to_lightningd(
    pass_on: Option<&PassedOn>,
    nodes: &[NodeConfig],
) -> Option<Arc<PassOn>> {
    let default = nodes.first()?;
    let Address::Cln(socket) = &default.address else {
        return None;
    };
    let which = pass_on.cloned().unwrap_or_default();
    let pass_on = PassOn::new(default.name.clone(), socket.clone(), which);
    Some(Arc::new(pass_on))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(words: &[&str]) -> Result<PassedOn, NotPassedOn> {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        read(&words)
    }

    #[test]
    fn a_word_is_alone_and_everything_else_is_a_method_of_lightningds() {
        assert_eq!(said(&["all"]), Ok(PassedOn::All));
        assert_eq!(said(&["safe"]), Ok(PassedOn::Safe));
        assert_eq!(said(&["none"]), Ok(PassedOn::None));
        let only = ["decode", "invoice"].map(str::to_owned);
        assert_eq!(
            said(&["invoice", "decode"]),
            Ok(PassedOn::Only(only.into()))
        );
        for (words, why) in [
            (&["saef"][..], NotPassedOn::NoWord("saef".to_owned())),
            (&["decode", "all"], NotPassedOn::NotAlone("all".to_owned())),
            (&["decode", "pay"], NotPassedOn::Ours("pay".to_owned())),
            (&[], NotPassedOn::Empty),
        ] {
            assert_eq!(said(words), Err(why), "{words:?}");
        }
    }
}
