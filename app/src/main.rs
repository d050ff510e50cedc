//! ampere
fn main() {}
