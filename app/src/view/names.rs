//! What nodes are called.

use rpc::client::Client;
use serde_json::{Value, json};
use std::collections::HashMap;

/// The embedded network's nodes but ours.
const EMBEDDED: [&str; 7] = ["bob", "carol", "dave", "erin", "frank", "grace", "heidi"];

/// Names for node ids; a node without one goes by the ends of its id.
#[derive(Clone, Debug)]
pub struct Names {
    own: String,
    others: HashMap<String, String>,
}

impl Names {
    /// No names but our own node's.
    pub fn new(own: impl Into<String>) -> Names {
        Names {
            own: own.into(),
            others: HashMap::new(),
        }
    }

    /// The names on the embedded network, from the routes that the daemon finds to them by name.
    /// Other networks have no names that could be asked for.
    pub async fn ask(client: &mut Client) -> Names {
        let mut names = Names::new("alice");
        for name in EMBEDDED {
            let answer = client.call("dev-routes", json!([name, 1_000_000, 1])).await;
            let answer = answer.unwrap_or_default();
            let hops = answer["routes"][0]["route"].as_array();
            let last = hops.and_then(|hops| hops.last());
            match last.and_then(|hop| hop["id"].as_str()) {
                Some(id) => names.learn(id, name),
                None if names.others.is_empty() => return Names::new("us"),
                // A network from before there was that node, or no way to it now.
                None => {}
            }
        }
        names
    }

    /// One more node is known by name.
    pub fn learn(&mut self, id: impl Into<String>, name: impl Into<String>) {
        self.others.insert(id.into(), name.into());
    }

    /// A node's name.
    pub fn of(&self, id: &str) -> String {
        let known = self.others.get(id).cloned();
        known.unwrap_or_else(|| short(id))
    }

    /// The way of a part, from the node that sends it to the destination: `alice → bob → dave`. A second node
    /// of the embedded network goes by its own name.
    pub fn route(&self, part: &Value) -> String {
        let mut known = self.others.values();
        let second = known.find(|name| part["node"] == name.as_str());
        let mut text = second.unwrap_or(&self.own).clone();
        for hop in part["route"].as_array().into_iter().flatten() {
            text.push_str(" → ");
            text.push_str(&self.of(hop["id"].as_str().unwrap_or("?")));
        }
        text
    }
}

/// The ends of an id or a hash.
pub fn short(hex: &str) -> String {
    match (hex.get(..6), hex.get(hex.len().saturating_sub(4)..)) {
        (Some(head), Some(tail)) if hex.len() > 12 => format!("{head}…{tail}"),
        _ => hex.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::Names;
    use serde_json::json;

    #[test]
    fn a_route_reads_from_the_node_that_sends_to_the_destination() {
        let mut names = Names::new("alice");
        let nameless = "02".repeat(33);
        names.learn("03aa", "bob");
        names.learn("02ee", "grace");
        let mut part = json!({"node": "embedded", "route": [{"id": "03aa"}, {"id": nameless}]});
        assert_eq!(names.route(&part), "alice → bob → 020202…0202");
        part["node"] = json!("grace");
        assert_eq!(names.route(&part), "grace → bob → 020202…0202");
    }
}
