//! Bytes are no plugin, or one whose faults are its own. Grows from the packed guests: `call` refuses most other bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../call.rs"]
mod call;

fuzz_target!(|bytes: &[u8]| {
    call::call(bytes);
});
