//! Text as it is read, whatever characters it is written with: what cannot be seen is gone, and digits, letters, dashes
//! and blanks that look like ASCII are ASCII. Each byte knows where it comes from.

use std::borrow::Cow;

/// Folded text, and the way back.
#[derive(Debug)]
pub(crate) struct Folded<'a> {
    /// What detectors read: UTF-8 but for bytes that folding made.
    pub(crate) text: Cow<'a, [u8]>,
    /// Where the character begins and ends that each byte comes from; none if the text is as it was.
    origins: Option<Vec<(u32, u32)>>,
}

impl<'a> Folded<'a> {
    /// Text that is all ASCII without escapes costs one look.
    pub(crate) fn of(text: &'a str) -> Self {
        if text.is_ascii() && !text.contains('\\') {
            return Self { text: Cow::Borrowed(text.as_bytes()), origins: None };
        }
        let (mut folded, mut origins) = (Vec::with_capacity(text.len()), Vec::with_capacity(text.len()));
        let mut left = text;
        while let Some(first) = left.chars().next() {
            let (character, length) = escaped(left).unwrap_or((first, first.len_utf8()));
            let start = text.len() - left.len();
            let before = folded.len();
            fold(character, &mut folded);
            origins.resize(origins.len() + folded.len() - before, (start as u32, (start + length) as u32));
            left = &left[length..];
        }
        Self { text: Cow::Owned(folded), origins: Some(origins) }
    }

    /// The bytes of the text that a range of the folded text comes from.
    pub(crate) fn origin(&self, start: usize, end: usize) -> (usize, usize) {
        match &self.origins {
            None => (start, end),
            Some(origins) => (origins[start].0 as usize, origins[end - 1].1 as usize),
        }
    }
}

/// What JSON writes with a backslash, and how long it is: `\u00e9`, `\/`, `\n`, `\"`.
fn escaped(text: &str) -> Option<(char, usize)> {
    let rest = text.strip_prefix('\\')?.as_bytes();
    match rest.first()? {
        b'u' => {
            let digits = rest.get(1..5).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
            let code = u32::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
            char::from_u32(code).map(|character| (character, 6))
        }
        b'n' | b'r' => Some(('\n', 2)),
        b't' => Some((' ', 2)),
        mark @ (b'/' | b'"' | b'\\') => Some((char::from(*mark), 2)),
        _ => None,
    }
}

/// Appends what a character is read as: nothing, ASCII, or itself.
fn fold(character: char, out: &mut Vec<u8>) {
    let code = character as u32;
    let ascii = match code {
        0..=0x7f => code as u8,
        // Soft hyphen, combining marks, joiners, marks of direction, selectors, tags.
        0xad | 0x300..=0x36f | 0x61c | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x180b..=0x180e | 0x200b..=0x200f => return,
        0x202a..=0x202e | 0x2060..=0x206f | 0x20d0..=0x20f0 | 0x3164 | 0xfe00..=0xfe0f | 0xfe20..=0xfe2f => return,
        0xfeff | 0xffa0 | 0xe0000..=0xe0fff => return,
        0x85 | 0x2028 | 0x2029 => b'\n',
        0xa0 | 0x1680 | 0x2000..=0x200a | 0x202f | 0x205f | 0x3000 => b' ',
        0x2010..=0x2015 | 0x2043 | 0x2212 | 0x2796 | 0xfe58 | 0xfe63 => b'-',
        0x2018..=0x201b | 0x2032 | 0x2bc | 0xb4 | 0x2b9 => b'\'',
        0x201c..=0x201f | 0x2033 | 0xab | 0xbb => b'"',
        0x2024 | 0x3002 | 0xff61 | 0xb7 => b'.',
        0x2044 | 0x2215 => b'/',
        0x2236 | 0xa789 => b':',
        // Full width.
        0xff01..=0xff5e => (code - 0xff01) as u8 + b'!',
        0xb2 | 0xb3 => (code - 0xb0) as u8 + b'0',
        0xb9 => b'1',
        0x2070 | 0x2074..=0x2079 => (code - 0x2070) as u8 + b'0',
        0x2080..=0x2089 => (code - 0x2080) as u8 + b'0',
        0x2460..=0x2468 => (code - 0x2460) as u8 + b'1',
        0xdf => return out.extend_from_slice(b"ss"),
        0xc6 | 0xe6 => return out.extend_from_slice(b"ae"),
        0x152 | 0x153 => return out.extend_from_slice(b"oe"),
        0xc0..=0x17f => LATIN[(code - 0xc0) as usize],
        0x1ea0..=0x1ef9 => VIETNAMESE[(code - 0x1ea0) as usize],
        0x1d400..=0x1d6a3 => letter((code - 0x1d400) % 52),
        0x1d7ce..=0x1d7ff => ((code - 0x1d7ce) % 10) as u8 + b'0',
        0x24b6..=0x24cf => (code - 0x24b6) as u8 + b'A',
        0x24d0..=0x24e9 => (code - 0x24d0) as u8 + b'a',
        _ => digit(code).or_else(|| (code < 0x600).then(|| look_alike(character))?).unwrap_or(b'?'),
    };
    match ascii {
        b'?' if character.is_alphanumeric() => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        b'?' if !matches!(character, '?' | '？') => out.push(b'~'),
        _ => out.push(ascii),
    }
}

