//! Each rule's predicate, broken on purpose: it says so, and names the rule. A sound payment passes.

mod orders;
mod seen;
mod step;
mod stored;
mod support;
