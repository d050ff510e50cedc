//! `rpc::fuzz::framing`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rpc::fuzz::framing(bytes));
