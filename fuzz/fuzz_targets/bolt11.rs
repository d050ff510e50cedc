//! `rpc::fuzz::bolt11`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rpc::fuzz::bolt11(bytes));
