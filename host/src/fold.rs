//! Fold: a text as it is compared with others, so that no way of writing hides what it says.
//!
//! Letters and digits alone are left, in lower case and in their plainest shape: compatible forms such as full-width ones
//! as those that they stand for (Unicode NFKD), without marks; the digits of every script as ASCII digits; a letter that
//! looks like a Latin one as that one (UTS #39). Separators, blanks and what nobody sees are gone.

use std::ops::Range;
use std::sync::LazyLock;

use regex_syntax::hir::{Class, HirKind};
use unicode_normalization::char::decompose_compatible;
use unicode_security::skeleton;

/// Appends the folded text.
pub(crate) fn fold(text: &str, folded: &mut Vec<u8>) {
    if text.is_ascii() {
        folded.extend(text.bytes().map(ascii).filter(|byte| *byte != 0));
        return;
    }
    for character in text.chars() {
        each(character, &mut |plain| push(plain, folded));
    }
}

/// A folded text that knows where its bytes come from.
#[derive(Default)]
pub(crate) struct Folded {
    bytes: Vec<u8>,
    /// Where the character that gave each byte begins and ends in the text.
    places: Vec<(u32, u32)>,
}

impl Folded {
    /// Of a text shorter than 4 GiB; what is behind that is left out.
    pub(crate) fn of(text: &str) -> Self {
        let mut folded = Self::default();
        for (start, character) in text.char_indices() {
            let end = start.saturating_add(character.len_utf8());
            let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(end)) else { break };
            each(character, &mut |plain| push(plain, &mut folded.bytes));
            folded.places.resize(folded.bytes.len(), (start, end));
        }
        folded
    }

    /// The folded text, UTF-8.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes of the text, at character boundaries, that some of the folded bytes come from. `None`: there are none.
    pub(crate) fn source(&self, folded: Range<usize>) -> Option<Range<usize>> {
        let places = self.places.get(folded)?;
        Some(places.first()?.0 as usize..places.last()?.1 as usize)
    }

    /// Whether some of the folded bytes begin and end where no letter or digit stands next to them in the text.
    pub(crate) fn are_words(&self, folded: Range<usize>) -> bool {
        self.begins(folded.start) && self.begins(folded.end)
    }

    /// Whether the byte here has none before it in the text, or something between that is no letter and no digit.
    fn begins(&self, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|before| self.places.get(before));
        let (Some((_, end)), Some((start, _))) = (before, self.places.get(at)) else { return true };
        start > end
    }
}

/// The lower-case letter or the digit; 0 for anything else.
fn ascii(byte: u8) -> u8 {
    if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { 0 }
}

