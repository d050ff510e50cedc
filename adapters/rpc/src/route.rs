//! A `route` parameter: Core Lightning's hops, under the names that `sendpay` or `getroutes` gives
//! them.

use crate::params::Members;
use crate::values::{self, Invalid, should, text_of};
use domain::{HOPS_MAX, Hop, Route, RouteError};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// An array of hops, or a string that holds one.
pub(crate) fn route(raw: &RawValue) -> Result<Route, Invalid> {
    const WHAT: &str = "should be an array";
    let text = raw.get();
    let array = match text.as_bytes().first() {
        Some(b'[') => Cow::Borrowed(text),
        Some(b'"') => text_of(raw).unwrap_or_default(),
        _ => return should(WHAT),
    };
    let Ok(hops) = serde_json::from_str::<Vec<&RawValue>>(&array) else {
        return should(WHAT);
    };
    // Said before the hops are read: so many need not be.
    if hops.len() > HOPS_MAX {
        return Err(refused(RouteError::TooLong(hops.len())));
    }
    let hops = hops.iter().enumerate().map(|(index, raw)| hop(index, raw));
    let hops: Vec<Hop> = hops.collect::<Result<_, _>>()?;
    Route::new(hops).map_err(refused)
}

fn refused(error: RouteError) -> Invalid {
    Invalid::Message(match error {
        RouteError::Empty => error.to_string(),
        RouteError::TooLong(_)
        | RouteError::Nothing
        | RouteError::AmountGrows(_)
        | RouteError::DelayGrows(_) => format!("route: {error}"),
    })
}

fn hop(index: usize, raw: &RawValue) -> Result<Hop, Invalid> {
    let Ok(members) = serde_json::from_str::<Members<'_>>(raw.get()) else {
        return Err(Invalid::Message(format!(
            "route[{index}]: should be an object"
        )));
    };
    let fields = Fields {
        index,
        members: members.0,
    };
    Ok(Hop {
        node: fields.either("id", "node_id_out", &[], values::node_id)?,
        channel: fields.either("channel", "short_channel_id_dir", &[], values::channel)?,
        amount: fields.either(
            "amount_msat",
            "amount_out_msat",
            &["msatoshi"],
            values::msat,
        )?,
        delay: fields.either("delay", "cltv_out", &[], values::u32)?,
    })
}

struct Fields<'a> {
    index: usize,
    members: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl Fields<'_> {
    /// The field, by whichever of its names. Our own lists show `msatoshi` beside `amount_msat`, so
    /// two names may stand together if they say the same.
    fn either<T: PartialEq>(
        &self,
        name: &'static str,
        other: &'static str,
        more: &[&'static str],
        parse: impl Fn(&RawValue) -> Result<T, Invalid>,
    ) -> Result<T, Invalid> {
        let index = self.index;
        let mut found: Option<(&str, T)> = None;
        for (key, raw) in &self.members {
            if key != name && key != other && !more.contains(&&**key) {
                continue;
            }
            let value = parse(raw).map_err(|why| {
                Invalid::Message(why.at(&format!("route[{index}].{key}"), raw, false))
            })?;
            match &found {
                Some((first, _)) if first == key => {
                    return Err(Invalid::Message(format!("duplicate json names: {key}")));
                }
                Some((first, before)) if *before != value => {
                    return Err(Invalid::Message(format!(
                        "route[{index}]: {first} and {key} differ"
                    )));
                }
                Some(_) => {}
                None => found = Some((key, value)),
            }
        }
        found.map(|(_, value)| value).ok_or_else(|| {
            Invalid::Message(format!(
                "route[{index}]: must have either {name} or {other}"
            ))
        })
    }
}
