//! `cln::fuzz::node_replies`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cln::fuzz::node_replies(bytes));
