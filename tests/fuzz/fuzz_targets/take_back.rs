//! A column that a guest returned is a valid array, or is refused.

#![no_main]

use libfuzzer_sys::fuzz_target;
use moretta::fuzzing::{Returned, take_back};

fuzz_target!(|returned: (u32, usize, Option<Vec<u8>>, Vec<u32>, Vec<u8>, bool)| {
    let (rows, expected, validity, offsets, data, text) = returned;
    // Of one more than the offsets, or the bits, there is no column.
    let expected = expected % 1_024;
    let valid = take_back(Returned { rows, validity, offsets, data, text }, expected);
    assert!(valid.is_none_or(|rows| rows == expected));
});
