//! The hook `htlc_accepted`: seen, and let pass (rule A-12).
//!
//! lightningd holds an HTLC until its plugins have answered. So nothing here waits for storage, engine
//! or node, and whatever goes wrong while it is noted, the answer is the same.

use rpc::contained::contain;
use serde_json::{Value, json};

/// The name that lightningd knows it by.
pub(super) const NAME: &str = "htlc_accepted";

/// lightningd's answer, after `note` has had its chance.
pub(super) fn let_pass(note: impl FnOnce()) -> Value {
    let noted = contain(|| {
        planted();
        note();
    });
    if noted.is_none() {
        tracing::error!("a bug: an incoming HTLC could not be noted; it was let pass");
    }
    json!({"result": "continue"})
}

/// In a build for tests the environment can ask for a bug in here.
fn planted() {
    #[cfg(debug_assertions)]
    assert_ne!(std::env::var("PLANTED_BUG").as_deref(), Ok("hook-panics"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_happens_inside_it_passes() {
        let continued = json!({"result": "continue"});
        assert_eq!(let_pass(|| {}), continued);
        assert_eq!(let_pass(|| panic!("a bug")), continued);
    }
}
