//! `storage::fuzz::stored_rows`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| storage::fuzz::stored_rows(bytes));
