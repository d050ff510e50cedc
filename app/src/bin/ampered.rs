//! ampered
fn main() {}
