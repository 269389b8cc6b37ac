//! What the model looks at in a value: runs of one to four characters, its words, and how it is written.

/// Rows of weights: features share them by their digests.
pub const ROWS: usize = 1 << 15;

/// Longer values are text.
const LONGEST: usize = 200;

/// So many characters are looked at.
const CHARACTERS: usize = 56;

/// So many words are looked at whole.
const WORDS: usize = 8;

/// The longest run of characters that is looked at together.
const RUN: usize = 4;

/// What stands at both ends of a value and between its words.
const BORDER: u32 = 1;

/// The features of a value, as rows of the weights. Kept from one value to the next, so that little is allocated.
#[derive(Clone, Debug, Default)]
pub struct Features {
    /// The rows.
    pub rows: Vec<u32>,
    /// Where those of whole words begin.
    pub words_at: usize,
    symbols: Vec<u32>,
}

impl Features {
    /// Looks at a value without blanks at its ends. False if it is nothing for the model: too long, or without letters.
    pub fn look(&mut self, value: &str) -> bool {
        self.rows.clear();
        if value.len() < 2 || value.len() > LONGEST {
            return false;
        }
        let Some(shape) = self.read(value) else { return false };
        self.runs();
        shape.features(|number, of| self.rows.push(row(number, of)));
        self.words_at = self.rows.len();
        self.words();
        true
    }

    /// Makes symbols of the characters: small letters, one digit for all, one border for any number of blanks.
    fn read(&mut self, value: &str) -> Option<Shape> {
        self.symbols.clear();
        self.symbols.push(BORDER);
        let mut shape = Shape::default();
        for character in value.chars().take(CHARACTERS) {
            let symbol = shape.see(character);
            if symbol != BORDER || self.symbols.last() != Some(&BORDER) {
                self.symbols.push(symbol);
            }
        }
        self.symbols.push(BORDER);
        shape.long = value.len() > CHARACTERS;
        (shape.letters > 0).then_some(shape)
    }

    fn runs(&mut self) {
        for start in 0..self.symbols.len() {
            let mut digest = 0;
            for (length, symbol) in self.symbols[start..].iter().take(RUN).enumerate() {
                digest = mixed(digest ^ symbol);
                // A border alone says nothing.
                if length > 0 || *symbol != BORDER {
                    self.rows.push(row(length as u32, digest));
                }
            }
        }
    }

    fn words(&mut self) {
        let words = self.symbols.split(|symbol| *symbol == BORDER || *symbol == u32::from(b','));
        let digests = words.filter(|word| !word.is_empty()).take(WORDS);
        let digests = digests.map(|word| word.iter().fold(7, |digest, symbol| mixed(digest ^ symbol)));
        let mut last = 0;
        for (place, digest) in digests.enumerate() {
            self.rows.push(row(10, digest));
            if place == 0 {
                self.rows.push(row(11, digest));
            }
            last = digest;
        }
        self.rows.push(row(12, last));
    }
}

/// How a value is written.
#[derive(Clone, Copy, Debug, Default)]
struct Shape {
    /// The kinds of its characters, each run as one, the first of them and the last.
    first: u64,
    last: u64,
    /// The kind of the character before.
    before: u8,
    runs: u32,
    letters: u32,
    upper: u32,
    digits: u32,
    marks: u32,
    words: u32,
    commas: u32,
    /// The block of its first letter beyond Latin.
    script: u32,
    starts_with_digit: bool,
    long: bool,
}

/// Kinds of characters; marks are by themselves.
const SPACE: u8 = 1;
const DIGIT: u8 = 2;
const UPPER: u8 = 3;
const LOWER: u8 = 4;
const LETTER: u8 = 5;
const OTHER: u8 = 6;

