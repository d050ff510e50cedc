//! A name that no method has, and what its caller may have meant.

use crate::error::{Code, RpcError, shortened};
use crate::methods::{self, MethodInfo};
use crate::services::Context;
use crate::suggest::nearest;

/// Longer names are no slips of the finger.
const NAME_BYTES: usize = 40;

/// lightningd's names for what has another name here.
const CALLED_HERE: [(&[&str], &str); 7] = [
    (&["paystatus"], "here it is called 'listpays'"),
    (&["listsendpays"], "here it is called 'listpartialpayments'"),
    (&["delpay"], "here it is called 'delpayment'"),
    (
        &["autoclean-once", "autoclean-status"],
        "here it is called 'autoclean'",
    ),
    (
        &["waitanyinvoice", "waitinvoice", "wait"],
        "here 'subscribe' tells what comes in as it happens, and 'listpayments direction=incoming' lists it",
    ),
    (
        &["sendonion", "createonion", "injectpaymentonion"],
        "here 'sendpartialpay' sends a part over a route",
    ),
    (&["renepay"], "here it is called 'pay'"),
];

/// lightningd's commands that it alone can answer.
const OF_THE_NODE: [&str; 20] = [
    "connect",
    "decode",
    "decodepay",
    "fetchinvoice",
    "fundchannel",
    "getroute",
    "getroutes",
    "listchannels",
    "listconfigs",
    "listforwards",
    "listfunds",
    "listhtlcs",
    "listnodes",
    "listpeerchannels",
    "listpeers",
    "newaddr",
    "offer",
    "plugin",
    "sql",
    "withdraw",
];

/// The method of that name, if this daemon has it.
pub(crate) fn find(name: &str, context: &Context) -> Result<&'static MethodInfo, RpcError> {
    let exists = |method: &&MethodInfo| method.exists_in(context);
    let method = methods::named(name).filter(exists);
    let shut = context.services.pass_on.as_ref();
    method.ok_or_else(|| unknown(name, shut.map(|shut| shut.is_shut()), exists))
}

/// lightningd's sentence, and after it what may have been meant; or why it is not passed on.
pub(crate) fn unknown(
    name: &str,
    shut: Option<String>,
    exists: impl Fn(&&MethodInfo) -> bool,
) -> RpcError {
    let hint = hint(name, exists);
    let hint = match (hint, shut) {
        (Some(slip), Some(_)) if slip.starts_with("did you mean") => Some(slip),
        (_, Some(shut)) => Some(shut),
        (hint, None) => hint,
    };
    let hint = hint.map_or(String::new(), |hint| format!(": {hint}"));
    let name = shortened(name);
    RpcError::new(
        Code::UnknownCommand,
        format!("Unknown command '{name}'{hint}"),
    )
}

/// What whoever wrote that name for a method may have meant, among those that exist.
pub fn hint(name: &str, exists: impl Fn(&&MethodInfo) -> bool) -> Option<String> {
    if name.len() > NAME_BYTES {
        return None;
    }
    let name = name.to_ascii_lowercase();
    if let Some(method) = methods::named(&name) {
        return Some(if exists(&method) {
            format!("did you mean '{name}'?")
        } else {
            "it exists on the embedded network only".to_owned()
        });
    }
    let called = CALLED_HERE
        .iter()
        .find(|(names, _)| names.contains(&&*name));
    if let Some((_, hint)) = called {
        return Some((*hint).to_owned());
    }
    if OF_THE_NODE.contains(&&*name) {
        return Some("it is lightningd's own: ask that on its own socket".to_owned());
    }
    let existing = methods::all().iter().filter(exists);
    let near = nearest(&name, existing.map(|method| method.name))?;
    Some(format!("did you mean '{near}'?"))
}

#[cfg(test)]
mod tests {
    use super::{CALLED_HERE, OF_THE_NODE, hint};
    use crate::methods;

    fn here(name: &str) -> Option<String> {
        hint(name, |_| true)
    }

    #[test]
    fn a_slip_of_the_finger_finds_its_method() {
        for (written, meant) in [
            ("lispayments", "listpayments"),
            ("listpaymnets", "listpayments"),
            ("ListPayments", "listpayments"),
            ("list_partial_payments", "listpartialpayments"),
            ("sendpartialpayment", "sendpartialpay"),
            ("waitpartialpayment", "waitpartialpay"),
            ("getinf", "getinfo"),
        ] {
            let said = here(written);
            assert_eq!(
                said.as_deref(),
                Some(&*format!("did you mean '{meant}'?")),
                "{written}"
            );
        }
        for nonsense in ["zzz", "", "\u{0}", "frobnicate", &"listpayments".repeat(4)] {
            assert_eq!(here(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn a_method_that_is_not_there_is_not_suggested() {
        let without = |name: &str| hint(name, |method| !method.is_dev());
        let only = Some("it exists on the embedded network only".to_owned());
        assert_eq!(without("invoice"), only);
        assert_eq!(without("dev-tick"), only);
        assert_eq!(without("dev-tik"), None);
    }

    /// A name that a method of ours has would never come here.
    #[test]
    fn every_name_of_lightningds_is_another_than_ours() {
        let called = CALLED_HERE.iter().flat_map(|(names, _)| names.iter());
        for name in called.chain(&OF_THE_NODE) {
            assert!(methods::named(name).is_none(), "{name}");
            let said = here(name).unwrap();
            assert!(!said.starts_with("did you mean"), "{name}: {said}");
        }
        for (_, hint) in CALLED_HERE {
            let quoted = hint.split('\'').skip(1).step_by(2);
            let mut ours = quoted.filter_map(|quoted| quoted.split(' ').next());
            assert!(
                ours.any(|name| methods::named(name).is_some()),
                "{hint} names a method"
            );
        }
    }
}
