//! Taking more than a call may have: time, stack, memory, room for the answer.

use std::hint::black_box;

use moretta_guest::{BatchError, Column, Masked, Values, Variable};

use crate::honest;

const MEBIBYTE: usize = 1 << 20;

/// Never returns.
pub(crate) fn spin() -> Result<Masked, BatchError> {
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}

/// Calls itself until there is no stack.
pub(crate) fn recurse() -> Result<Masked, BatchError> {
    black_box(descend(0));
    Err(BatchError::Internal)
}

fn descend(depth: u64) -> u64 {
    // Something is left to do after the call, so that it cannot become a loop.
    if black_box(depth) == u64::MAX { 0 } else { descend(depth + 1).wrapping_add(black_box(depth)) }
}

/// Panics, which is a trap in WebAssembly.
pub(crate) fn trap() -> Result<Masked, BatchError> {
    panic!("a guest that panics")
}

/// Takes memory until it is refused, which ends in a trap.
pub(crate) fn grow_memory() -> Result<Masked, BatchError> {
    let mut hoard: Vec<Vec<u8>> = Vec::new();
    loop {
        hoard.push(black_box(Vec::with_capacity(MEBIBYTE)));
    }
}

/// Takes memory until it is refused, gives it back, and masks honestly: a plugin that copes, if it is let.
pub(crate) fn live_without_memory(columns: &[Column]) -> Result<Masked, BatchError> {
    let mut hoard: Vec<Vec<u8>> = Vec::with_capacity(1 << 16);
    while hoard.len() < hoard.capacity() {
        let mut room = Vec::new();
        if room.try_reserve_exact(MEBIBYTE).is_err() {
            break;
        }
        hoard.push(black_box(room));
    }
    drop(hoard);
    honest::mask(columns)
}

/// Masks honestly but for the first value, which is so many bytes long.
pub(crate) fn return_bytes(columns: &[Column], bytes: usize) -> Result<Masked, BatchError> {
    let rows = columns[0].rows as usize;
    let mut offsets = vec![bytes as u32; rows + 1];
    offsets[0] = 0;
    let mut masked = honest::mask(columns)?;
    masked.columns[0].values = Values::Text(Variable { offsets, data: vec![b'x'; bytes] });
    Ok(masked)
}
