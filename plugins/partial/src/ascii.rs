//! The path for columns that are ASCII throughout: two passes over bytes, the first of which is free of branches.

use moretta_guest::{RejectionCode, Rejections};

use crate::Config;

/// Masks values of ASCII bytes; they keep their length, so the offsets stay as they are.
///
/// Value `i` is `data[offsets[i]..offsets[i + 1]]`. First every byte is masked, then what is to be kept of each value is
/// copied back. A value that would come out as it went in is rejected, and is left empty of content: all fill.
///
/// # Panics
/// If the offsets fall, or point behind the end of `data`.
pub fn mask_ascii(offsets: &[u32], data: &[u8], config: &Config) -> (Vec<u8>, Rejections) {
    let fill = config.fill as u8;
    let mut masked: Vec<u8> = data.iter().map(|byte| mask_byte(*byte, config)).collect();
    // A fill that is no letter or digit differs from every byte that it masks, so there is nothing to compare.
    let may_be_unchanged = is_maskable(fill) || !config.keep_separators;
    let mut rejections = Rejections::default();
    for (row, bounds) in offsets.windows(2).enumerate() {
        let range = bounds[0] as usize..bounds[1] as usize;
        let (value, target) = (&data[range.clone()], &mut masked[range]);
        let is_bare = !restore(value, target, config) && mask_whole(value, target, config);
        if (may_be_unchanged || is_bare) && value == target && !value.is_empty() {
            rejections.push(row, RejectionCode::Unchanged);
            target.fill(fill);
        }
    }
    (masked, rejections)
}

/// Copies back what is to be kept. False if nothing between would stay masked.
///
/// Bytes are copied one by one on the way to the last that is kept: for so few, a call that copies memory costs more.
#[inline]
fn restore(value: &[u8], target: &mut [u8], config: &Config) -> bool {
    let target = &mut target[..value.len()];
    let (mut start, mut end) = (0, value.len());
    let mut left = config.keep_last;
    while left > 0 && end > 0 {
        end -= 1;
        let byte = value[end];
        target[end] = keep_byte(byte, config);
        left -= usize::from(is_maskable(byte));
    }
    left += config.keep_first;
    while left > 0 && start < end {
        let byte = value[start];
        target[start] = keep_byte(byte, config);
        left -= usize::from(is_maskable(byte));
        start += 1;
    }
    left == 0 && value[start..end].iter().any(|byte| is_maskable(*byte))
}

/// Masks a value that has too little to keep anything. True if it has nothing to mask and is filled throughout instead.
#[cold]
fn mask_whole(value: &[u8], target: &mut [u8], config: &Config) -> bool {
    let is_bare = !value.iter().any(|byte| is_maskable(*byte));
    for (byte, target) in value.iter().zip(target) {
        *target = if is_bare { config.fill as u8 } else { mask_byte(*byte, config) };
    }
    is_bare
}

#[inline]
fn mask_byte(byte: u8, config: &Config) -> u8 {
    if is_maskable(byte) || !config.keep_separators { config.fill as u8 } else { byte }
}

#[inline]
fn keep_byte(byte: u8, config: &Config) -> u8 {
    if is_maskable(byte) || config.keep_separators { byte } else { config.fill as u8 }
}

/// Letters and digits, without a branch: what the compiler turns into vector instructions.
#[inline]
fn is_maskable(byte: u8) -> bool {
    (byte | 0x20).wrapping_sub(b'a') < 26 || byte.wrapping_sub(b'0') < 10
}
