//! `ampere::fuzz::configuration`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ampere::fuzz::configuration(bytes));
