//! Methods that a test makes up, for those that only other programs call; `notifications` and `check`.

use serde_json::{Value, json};

use super::command::Command;
use super::dispatch::COMMANDS;
use super::error::{Answer, RpcError, code};
use super::lightningd::Lightningd;
use super::params::Params;
use super::state::State;

/// `notifications`' parameters.
pub(crate) const NOTIFICATIONS: &str = "enable";

impl Lightningd {
    /// From now on a method of that name answers this, whatever its parameters. Connections with
    /// notifications enabled are told first that it is under way.
    pub fn has_method(&self, name: &str, result: Value) {
        self.with(|state| state.others.insert(name.to_owned(), result));
    }
}

impl State {
    /// A method that a test has made up.
    pub(crate) fn other(&self, command: &Command) -> Option<Value> {
        let result = self.others.get(&command.method)?;
        let process = self.process.as_ref()?;
        if process.noisy.contains(&command.conn) {
            let message = format!("{} is under way", command.method);
            let told = json!({
                "jsonrpc": "2.0", "method": "message",
                "params": {"id": command.id, "level": "info", "message": message},
            });
            self.send(command.conn, format!("{told}\n\n").into_bytes());
        }
        Some(result.clone())
    }

    /// `notifications`.
    pub(crate) fn notifications(&mut self, command: &Command, params: &Params<'_>) -> Answer {
        let enable = match params.required("enable") {
            Value::Bool(enable) => *enable,
            Value::String(text) => text == "true",
            _ => return Err(RpcError::bad_param("enable", "should be 'true' or 'false'")),
        };
        let noisy = &mut self.running().noisy;
        if enable {
            noisy.insert(command.conn);
        } else {
            noisy.remove(&command.conn);
        }
        Ok(json!({}))
    }

    /// `check`: whether there is such a method.
    pub(crate) fn check(&self, params: &Value) -> Answer {
        let named = params.get("command_to_check").or_else(|| params.get(0));
        let name = named.and_then(Value::as_str).unwrap_or_default();
        let is_known = COMMANDS.iter().any(|(known, ..)| *known == name);
        if is_known || self.others.contains_key(name) {
            return Ok(json!({"command_to_check": name}));
        }
        let text = format!("Unknown command '{name}'");
        Err(RpcError::new(code::METHOD_NOT_FOUND, text))
    }
}
