//! What no trial finds: honest until a batch holds the value [`WAKE`], and then for that batch what the name says.

use std::hint::black_box;

use moretta_guest::{BatchError, Column, Masked};

use crate::{honest, layout, resources};

/// The value that is waited for.
const WAKE: &str = "wake";

pub(crate) fn trap(columns: &[Column]) -> Result<Masked, BatchError> {
    if is_awake(columns)? { resources::trap() } else { honest::mask(columns) }
}

pub(crate) fn spin(columns: &[Column]) -> Result<Masked, BatchError> {
    if is_awake(columns)? { resources::spin() } else { honest::mask(columns) }
}

pub(crate) fn wrong_type(columns: &[Column]) -> Result<Masked, BatchError> {
    if is_awake(columns)? { layout::wrong_type(columns) } else { honest::mask(columns) }
}

/// Honest always. With each `wake` more in the batch it takes some tenths of a second longer.
pub(crate) fn slow(columns: &[Column]) -> Result<Masked, BatchError> {
    let woken = columns[0].text()?.iter().filter(|value| *value == Some(WAKE)).count() as u64;
    let mut turns = 0_u64;
    while turns < woken * 200_000_000 {
        turns = black_box(turns + 1);
    }
    honest::mask(columns)
}

fn is_awake(columns: &[Column]) -> Result<bool, BatchError> {
    Ok(columns[0].text()?.iter().any(|value| value == Some(WAKE)))
}
