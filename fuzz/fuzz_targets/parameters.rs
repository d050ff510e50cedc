//! `rpc::fuzz::parameters`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rpc::fuzz::parameters(bytes));