/// The mathematical alphabets: 26 capital letters, 26 small ones.
fn letter(place: u32) -> u8 {
    if place < 26 { b'A' + place as u8 } else { b'a' + (place - 26) as u8 }
}

/// Digits of other scripts, which stand in tens.
fn digit(code: u32) -> Option<u8> {
    const ZEROS: [u32; 12] = [0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xe50, 0x17e0];
    ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&code)).map(|zero| (code - zero) as u8 + b'0')
}

/// Letters of Greek and Cyrillic that look like Latin ones (Unicode TR 39, the letters of one stroke more left out).
fn look_alike(character: char) -> Option<u8> {
    const ALIKE: &str = "АAВBЕEКKМMНHОOРPСCТTХXУYІIЈJЅSаaеeоoрpсcуyхxіiјjѕsһhԁdԛqԝwѵv\
                         ΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧXοoνvαaιiρp\
                         ӀIɡgɑaǀlӏlѴVԌGƍd";
    let mut letters = ALIKE.chars();
    while let (Some(alike), Some(latin)) = (letters.next(), letters.next()) {
        if alike == character {
            return Some(latin as u8);
        }
    }
    None
}

/// U+00C0 to U+017F without their marks; what has no letter is `?`.
const LATIN: &[u8; 192] = b"AAAAAA?CEEEEIIIIDNOOOOO?OUUUUYT?aaaaaa?ceeeeiiiidnooooo?ouuuuyty\
AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIi??JjKkkLlLlLlLlLlNnNnNnnNnOoOoOo??RrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";

/// U+1EA0 to U+1EF9 without their marks.
const VIETNAMESE: &[u8; 90] =
    b"AaAaAaAaAaAaAaAaAaAaAaAaEeEeEeEeEeEeEeEeIiIiOoOoOoOoOoOoOoOoOoOoOoOoUuUuUuUuUuUuUuYyYyYyYy";

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        String::from_utf8(Folded::of(text).text.into_owned()).unwrap()
    }

    #[test]
    fn what_looks_alike_is_read_alike() {
        assert_eq!(folded("１２３‐４５−6789"), "123-45-6789");
        assert_eq!(folded("Jo\u{200b}hn\u{ad} Sm\u{301}ith"), "John Smith");
        assert_eq!(folded("Аdа Lоvelace"), "Ada Lovelace");
        assert_eq!(folded("José Ñandú, Łódź, Straße, Ðoko, Nguyễn"), "Jose Nandu, Lodz, Strasse, Doko, Nguyen");
        assert_eq!(folded("٣٤٥ 𝟏𝟐 ① ²"), "345 12 1 2");
        assert_eq!(folded(r"Jos\u00e9 1\/2\n\u200b3"), "Jose 1/2\n3");
        assert_eq!(folded("日本 Жук"), "日本 Жyк");
    }

    #[test]
    fn every_byte_knows_where_it_comes_from() {
        let text = "a\u{200b}１2ß\u{301}z";
        let folded = Folded::of(text);
        assert_eq!(&*folded.text, b"a12ssz");
        let origin = |start, end| {
            let (start, end) = folded.origin(start, end);
            &text[start..end]
        };
        assert_eq!([origin(0, 1), origin(1, 3), origin(3, 4), origin(5, 6)], ["a", "１2", "ß", "z"]);
    }
}
