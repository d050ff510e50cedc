//! From a request to its handler, and from the handler's outcome to the reply.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::channels::LISTPEERCHANNELS;
use super::command::{Command, ConnId, frame};
use super::datastore::{DATASTORE, DELDATASTORE, LISTDATASTORE};
use super::error::{Answer, RpcError, code};
use super::faults::Fault;
use super::gossip::LISTCHANNELS;
use super::listhtlcs::LISTHTLCS;
use super::node::{GETLOG, HELP, WAITBLOCKHEIGHT};
use super::onion::{CREATEONION, createonion};
use super::others::NOTIFICATIONS;
use super::own_invoice::{INVOICE, LISTINVOICES, WAITANYINVOICE};
use super::params::Params;
use super::sendonion::SENDONION;
use super::sendpay::SENDPAY;
use super::sendpays::{DELPAY, LISTSENDPAYS};
use super::state::State;
use super::wait::WAIT;
use super::waitsendpay::WAITSENDPAY;

/// What a handler leaves behind.
pub(crate) enum Conclusion {
    /// The answer.
    Done(Answer),
    /// The command is on the list of waiters.
    Pending,
    /// It is, but not for ever.
    PendingUntil {
        timeout: Duration,
        token: u64,
        error: RpcError,
    },
    /// A plugin has it.
    Forwarded,
    /// The answer is the last one.
    Stop,
}

/// A time-out that has to be set after a request.
pub(crate) struct Timer {
    pub(crate) after: Duration,
    pub(crate) token: u64,
    pub(crate) answer: Answer,
}

/// The built-in commands.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Method {
    Createonion,
    Datastore,
    Deldatastore,
    Delpay,
    Getinfo,
    Getlog,
    Help,
    Invoice,
    Listchannels,
    Listdatastore,
    Listhtlcs,
    Listinvoices,
    Listpeerchannels,
    Listsendpays,
    Notifications,
    Sendonion,
    Sendpay,
    Stop,
    Wait,
    Waitanyinvoice,
    Waitblockheight,
    Waitsendpay,
}

/// Their names and parameters.
pub(crate) const COMMANDS: [(&str, &str, Method); 22] = [
    ("createonion", CREATEONION, Method::Createonion),
    ("datastore", DATASTORE, Method::Datastore),
    ("deldatastore", DELDATASTORE, Method::Deldatastore),
    ("delpay", DELPAY, Method::Delpay),
    ("getinfo", "", Method::Getinfo),
    ("getlog", GETLOG, Method::Getlog),
    ("help", HELP, Method::Help),
    ("invoice", INVOICE, Method::Invoice),
    ("listchannels", LISTCHANNELS, Method::Listchannels),
    ("listdatastore", LISTDATASTORE, Method::Listdatastore),
    ("listhtlcs", LISTHTLCS, Method::Listhtlcs),
    ("listinvoices", LISTINVOICES, Method::Listinvoices),
    (
        "listpeerchannels",
        LISTPEERCHANNELS,
        Method::Listpeerchannels,
    ),
    ("listsendpays", LISTSENDPAYS, Method::Listsendpays),
    ("notifications", NOTIFICATIONS, Method::Notifications),
    ("sendonion", SENDONION, Method::Sendonion),
    ("sendpay", SENDPAY, Method::Sendpay),
    ("stop", "", Method::Stop),
    ("wait", WAIT, Method::Wait),
    ("waitanyinvoice", WAITANYINVOICE, Method::Waitanyinvoice),
    ("waitblockheight", WAITBLOCKHEIGHT, Method::Waitblockheight),
    ("waitsendpay", WAITSENDPAY, Method::Waitsendpay),
];

impl State {
    /// One request, from its arrival to everything that follows from it at once.
    pub(crate) fn request(
        &mut self,
        conn: ConnId,
        request: &Value,
        rpc_file: &Path,
    ) -> Option<Timer> {
        if !self.is_connected(conn) {
            return None;
        }
        if self.faults.count() {
            self.cut(conn);
            return None;
        }
        let mut command = match Self::envelope(conn, request) {
            Ok(command) => command,
            Err(text) => {
                self.malformed(conn, text);
                return None;
            }
        };
        command.fault = self.faults.on_request(&command.method);
        if matches!(command.fault, Some(Fault::CutBefore)) {
            self.cut(conn);
            return None;
        }
        let outcome = match Self::scripted(&command) {
            Some(answer) => Conclusion::Done(answer),
            None => self
                .execute(&command, request, rpc_file)
                .unwrap_or_else(|error| Conclusion::Done(Err(error))),
        };
        self.conclude(&command, outcome)
    }