fn push(character: char, folded: &mut Vec<u8>) {
    folded.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

/// The plain letters and digits of a character.
fn each(character: char, emit: &mut impl FnMut(char)) {
    match u32::from(character) {
        0..=0x7f => emit_ascii(character, emit),
        // Tags repeat ASCII where nobody sees it.
        tag @ 0xe_0020..=0xe_007e => drop(char::from_u32(tag & 0x7f).map(|seen| emit_ascii(seen, emit))),
        _ => decompose_compatible(character, |part| match digit(part) {
            Some(digit) => emit(digit),
            None if part.is_ascii() => emit_ascii(part, emit),
            None if part.is_alphanumeric() => shape(part, emit),
            None => {}
        }),
    }
}

fn emit_ascii(character: char, emit: &mut impl FnMut(char)) {
    if character.is_ascii_alphanumeric() {
        emit(character.to_ascii_lowercase());
    }
}

/// A letter as what it looks like: a capital by its own look, for that of its small form is another.
fn shape(letter: char, emit: &mut impl FnMut(char)) {
    let own = look(letter);
    if own.is_ascii() {
        // UTS #39 has one prototype for the capital I and the small l.
        let is_capital_i = own == "l" && letter.is_uppercase();
        own.chars().for_each(|plain| emit(if is_capital_i { 'i' } else { plain.to_ascii_lowercase() }));
    } else {
        letter.to_lowercase().for_each(|small| look(small).chars().for_each(&mut *emit));
    }
}

/// The letters and digits of the prototype of a character that looks like others.
fn look(letter: char) -> String {
    skeleton(letter.encode_utf8(&mut [0; 4])).filter(|plain| plain.is_alphanumeric()).collect()
}

/// The decimal digit that a character is in any script.
fn digit(character: char) -> Option<char> {
    /// Where ten digits, or several times ten, begin and end.
    static TENS: LazyLock<Vec<(u32, u32)>> = LazyLock::new(decimal_digits);
    let code = u32::from(character);
    let (start, _) = TENS.iter().find(|(start, end)| (*start..=*end).contains(&code))?;
    char::from_digit(code.saturating_sub(*start) % 10, 10)
}

/// The ranges of the general category Nd: each begins with a zero and has ten digits, or several times ten.
fn decimal_digits() -> Vec<(u32, u32)> {
    let class = regex_syntax::parse(r"\p{Nd}").map(|class| class.into_kind());
    let Ok(HirKind::Class(Class::Unicode(class))) = class else { return Vec::new() };
    class.ranges().iter().map(|range| (range.start().into(), range.end().into())).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn folded(text: &str) -> String {
        let mut folded = Vec::new();
        fold(text, &mut folded);
        String::from_utf8(folded).unwrap()
    }

    #[test]
    fn case_separators_and_blanks_do_not_count() {
        assert_eq!(folded(" O'Brien-Smith,\tAda\u{a0}"), "obriensmithada");
        assert_eq!(folded("123-45-6789"), "123456789");
        assert_eq!(folded("--- "), "");
    }

    #[test]
    fn width_marks_and_compatible_forms_do_not_count() {
        assert_eq!(folded("１２３－４５－６７８９"), "123456789");
        assert_eq!(folded("José Jose\u{301} ﬁn Ⅳ ²"), "josejosefiniv2");
        assert_eq!(folded("𝟙𝟚𝟛 𝐀𝐝𝐚 Ⓐ"), "123adaa");
    }

    #[test]
    fn digits_of_every_script_are_digits() {
        assert_eq!(folded("٠١٢٣٤٥٦٧٨٩ ०१२ ๓๔ 𑁦"), "0123456789012340");
        assert!(decimal_digits().len() > 50);
        assert!(decimal_digits().iter().all(|(start, end)| (end - start + 1) % 10 == 0));
    }

    #[test]
    fn what_nobody_sees_does_not_count_and_tags_are_read() {
        assert_eq!(
            folded("1\u{200b}2\u{200d}3\u{feff}4\u{ad}5\u{2060}6\u{3164}7\u{115f}8\u{180e}9\u{fe0f}"),
            "123456789"
        );
        assert_eq!(folded("\u{e0041}\u{e0064}\u{e0061}"), "ada");
        assert_eq!(folded("9876\u{202e}1234\u{202c}"), "98761234");
    }

    #[test]
    fn letters_that_look_alike_are_one() {
        for disguised in ["Аnnа", "ΑNNΑ", "anna", "Ａｎｎａ", "Ꭺnna"] {
            assert_eq!(folded(disguised), "anna", "{disguised}");
        }
        assert_eq!(folded("ΙRΙS"), "iris");
        assert_eq!(folded("Вob Łukasz Øre"), "boblukaszore");
        assert_eq!(folded("Вера"), folded("вера".to_uppercase().as_str()));
        assert_eq!(folded("王小明"), "王小明");
    }

    #[test]
    fn a_piece_is_found_in_its_text() {
        let text = "call １２３-４５, Savannah";
        let folded = Folded::of(text);
        assert_eq!(folded.bytes(), b"call12345savannah");
        assert_eq!(&text[folded.source(4..9).unwrap()], "１２３-４５");
        assert!(folded.are_words(4..9) && folded.are_words(0..4) && folded.are_words(9..17));
        assert!(!folded.are_words(12..16) && !folded.are_words(4..6));
        assert_eq!(folded.source(17..20), None);
    }

    proptest! {
        #[test]
        fn places_are_of_characters_and_rise(text in "\\PC{0,40}") {
            let (with_places, without) = (Folded::of(&text), folded(&text));
            prop_assert_eq!(with_places.bytes(), without.as_bytes());
            let mut before = 0;
            for at in 0..with_places.bytes().len() {
                let source = with_places.source(at..at + 1).unwrap();
                prop_assert!(text.get(source.clone()).is_some_and(|character| character.chars().count() == 1));
                prop_assert!(before <= source.start);
                before = source.start;
            }
        }

        #[test]
        fn ascii_is_folded_the_same_on_both_ways(text in "[ -~]{0,40}") {
            let other = folded(&format!("{text}\u{200b}"));
            prop_assert_eq!(folded(&text), other);
        }
    }
}
