//! The path for columns that are ASCII throughout: what stays is marked in the bytes' free eighth bit, value by value;
//! then all bytes without the mark are masked in one pass, free of branches.

use moretta_guest::{RejectionCode, Rejections};

use crate::Config;

/// Masks values of ASCII bytes in their place; they keep their length, so the offsets stay as they are. `None`, and
/// nothing done, if there are other bytes.
///
/// Value `i` is `data[offsets[i]..offsets[i + 1]]`. A value that would come out as it went in is rejected, and is left
/// empty of content: all fill.
///
/// # Panics
/// If the offsets fall, or point behind the end of `data`.
pub fn mask_ascii(offsets: &[u32], data: &mut [u8], config: &Config) -> Option<Rejections> {
    if !config.fill.is_ascii() || !is_ascii(data) {
        return None;
    }
    let mut rejections = Rejections::default();
    // A fill that is no letter or digit differs from every byte that it masks, so there is nothing to compare.
    let always_changes = !is_maskable(config.fill as u8) && config.keep_separators;
    let ends_suffice = always_changes && config.keep_first == 0 && config.keep_last < 8;
    let mut row = 0;
    loop {
        if ends_suffice {
            row += mark_ends(&offsets[row..], data, config.keep_last as u64);
        }
        let Some([start, end]) = offsets.get(row..row + 2) else { break };
        if !mark(&mut data[*start as usize..*end as usize], config) {
            rejections.push(row, RejectionCode::Unchanged);
        }
        row += 1;
    }
    mask_unmarked(data, config);
    Some(rejections)
}

/// Says of a byte that it stays as it is. ASCII leaves the bit free.
const MARK: u8 = 0x80;

/// Bytes for each turn of a loop: the sandbox looks at the clock once in each.
const CHUNK: usize = 64;

/// Whether all bytes are ASCII. Unlike that of the standard library, which stops at the first that is not and reads four
/// at a time in WebAssembly, this becomes vector instructions. By itself, as the other loops, so that it has all registers.
#[inline(never)]
fn is_ascii(data: &[u8]) -> bool {
    let (chunks, rest) = data.as_chunks::<CHUNK>();
    let mut all = [0; CHUNK];
    for chunk in chunks {
        all.iter_mut().zip(chunk).for_each(|(all, byte)| *all |= byte);
    }
    all.is_ascii() && rest.is_ascii()
}

/// Masks every byte without a mark, and takes the marks away.
#[inline(never)]
fn mask_unmarked(data: &mut [u8], config: &Config) {
    let fill = config.fill as u8;
    let mask = |byte: u8| {
        let stays = byte >= MARK || (config.keep_separators && !is_maskable(byte));
        if stays { byte & !MARK } else { fill }
    };
    let (chunks, rest) = data.as_chunks_mut::<CHUNK>();
    for chunk in chunks {
        *chunk = chunk.map(mask);
    }
    rest.iter_mut().for_each(|byte| *byte = mask(*byte));
}

/// Marks the ends of values, which are all that is kept mostly, eight bytes at once. Says how many rows it did; the next
/// is one for [`mark`].
///
/// A row can be done if its last eight bytes, or all that it has, hold all that is kept and one more to be masked.
/// Separators need not be told from the rest here: they stay in any case.
#[inline(never)]
fn mark_ends(offsets: &[u32], data: &mut [u8], keep_last: u64) -> usize {
    let Some((first, ends)) = offsets.split_first() else { return 0 };
    let (fours, rest) = ends.as_chunks::<4>();
    let mut start = *first;
    let mut rows = 0;
    // Four in each turn: the sandbox looks at the clock once.
    for four in fours {
        for end in four {
            if !mark_end(start, *end, data, keep_last) {
                return rows;
            }
            start = *end;
            rows += 1;
        }
    }
    for end in rest {
        if !mark_end(start, *end, data, keep_last) {
            return rows;
        }
        start = *end;
        rows += 1;
    }
    rows
}

#[inline(always)]
fn mark_end(start: u32, end: u32, data: &mut [u8], keep_last: u64) -> bool {
    if start == end {
        return true;
    }
    let Some(bytes) = end.checked_sub(8).and_then(|last| data.get_mut(last as usize..end as usize)) else {
        return false;
    };
    let Some(bytes) = bytes.first_chunk_mut() else { return false };
    // The bytes before the value are none of its own, and their marks would carry over into it.
    let foreign = 8_u32.saturating_sub(end.wrapping_sub(start));
    let value = u64::from_le_bytes(*bytes);
    let maskable = maskable_bytes(value >> (foreign * 8) << (foreign * 8));
    let count = u64::from(maskable.count_ones());
    if count <= keep_last {
        return false;
    }
    // In each byte, how many letters and digits there are before it.
    let before = maskable.wrapping_mul(EACH_BYTE - 1);
    // A byte stays if all that are to be masked come before it. No sum exceeds its byte.
    let stays = before + (u64::from(MARK) + keep_last - count) * EACH_BYTE;
    *bytes = (value | stays & (EACH_BYTE * u64::from(MARK))).to_le_bytes();
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

/// Marks what is kept of any value, byte by byte. False if the value would come out as it went in: then it is marked to
/// come out as nothing but fill.
fn mark(value: &mut [u8], config: &Config) -> bool {
    let fill = config.fill as u8;
    let maskable = value.iter().filter(|byte| is_maskable(**byte)).count();
    if maskable == 0 {
        // Nothing but separators, which would all stay.
        let changes = value.is_empty() || value.iter().any(|byte| *byte != fill);
        value.fill(fill | MARK);
        return changes;
    }
    let (first, last) = (config.keep_first, config.keep_last);
    // Too little to keep anything of it and mask anything.
    let (first, last) = if first + last < maskable { (first, last) } else { (0, 0) };
    let (mut seen, mut changes) = (0, false);
    for byte in value.iter_mut() {
        let is_maskable = is_maskable(*byte);
        if is_maskable && (seen < first || seen >= maskable - last) {
            *byte |= MARK;
        } else if is_maskable || !config.keep_separators {
            changes |= *byte != fill;
        }
        seen += usize::from(is_maskable);
    }
    if !changes {
        value.fill(fill | MARK);
    }
    changes
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
