//! What a text says when it is decoded: escapes, base64 and hexadecimal, wherever in it they begin.

/// Everything that a text may say in disguise, but for what has fewer bytes than `shortest`. Most of it is noise.
pub(super) fn decoded(text: &str, shortest: usize) -> Vec<Vec<u8>> {
    let (base64, hexadecimal) = (shortest.saturating_mul(4).div_ceil(3), shortest.saturating_mul(2));
    let mut decoded = Vec::new();
    decoded.extend(unescaped(text));
    for run in runs(text, base64_digit, |byte| byte.is_ascii_whitespace(), base64) {
        decoded.extend((0..4).filter_map(|skipped| run.get(skipped..)).map(from_base64));
    }
    for run in runs(text, hexadecimal_digit, |byte| !byte.is_ascii_alphanumeric(), hexadecimal) {
        decoded.extend((0..2).filter_map(|skipped| run.get(skipped..)).map(from_hexadecimal));
    }
    decoded
}

/// The digits of each run of them that is long enough. What is `skipped` does not end a run.
fn runs(
    text: &str,
    digit: impl Fn(u8) -> Option<u8>,
    is_skipped: impl Fn(u8) -> bool,
    shortest: usize,
) -> Vec<Vec<u8>> {
    let (mut runs, mut run) = (Vec::new(), Vec::new());
    for byte in text.bytes() {
        match digit(byte) {
            Some(digit) => run.push(digit),
            None if is_skipped(byte) => {}
            None if run.len() >= shortest => runs.push(std::mem::take(&mut run)),
            None => run.clear(),
        }
    }
    if run.len() >= shortest {
        runs.push(run);
    }
    runs
}

/// RFC 4648, sections 4 and 5.
fn base64_digit(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte.wrapping_sub(b'A'),
        b'a'..=b'z' => byte.wrapping_sub(b'a').wrapping_add(26),
        b'0'..=b'9' => byte.wrapping_sub(b'0').wrapping_add(52),
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

fn hexadecimal_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn from_base64(digits: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(digits.len());
    for group in digits.chunks(4) {
        let bits = group.iter().fold(0_u32, |bits, digit| bits << 6 | u32::from(*digit));
        // Of fewer than four digits the last bits are padding.
        let missing = 4_usize.saturating_sub(group.len());
        let all = (0..missing).fold(bits, |bits, _| bits << 6).to_be_bytes();
        bytes.extend(all.iter().skip(1).take(3_usize.saturating_sub(missing)));
    }
    bytes
}

fn from_hexadecimal(digits: &[u8]) -> Vec<u8> {
    let byte = |pair: &[u8]| pair.iter().fold(0_u8, |byte, digit| byte << 4 | digit);
    digits.chunks_exact(2).map(byte).collect()
}

/// Without the escapes of URLs (RFC 3986), JSON and C, HTML and XML. `None`: it has none.
fn unescaped(text: &str) -> Option<Vec<u8>> {
    memchr::memchr3(b'%', b'\\', b'&', text.as_bytes())?;
    let mut rest = text.as_bytes();
    let mut plain = Vec::with_capacity(rest.len());
    while let Some((first, behind)) = rest.split_first() {
        rest = match escape(rest) {
            Some((bytes, behind)) => {
                plain.extend(bytes);
                behind
            }
            None => {
                plain.push(*first);
                behind
            }
        };
    }
    Some(plain)
}

/// The bytes that an escape at the beginning stands for, and what follows it.
fn escape(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let utf8 = |code: u32| char::from_u32(code).map(|character| character.to_string().into_bytes());
    let fixed = |text: &'_ [u8], digits: usize| Some((number(text.get(..digits)?, 16)?, digits));
    match text {
        [b'%', rest @ ..] | [b'\\', b'x', rest @ ..] => {
            let (code, digits) = fixed(rest, 2)?;
            Some((vec![u8::try_from(code).ok()?], rest.get(digits..)?))
        }
        [b'\\', b'u', rest @ ..] => {
            let (code, digits) = fixed(rest, 4)?;
            Some((utf8(code)?, rest.get(digits..)?))
        }
        [b'&', b'#', rest @ ..] => {
            let end = rest.iter().take(10).position(|byte| *byte == b';')?;
            let code = match rest.get(..end)? {
                [b'x' | b'X', digits @ ..] => number(digits, 16)?,
                digits => number(digits, 10)?,
            };
            Some((utf8(code)?, rest.get(end.saturating_add(1)..)?))
        }
        _ => None,
    }
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    use super::*;

    fn says(text: &str, hidden: &[u8]) -> bool {
        decoded(text, 4).iter().any(|decoded| memchr::memmem::find(decoded, hidden).is_some())
    }

    proptest! {
        #[test]
        fn base64_of_any_kind_is_read_wherever_it_begins(
            hidden in prop::collection::vec(any::<u8>(), 4..30), before in "[a-zA-Z0-9]{0,9}",
        ) {
            for engine in [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD] {
                let text = format!("{before}{}!", engine.encode(&hidden));
                prop_assert!(says(&text, &hidden), "{text}");
            }
        }

        #[test]
        fn nothing_that_is_given_ends_it(text in "\\PC{0,60}") {
            decoded(&text, 4);
        }
    }

    #[test]
    fn hexadecimal_is_read_with_and_without_separators() {
        for text in ["3132332d3435", "x 31:32:33:2D:34:35", "f3132332d3435", "say 3132332d3435 twice"] {
            assert!(says(text, b"123-45"), "{text}");
        }
        assert!(!says("313", b"1"));
    }

    #[test]
    fn base64_is_read_across_lines() {
        assert!(says("MTIz\r\nLTQ1\n LTY3ODk=", b"123-45-6789"));
    }

    #[test]
    fn escapes_are_read() {
        assert!(says("ada%40example%2Eorg", b"ada@example.org"));
        assert!(says(r"\u0061\u0064\x61", b"ada"));
        assert!(says("&#97;&#x64;&#X61;", b"ada"));
        assert_eq!(
            unescaped("100 % of %zz, \\ and & &#; &#99999999; \\ud800"),
            Some(b"100 % of %zz, \\ and & &#; &#99999999; \\ud800".to_vec())
        );
        assert_eq!(unescaped("plain"), None);
    }
}
