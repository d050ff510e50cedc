//! What must come of each payment.

use super::report::PaymentReport;
use super::script::{LARGER_MSAT, SMALLER_MSAT};
use domain::{PaymentHash, Preimage};
use serde_json::Value;

/// A payment's outcome, as it must be.
pub(super) struct Expected {
    status: &'static str,
    parts: &'static [Part],
}

struct Part {
    amount_msat: u64,
    failure: Option<(u64, &'static str)>,
}

const fn arrives(amount_msat: u64) -> Part {
    Part {
        amount_msat,
        failure: None,
    }
}

const fn fails(amount_msat: u64, failcodename: &'static str) -> Part {
    Part {
        amount_msat,
        failure: Some((204, failcodename)),
    }
}

pub(super) const TWO_PARTS: Expected = Expected {
    status: "complete",
    parts: &[arrives(LARGER_MSAT), arrives(SMALLER_MSAT)],
};

pub(super) const REPLACED_PART: Expected = Expected {
    status: "complete",
    parts: &[
        arrives(SMALLER_MSAT),
        fails(LARGER_MSAT, "WIRE_FEE_INSUFFICIENT"),
        arrives(LARGER_MSAT),
    ],
};

pub(super) const GIVEN_UP: Expected = Expected {
    status: "failed",
    parts: &[fails(LARGER_MSAT, "WIRE_MPP_TIMEOUT")],
};

/// Everything that is not as it must be.
pub(super) fn problems(outcome: &PaymentReport, expected: &Expected) -> Vec<String> {
    let mut problems = Vec::new();
    let mut compare = |what: String, seen: Value, wanted: Value| {
        if seen != wanted {
            problems.push(format!(
                "payment {}: {what} is {seen}, not {wanted}",
                outcome.payment_hash
            ));
        }
    };
    let status = outcome.payment["status"].clone();
    compare("status".into(), status, expected.status.into());
    compare(
        "number of parts".into(),
        outcome.parts.len().into(),
        expected.parts.len().into(),
    );
    let proven = expected.status == "complete";
    compare(
        "SHA256(preimage) = payment_hash".into(),
        proves(&outcome.payment_hash, outcome.preimage()).into(),
        proven.into(),
    );
    for (part, wanted) in outcome.parts.iter().zip(expected.parts) {
        let of = |what: &str| format!("{what} of part {}", part["id"]);
        let (status, code, name) = match wanted.failure {
            None => ("complete", Value::Null, Value::Null),
            Some((code, name)) => ("failed", code.into(), name.into()),
        };
        compare(
            of("amount"),
            part["amount_msat"].clone(),
            wanted.amount_msat.into(),
        );
        compare(of("status"), part["status"].clone(), status.into());
        compare(of("failure code"), part["failure"]["code"].clone(), code);
        compare(
            of("failcodename"),
            part["failure"]["failcodename"].clone(),
            name,
        );
    }
    problems
}

/// Checked here once more, from the socket's own words.
pub(super) fn proves(payment_hash: &str, preimage: Option<&str>) -> bool {
    let mut bytes = [0; 32];
    let hash = payment_hash.parse::<PaymentHash>();
    let read = hex::decode_to_slice(preimage.unwrap_or_default(), &mut bytes);
    matches!((hash, read), (Ok(hash), Ok(())) if Preimage::proving(hash, bytes).is_ok())
}
