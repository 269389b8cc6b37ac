//! The path for columns that are ASCII throughout: every byte is masked in one pass free of branches, then a few bytes of
//! each value are brought back.

use moretta_guest::{RejectionCode, Rejections};

use crate::Config;

/// Masks values of ASCII bytes; they keep their length, so the offsets stay as they are.
///
/// Value `i` is `data[offsets[i]..offsets[i + 1]]`. A value that would come out as it went in is rejected, and is left
/// empty of content: all fill.
///
/// # Panics
/// If the offsets fall, or point behind the end of `data`.
pub fn mask_ascii(offsets: &[u32], data: &[u8], config: &Config) -> (Vec<u8>, Rejections) {
    let fill = config.fill as u8;
    let mut masked = mask_bytes(data, config);
    // A fill that is no letter or digit differs from every byte that it masks, so there is nothing to compare.
    let may_be_unchanged = is_maskable(fill) || !config.keep_separators;
    let mut rejections = Rejections::default();
    for (row, bounds) in offsets.windows(2).enumerate() {
        let (start, end) = (bounds[0] as usize, bounds[1] as usize);
        if !may_be_unchanged && restore_end(start, end, data, &mut masked, config) {
            continue;
        }
        let (value, target) = (&data[start..end], &mut masked[start..end]);
        let is_bare = !restore(value, target, config) && mask_whole(value, target, config);
        if (may_be_unchanged || is_bare) && value == target && !value.is_empty() {
            rejections.push(row, RejectionCode::Unchanged);
            target.fill(fill);
        }
    }
    (masked, rejections)
}

/// Whether all bytes are ASCII. Unlike that of the standard library, which stops at the first that is not and reads four
/// at a time in WebAssembly, this becomes vector instructions.
pub(crate) fn is_ascii(data: &[u8]) -> bool {
    let (chunks, rest) = data.as_chunks::<CHUNK>();
    let mut all = [0; CHUNK];
    for chunk in chunks {
        all.iter_mut().zip(chunk).for_each(|(all, byte)| *all |= byte);
    }
    all.is_ascii() && rest.is_ascii()
}

/// Masks every byte. By itself, so that the loop has all registers.
#[inline(never)]
fn mask_bytes(data: &[u8], config: &Config) -> Vec<u8> {
    let mut masked = vec![0; data.len()];
    let (chunks, rest) = data.as_chunks::<CHUNK>();
    let (targets, last) = masked.as_chunks_mut::<CHUNK>();
    for (target, chunk) in targets.iter_mut().zip(chunks) {
        *target = chunk.map(|byte| mask_byte(byte, config));
    }
    last.iter_mut().zip(rest).for_each(|(target, byte)| *target = mask_byte(*byte, config));
    masked
}

/// Bytes for each turn of a loop: the sandbox looks at the clock once in each.
const CHUNK: usize = 64;

/// Copies back what is to be kept of a value's end, which is all that is kept mostly, without a branch for each byte.
///
/// False, and nothing done, unless the last eight bytes say enough: they are the value's own, hold all that is kept, and
/// one more to be masked. Separators need not be told from the rest here: they stand in `target` already.
#[inline]
fn restore_end(start: usize, end: usize, data: &[u8], masked: &mut [u8], config: &Config) -> bool {
    if config.keep_first > 0 || config.keep_last >= 8 || end < start + 8 {
        return false;
    }
    let (Some(value), Some(target)) = (data[..end].last_chunk(), masked[..end].last_chunk_mut()) else { return false };
    let value = u64::from_le_bytes(*value);
    let maskable = maskable_bytes(value);
    // In each byte, how many letters and digits there are from the first byte to this one.
    let counts = maskable * EACH_BYTE;
    let count = counts >> 56;
    if count <= config.keep_last as u64 {
        return false;
    }
    // A byte is kept if, from itself to the last, there are at most as many as are to be kept. No sum exceeds a byte.
    let from_here = count * EACH_BYTE - counts + maskable;
    let is_kept = ((0x80 + config.keep_last as u64) * EACH_BYTE - from_here) >> 7 & EACH_BYTE;
    let kept = is_kept * 0xff;
    *target = (u64::from_le_bytes(*target) & !kept | value & kept).to_le_bytes();
    true
}

const EACH_BYTE: u64 = 0x0101_0101_0101_0101;

/// 1 in each byte that is a letter or digit, of eight ASCII bytes.
#[inline]
fn maskable_bytes(bytes: u64) -> u64 {
    let reach = |bytes: u64, limit: u8| bytes + EACH_BYTE * u64::from(0x80 - limit);
    let letters = bytes | (EACH_BYTE * 0x20);
    let is_letter = reach(letters, b'a') & !reach(letters, b'z' + 1);
    let is_digit = reach(bytes, b'0') & !reach(bytes, b'9' + 1);
    (is_letter | is_digit) >> 7 & EACH_BYTE
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_bytes_at_once_are_told_as_one_by_one() {
        for byte in 0..128 {
            for place in 0..8 {
                let mut bytes = [127 - byte; 8];
                bytes[place] = byte;
                let expected = bytes.map(|byte| u8::from(is_maskable(byte)));
                assert_eq!(maskable_bytes(u64::from_le_bytes(bytes)).to_le_bytes(), expected);
            }
        }
    }
}