impl Shape {
    /// Takes note of a character, and gives its symbol.
    fn see(&mut self, character: char) -> u32 {
        let (kind, symbol) = match character {
            'a'..='z' => (LOWER, character as u32),
            'A'..='Z' => (UPPER, character as u32 | 0x20),
            '0'..='9' => (DIGIT, u32::from(b'0')),
            ' ' | '\t' => (SPACE, BORDER),
            '_' => (b'_', BORDER),
            _ if character.is_ascii() => (character as u8, character as u32),
            _ => beyond(character),
        };
        self.starts_with_digit |= kind == DIGIT && self.runs == 0;
        self.letters += u32::from((UPPER..=LETTER).contains(&kind));
        self.upper += u32::from(kind == UPPER);
        self.digits += u32::from(kind == DIGIT);
        self.commas += u32::from(character == ',');
        self.marks += u32::from(kind > OTHER);
        if self.script == 0 && (UPPER..=LETTER).contains(&kind) && symbol >= 0x250 {
            self.script = symbol >> 7;
        }
        if kind != self.before {
            self.words += u32::from(self.before <= SPACE);
            self.first = if self.runs < 8 { self.first << 8 | u64::from(kind) } else { self.first };
            self.last = self.last << 8 | u64::from(kind);
            self.runs += 1;
            self.before = kind;
        }
        symbol
    }

    fn features(&self, mut give: impl FnMut(u32, u32)) {
        let case = match (self.upper, self.letters) {
            (0, _) => 0,
            (upper, letters) if upper == letters => 1,
            (upper, _) if upper == self.words => 2,
            _ => 3,
        };
        let script = self.script << 8;
        give(20, folded(self.first) ^ script);
        give(21, folded(self.last & 0xffff_ffff));
        give(22, self.words.min(7) << 4 | case << 2 | u32::from(self.digits > 0) << 1 | u32::from(self.commas > 0));
        give(23, self.words.min(7) << 8 | self.letters.min(40) >> 1);
        give(24, self.script);
        give(25, script | self.words.min(4) << 4 | u32::from(self.digits > 0));
        give(26, u32::from(self.starts_with_digit) << 8 | self.digits.min(7) << 4 | self.commas.min(3));
        give(27, self.marks.min(7) << 8 | case << 4 | self.words.min(7));
        give(28, u32::from(self.long));
    }
}

/// Characters beyond ASCII: blanks, letters in their small form, and digits.
#[cold]
fn beyond(character: char) -> (u8, u32) {
    match character {
        _ if character.is_whitespace() => (SPACE, BORDER),
        _ if character.is_lowercase() => (LOWER, character as u32),
        _ if character.is_uppercase() => (UPPER, character.to_lowercase().next().map_or(0, |lower| lower as u32)),
        _ if character.is_numeric() => (DIGIT, u32::from(b'0')),
        // Vowels of Indian scripts are marks, and yet parts of words.
        _ if character.is_alphabetic() || character as u32 >= 0x300 => (LETTER, character as u32),
        _ => (OTHER, character as u32),
    }
}

fn folded(long: u64) -> u32 {
    mixed(long as u32) ^ (long >> 32) as u32
}

#[inline]
fn mixed(number: u32) -> u32 {
    let mixed = number.wrapping_add(0x3c6e_f372).wrapping_mul(0x9e37_79b1);
    mixed ^ (mixed >> 15)
}

/// The row of a feature: its number, and what it saw.
#[inline]
fn row(number: u32, saw: u32) -> u32 {
    let mixed = (saw ^ number.wrapping_mul(0x85eb_ca6b)).wrapping_mul(0xc2b2_ae35);
    (mixed ^ (mixed >> 13)).wrapping_mul(0x27d4_eb2f) >> 17
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(value: &str) -> Vec<u32> {
        let mut features = Features::default();
        assert!(features.look(value), "{value}");
        features.rows
    }

    #[test]
    fn every_run_of_characters_and_every_word_has_a_row() {
        // _a1_: a, 1; _a, a1, 1_; _a1, a1_; _a1_; nine of its shape; its only word thrice.
        assert_eq!(rows("a1").len(), 8 + 9 + 3);
        assert_eq!(rows("a1"), rows("a7"));
        assert_ne!(rows("Ab"), rows("ab"));
        assert!(rows(&"x".repeat(99)).iter().all(|row| (*row as usize) < ROWS));
    }

    #[test]
    fn what_has_no_letter_or_is_text_is_not_looked_at() {
        let looks = |value: &str| Features::default().look(value);
        assert!(!looks("") && !looks("x") && !looks("12-34") && !looks(&"word ".repeat(60)));
        assert!(looks("李") && looks("Ng"));
    }
}
