//! Which Lightning nodes send the parts.

use crate::trouble::trouble;
use cln::OfferBy;
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// One node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NodeConfig {
    /// Its name, which parts are listed with and `node` parameters say.
    pub name: String,
    /// Where it is.
    pub address: Address,
    /// How parts are offered to it, where there is a choice.
    pub offer_by: OfferBy,
}

/// Where a node is.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Address {
    /// Eight LDK nodes in this process, on a regtest chain of their own; alice is ours.
    Embedded,
    /// A second node of that network, which is ours as well: grace.
    EmbeddedGrace,
    /// A lightningd, at its `lightning-rpc` socket.
    Cln(PathBuf),
}

/// Not a node.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotNode {
    /// None of these.
    #[error(
        "{0} is no node: say `embedded` (and `embedded:grace` for a second one), or \
         `cln:/path/to/lightning-rpc`"
    )]
    NoAddress(String),
    /// This program was built without it.
    #[error(
        "the embedded network is left out of this build: build again without --no-default-features, or \
         with --features dev-network; or say `cln:/path/to/lightning-rpc`"
    )]
    NotBuiltIn,
    /// A name must name something.
    #[error("the node at {0} has an empty name")]
    NoName(String),
    /// Two of one name.
    #[error("two nodes are called {0}: give each a name of its own")]
    SameName(String),
    /// The same node twice.
    #[error("two nodes are at {0}: one node can be driven under one name only")]
    SameAddress(String),
    /// The second one without the first.
    #[error("embedded:grace is a second node of the embedded network: name `embedded`, too")]
    GraceAlone,
    /// None at all.
    #[error("no node: say at least one")]
    None,
}

impl NodeConfig {
    /// A node that needs no name, called by what it is.
    fn unnamed(address: Address) -> NodeConfig {
        let name = match &address {
            Address::Embedded => "embedded",
            Address::EmbeddedGrace => "grace",
            Address::Cln(_) => "cln",
        };
        NodeConfig {
            name: name.to_owned(),
            address,
            offer_by: OfferBy::default(),
        }
    }

    /// With its path as seen from `base`.
    pub(super) fn within(self, base: &Path) -> NodeConfig {
        let address = match self.address {
            Address::Cln(socket) => Address::Cln(base.join(socket)),
            embedded @ (Address::Embedded | Address::EmbeddedGrace) => embedded,
        };
        NodeConfig { address, ..self }
    }
}

/// `[NAME=]embedded`, `[NAME=]embedded:grace` or `[NAME=]cln:PATH`, as on the command line.
impl FromStr for NodeConfig {
    type Err = NotNode;

    fn from_str(text: &str) -> Result<NodeConfig, NotNode> {
        let named = text.split_once('=').filter(|(name, _)| !name.contains(':'));
        match named {
            Some((name, address)) => Ok(NodeConfig {
                name: name.to_owned(),
                ..NodeConfig::unnamed(address.parse()?)
            }),
            None => Ok(NodeConfig::unnamed(text.parse()?)),
        }
    }
}

impl FromStr for Address {
    type Err = NotNode;

    fn from_str(text: &str) -> Result<Address, NotNode> {
        Address::read(text, cfg!(feature = "dev-network"))
    }
}

impl Address {
    /// Reads one; the embedded network only if it `is_built_in`.
    pub(super) fn read(text: &str, is_built_in: bool) -> Result<Address, NotNode> {
        match (text, text.strip_prefix("cln:")) {
            (_, Some(socket)) if !socket.is_empty() => Ok(Address::Cln(socket.into())),
            ("embedded" | "embedded:grace", _) if !is_built_in => Err(NotNode::NotBuiltIn),
            ("embedded", _) => Ok(Address::Embedded),
            ("embedded:grace", _) => Ok(Address::EmbeddedGrace),
            _ => Err(NotNode::NoAddress(text.to_owned())),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Embedded => f.write_str("embedded"),
            Address::EmbeddedGrace => f.write_str("embedded:grace"),
            Address::Cln(socket) => write!(f, "cln:{}", socket.display()),
        }
    }
}

/// The key `node`: one node as text, or several as `[[node]]` tables.
#[derive(Clone, Debug, Default)]
pub(super) struct Nodes(pub(super) Option<Vec<NodeConfig>>);

/// A `[[node]]` table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NodeTable {
    name: String,
    address: String,
    #[serde(default)]
    offer_by: OfferByKey,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum OfferByKey {
    #[default]
    SendOnion,
    SendPay,
}

impl<'de> Deserialize<'de> for Nodes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Nodes, D::Error> {
        deserializer.deserialize_any(NodesVisitor)
    }
}

struct NodesVisitor;

impl<'de> Visitor<'de> for NodesVisitor {
    type Value = Nodes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`embedded`, `cln:/path/to/lightning-rpc`, or [[node]] tables")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Nodes, E> {
        let node = text.parse().map_err(E::custom)?;
        Ok(Nodes(Some(vec![node])))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut tables: A) -> Result<Nodes, A::Error> {
        let mut nodes = Vec::new();
        while let Some(table) = tables.next_element::<NodeTable>()? {
            let address = table.address.parse();
            nodes.push(NodeConfig {
                name: table.name,
                address: address.map_err(serde::de::Error::custom)?,
                offer_by: match table.offer_by {
                    OfferByKey::SendOnion => OfferBy::SendOnion,
                    OfferByKey::SendPay => OfferBy::SendPay,
                },
            });
        }
        Ok(Nodes(Some(nodes)))
    }
}

/// The nodes that hold: what the strongest layer says; none if no layer names any.
pub(super) fn chosen(flags: Vec<NodeConfig>, settings: Nodes) -> Result<Vec<NodeConfig>, NotNode> {
    let nodes = match settings.0 {
        _ if !flags.is_empty() => flags,
        None => return Ok(flags),
        Some(nodes) if nodes.is_empty() => return Err(NotNode::None),
        Some(nodes) => nodes,
    };
    let (mut names, mut addresses) = (HashSet::new(), HashSet::new());
    for node in &nodes {
        if node.name.is_empty() {
            return Err(NotNode::NoName(node.address.to_string()));
        }
        if !names.insert(&node.name) {
            return Err(NotNode::SameName(node.name.clone()));
        }
        if !addresses.insert(&node.address) {
            return Err(NotNode::SameAddress(node.address.to_string()));
        }
    }
    if addresses.contains(&Address::EmbeddedGrace) && !addresses.contains(&Address::Embedded) {
        return Err(NotNode::GraceAlone);
    }
    Ok(nodes)
}

/// Refuses a node that is ourselves: it would be asked by us, and ask us, for ever.
pub(super) fn refuse_own_socket(rpc_file: &Path, nodes: &[NodeConfig]) -> anyhow::Result<()> {
    let own = resolved(rpc_file);
    for node in nodes {
        if let Address::Cln(socket) = &node.address
            && resolved(socket) == own
        {
            let why = format!("{} is Ampere's own socket", socket.display());
            let help = "say where lightningd's socket is (cln:/path/to/lightning-rpc), or give Ampere's another \
                        place with --rpc-file";
            return Err(trouble(
                format!("node {} cannot be used", node.name),
                why,
                help,
            ));
        }
    }
    Ok(())
}

/// The path without links in its folder; the file itself need not be there.
fn resolved(path: &Path) -> PathBuf {
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    match (folder, path.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}