    fn conclude(&mut self, command: &Command, outcome: Conclusion) -> Option<Timer> {
        match outcome {
            Conclusion::Done(answer) => self.answer(command, &answer),
            Conclusion::Pending | Conclusion::Forwarded => {}
            Conclusion::PendingUntil {
                timeout,
                token,
                error,
            } => {
                return Some(Timer {
                    after: timeout,
                    token,
                    answer: Err(error),
                });
            }
            Conclusion::Stop => {
                self.answer(command, &Ok(json!({"result": "Shutdown complete"})));
                self.die();
            }
        }
        None
    }

    /// What makes a JSON object a request.
    fn envelope(conn: ConnId, request: &Value) -> Result<Command, &'static str> {
        let Value::Object(members) = request else {
            return Err("Expected {} for json command");
        };
        let id = match members.get("id") {
            None => return Err("No id"),
            Some(Value::Array(_) | Value::Object(_)) => {
                return Err("Expected string/primitive for id");
            }
            Some(id) => id.clone(),
        };
        if members.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
            return Err("jsonrpc: \"2.0\" must be specified in the request");
        }
        let method = members
            .get("method")
            .and_then(Value::as_str)
            .unwrap_or_default();
        Ok(Command {
            conn,
            id,
            method: method.to_owned(),
            fault: None,
        })
    }

    /// An answer to nobody in particular, and the end of the connection.
    pub(crate) fn malformed(&mut self, conn: ConnId, text: &str) {
        let answer = Err(RpcError::new(code::INVALID_REQUEST, text));
        self.send(conn, frame(&Value::Null, &answer));
        self.cut(conn);
    }

    fn execute(
        &mut self,
        command: &Command,
        request: &Value,
        rpc_file: &Path,
    ) -> Result<Conclusion, RpcError> {
        let invalid = |text: &str| RpcError::new(code::INVALID_REQUEST, text);
        let method = request.get("method").ok_or_else(|| invalid("No method"))?;
        let params = request.get("params").ok_or_else(|| invalid("No params"))?;
        let name = method
            .as_str()
            .ok_or_else(|| invalid("Expected string for method"))?;
        if self.forward(command, request) {
            return Ok(Conclusion::Forwarded);
        }
        if name == "check" {
            return Ok(Conclusion::Done(self.check(params)));
        }
        if let Some(result) = self.other(command) {
            return Ok(Conclusion::Done(Ok(result)));
        }
        let known = COMMANDS.iter().find(|(known, ..)| *known == name);
        let Some((_, usage, method)) = known else {
            let text = format!("Unknown command '{name}'");
            return Err(RpcError::new(code::METHOD_NOT_FOUND, text));
        };
        let params = &Params::parse(usage, params)?;
        Ok(Conclusion::Done(match method {
            Method::Createonion => createonion(params),
            Method::Datastore => self.datastore(params),
            Method::Deldatastore => self.deldatastore(params),
            Method::Delpay => self.delpay(params),
            Method::Getinfo => Ok(self.getinfo(rpc_file)),
            Method::Getlog => Ok(self.getlog()),
            Method::Help => self.help(params),
            Method::Invoice => self.invoice(params),
            Method::Listchannels => self.listchannels(params),
            Method::Listdatastore => self.listdatastore(params),
            Method::Listhtlcs => self.listhtlcs(params),
            Method::Listinvoices => self.listinvoices(params),
            Method::Listpeerchannels => self.listpeerchannels(params),
            Method::Listsendpays => self.listsendpays(params),
            Method::Notifications => self.notifications(command, params),
            Method::Sendonion => self.sendonion(params),
            Method::Sendpay => self.sendpay(params),
            Method::Stop => return Ok(Conclusion::Stop),
            Method::Wait => return self.wait(command, params),
            Method::Waitanyinvoice => return self.waitanyinvoice(command, params),
            Method::Waitblockheight => return self.waitblockheight(command, params),
            Method::Waitsendpay => return self.waitsendpay(command, params),
        }))
    }
}
