//! NDJSON becomes rows or an error. Batches of any size have the same rows in all.

#![no_main]

use libfuzzer_sys::fuzz_target;
use moretta::source::Format;

#[path = "../rows.rs"]
mod rows;

fuzz_target!(|bytes: &[u8]| rows::assert_same_in_any_batches(bytes, Format::Ndjson));
