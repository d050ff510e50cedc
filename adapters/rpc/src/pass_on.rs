//! What is not ours: a request for a method of lightningd's goes to the default node's lightningd as it
//! came, and what lightningd says goes back as it came.
//!
//! A connection that asks for such a method gets a connection to lightningd of its own, so ids, the order
//! of requests and `notifications enable` are lightningd's to keep, and nobody waits for another client's
//! calls. Nothing here knows the engine: a passed-on call never waits for a decision.

mod ask;
mod link;
mod liveness;
mod pieces;
mod relay;
mod safe;

pub(crate) use link::{Link, Relayed};

use crate::error::{Code, RpcError, shortened};
use liveness::Liveness;
use safe::SAFE;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

/// How long a method of ours waits for what lightningd has to say beside it.
pub(crate) const LIGHTNINGD: Duration = Duration::from_secs(5);

/// Where lightningd's methods are passed on to, and which of them.
#[derive(Debug)]
pub struct PassOn {
    /// The configured node, for messages.
    node: String,
    /// Its lightningd's socket.
    socket: PathBuf,
    which: PassedOn,
    liveness: Liveness,
}

/// Which methods are passed on: none that is ours.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum PassedOn {
    /// Every one.
    #[default]
    All,
    /// Those of which it is known that they neither move the node's money nor use or change its keys.
    Safe,
    /// These alone.
    Only(BTreeSet<String>),
    /// None.
    None,
}

impl PassedOn {
    /// How `pass_on` says it.
    fn is_written(&self) -> String {
        match self {
            PassedOn::All => "\"all\"".to_owned(),
            PassedOn::Safe => "\"safe\"".to_owned(),
            PassedOn::Only(_) => "a list without it".to_owned(),
            PassedOn::None => "\"none\"".to_owned(),
        }
    }

    fn has(&self, method: &str) -> bool {
        match self {
            PassedOn::All => true,
            PassedOn::Safe => SAFE.binary_search(&method).is_ok(),
            PassedOn::Only(methods) => methods.contains(method),
            PassedOn::None => false,
        }
    }
}

/// Why a passed-on call has no reply of lightningd's.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// It cannot be reached: nothing was passed on.
    Away(std::io::Error),
    /// The connection ended.
    Closed,
    /// It has said nothing for so many seconds, to nobody.
    Hung(u64),
    /// What it said is no reply.
    Nonsense,
}

impl PassOn {
    /// To the lightningd of that node, at that socket.
    pub fn new(node: String, socket: PathBuf, which: PassedOn) -> PassOn {
        PassOn {
            node,
            socket,
            which,
            liveness: Liveness::default(),
        }
    }

    /// Whether a method that is not ours is passed on.
    pub(crate) fn has(&self, method: &str) -> bool {
        self.which.has(method)
    }

    /// Whether nothing is.
    pub(crate) fn is_off(&self) -> bool {
        self.which == PassedOn::None
    }

    /// The configured node.
    pub(crate) fn node(&self) -> &str {
        &self.node
    }

    /// What whoever asks for a method that is not passed on is told.
    pub(crate) fn is_shut(&self) -> String {
        let written = self.which.is_written();
        format!(
            "it is not ours, and not passed on to lightningd (pass_on is {written}): ask lightningd on its own \
             socket, or change pass_on"
        )
    }

    /// The error in place of lightningd's reply to that method.
    pub(crate) fn error(&self, method: &str, trouble: &Trouble) -> RpcError {
        let (node, method) = (&self.node, shortened(method));
        let socket = self.socket.display();
        let why = match trouble {
            Trouble::Away(why) => {
                let message = format!(
                    "lightningd (node {node}) cannot be reached at {socket}: {why}. {method} was not passed on, \
                     and nothing has changed: start lightningd, or correct the node's address"
                );
                let data = json!({ "node": node, "took_effect": false });
                return RpcError::new(Code::NodeUnavailable, message).with(data);
            }
            Trouble::Closed => "closed the connection".to_owned(),
            Trouble::Hung(seconds) => format!("has answered nothing for {seconds} s"),
            Trouble::Nonsense => "said something that is no reply".to_owned(),
        };
        let message = format!(
            "lightningd (node {node}) {why} before {method} was answered, and whether it took effect is not \
             known: ask lightningd before you repeat it"
        );
        let data = json!({ "node": node, "took_effect": "unknown" });
        RpcError::new(Code::NodeUnavailable, message).with(data)
    }
}

/// lightningd's methods that may wait for ever.
pub(crate) fn waits(method: &str) -> bool {
    ["wait", "waitanyinvoice", "waitblockheight", "waitinvoice"].contains(&method)
}
