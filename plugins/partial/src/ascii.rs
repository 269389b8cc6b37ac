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
    let mut masked: Vec<u8> = match config.keep_separators {
        true => data.iter().map(|byte| if is_maskable(*byte) { fill } else { *byte }).collect(),
        false => vec![fill; data.len()],
    };
    // A fill that is no letter or digit differs from every byte that it masks, so there is nothing to compare.
    let may_be_unchanged = is_maskable(fill) || !config.keep_separators;
    let mut rejections = Rejections::default();
    for (row, bounds) in offsets.windows(2).enumerate() {
        let range = bounds[0] as usize..bounds[1] as usize;
        let (value, target) = (&data[range.clone()], &mut masked[range]);
        let unmasked = restore(value, target, config);
        if (may_be_unchanged || unmasked) && value == target && !value.is_empty() {
            rejections.push(row, RejectionCode::Unchanged);
            target.fill(fill);
        }
    }
    (masked, rejections)
}

/// Copies back what is to be kept. True if the value has nothing to mask and was filled throughout instead.
#[inline]
fn restore(value: &[u8], target: &mut [u8], config: &Config) -> bool {
    let Some(start) = behind(value.iter(), config.keep_first) else { return fill_if_bare(value, target, config) };
    let Some(length) = behind(value.iter().rev(), config.keep_last) else { return fill_if_bare(value, target, config) };
    let end = value.len() - length;
    if start >= end || !value[start..end].iter().any(|byte| is_maskable(*byte)) {
        return fill_if_bare(value, target, config);
    }
    keep(&value[..start], &mut target[..start], config.keep_separators);
    keep(&value[end..], &mut target[end..], config.keep_separators);
    false
}

/// How many bytes it takes to have seen `count` letters and digits; `None` if there are not as many.
#[inline]
fn behind<'a>(bytes: impl Iterator<Item = &'a u8>, count: usize) -> Option<usize> {
    if count == 0 {
        return Some(0);
    }
    let mut left = count;
    for (index, byte) in bytes.enumerate() {
        left -= usize::from(is_maskable(*byte));
        if left == 0 {
            return Some(index + 1);
        }
    }
    None
}

#[inline]
fn keep(value: &[u8], target: &mut [u8], separators: bool) {
    for (byte, target) in value.iter().zip(target) {
        if separators || is_maskable(*byte) {
            *target = *byte;
        }
    }
}

#[cold]
fn fill_if_bare(value: &[u8], target: &mut [u8], config: &Config) -> bool {
    let bare = !value.iter().any(|byte| is_maskable(*byte));
    if bare {
        target.fill(config.fill as u8);
    }
    bare
}

/// Letters and digits, without a branch: what the compiler turns into vector instructions.
#[inline]
fn is_maskable(byte: u8) -> bool {
    (byte | 0x20).wrapping_sub(b'a') < 26 || byte.wrapping_sub(b'0') < 10
}
