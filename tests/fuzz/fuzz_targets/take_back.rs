//! A column that a guest returned is a valid array of the rows and the type that were asked for, or is refused.

#![no_main]

use libfuzzer_sys::fuzz_target;
use moretta::fuzzing::{Returned, take_back};

fuzz_target!(|returned: (u32, Vec<u8>, Option<Vec<u8>>, Vec<u32>, Vec<u8>, u8, u8)| {
    let (rows, lent, validity, offsets, data, said, wanted) = returned;
    let valid = take_back(&lent, Returned { rows, validity, offsets, data, said }, wanted);
    assert!(valid.is_none_or(|rows| rows == lent.len()));
});
