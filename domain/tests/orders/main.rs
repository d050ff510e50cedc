//! Orders: what `pay` was asked for, what becomes part of it, what its failures teach, and when it ends
//! (rules B-1 to B-11). Every transition here is checked against the rules, and every payment is restored.

mod closing;
mod every_state;
mod learnt;
mod next;
mod opening;
mod parts;
mod plans;
mod status;
mod support;
