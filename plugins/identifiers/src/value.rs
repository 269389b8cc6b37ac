//! What one value looks like. One pass says of what characters it is made; that says what there is to try.

use crate::codes;
use crate::dates;
use crate::digits;
use crate::kind::{Kind, Kinds};
use crate::network;
use crate::words;

/// Longer values are looked at up to here.
const LOOKED_AT: usize = 512;

/// Kinds that a number or a code may be by chance: it may be another code all the same.
pub(crate) const WEAK: Kinds = Kinds::of(Kind::BareSsn)
    .and(Kinds::of(Kind::BarePhone))
    .and(Kinds::of(Kind::WholeNumber))
    .and(Kinds::of(Kind::Year))
    .and(Kinds::of(Kind::Itin))
    .and(Kinds::of(Kind::Icd10));

// What a value is made of, one bit for each.
const DIGIT: u16 = 1;
const LETTER: u16 = 1 << 1;
const BLANK: u16 = 1 << 2;
const DASH: u16 = 1 << 3;
const DOT: u16 = 1 << 4;
const SLASH: u16 = 1 << 5;
const COLON: u16 = 1 << 6;
const COMMA: u16 = 1 << 7;
const PLUS: u16 = 1 << 8;
const BRACKET: u16 = 1 << 9;
const AT: u16 = 1 << 10;
const MONEY: u16 = 1 << 11;
const OTHER: u16 = 1 << 12;
/// What codes are made of beside letters and digits.
const MARK: u16 = 1 << 13;

const CLASSES: [u16; 256] = {
    let mut classes = [OTHER; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'0'..=b'9' => DIGIT,
            b'A'..=b'Z' | b'a'..=b'z' | 128.. => LETTER,
            b' ' => BLANK,
            b'-' => DASH,
            b'.' => DOT,
            b'/' => SLASH,
            b':' => COLON,
            b',' => COMMA,
            b'+' => PLUS,
            b'(' | b')' => BRACKET,
            b'@' => AT,
            b'$' => MONEY,
            b'_' | b'#' => MARK,
            _ => OTHER,
        };
        byte += 1;
    }
    classes
};

/// What a value is made of.
#[derive(Clone, Copy)]
pub(crate) struct Made {
    of: u16,
    digits: usize,
    blanks: usize,
}

impl Made {
    #[inline]
    fn of(value: &[u8]) -> Self {
        let mut made = Self { of: 0, digits: 0, blanks: 0 };
        for byte in value {
            let class = CLASSES[usize::from(*byte)];
            made.of |= class;
            made.digits += usize::from(class == DIGIT);
            made.blanks += usize::from(class == BLANK);
        }
        made
    }

    /// Whether it is made of nothing else.
    #[inline]
    fn only(self, of: u16) -> bool {
        self.of & !of == 0
    }

    #[inline]
    fn has(self, of: u16) -> bool {
        self.of & of != 0
    }
}

/// Whether a value that looks like nothing else may be a code: no blanks, some digits.
#[inline]
pub(crate) fn is_code(value: &[u8], made: Made) -> bool {
    let enough = if made.of == DIGIT { value.len() >= 6 } else { value.len() >= 5 && made.digits >= 2 };
    enough
        && value.len() <= 48
        && made.only(DIGIT | LETTER | DASH | MARK | COLON | SLASH | DOT)
        && made.of & !(DIGIT | DOT) != 0
        || (enough && made.of == DIGIT && value.len() <= 24)
}

/// What a value, without blanks at its ends, can be.
#[inline]
pub(crate) fn look(value: &[u8]) -> (Kinds, Made) {
    let value = &value[..value.len().min(LOOKED_AT)];
    let made = Made::of(value);
    let kinds = match made.of {
        DIGIT => match value.len() {
            // A truth value is a number as well.
            1 => digits::bare(value).and(words::kinds(value)),
            _ => digits::bare(value),
        },
        LETTER => words::kinds(value),
        _ => mixed(value, made),
    };
    (kinds, made)
}

#[inline(never)]
fn mixed(value: &[u8], made: Made) -> Kinds {
    if made.has(AT) && made.blanks == 0 {
        return Kinds::when(network::is_email(value), Kind::Email).and(Kinds::when(network::is_url(value), Kind::Url));
    }
    if value.len() > 48 || made.blanks >= 7 {
        return long(value, made);
    }
    if !made.has(DIGIT) {
        return match made.only(LETTER | BLANK | DASH | DOT) {
            true => words::kinds(value).and(Kinds::when(network::is_url(value), Kind::Url)),
            false => addresses(value, made),
        };
    }
    let written = if made.has(LETTER) { lettered(value, made) } else { numeric(value, made) };
    written.and(addresses(value, made))
}

fn addresses(value: &[u8], made: Made) -> Kinds {
    if made.has(COLON) {
        return Kinds::when(network::is_url(value), Kind::Url)
            .and(Kinds::when(network::is_mac(value), Kind::MacAddress))
            .and(Kinds::when(network::is_ipv6(value), Kind::IpAddress));
    }
    let www = made.has(DOT) && made.has(LETTER) && network::is_url(value);
    Kinds::when(www, Kind::Url)
}

/// Digits and marks without a letter.
fn numeric(value: &[u8], made: Made) -> Kinds {
    if made.only(DIGIT | DOT | DASH | PLUS | COMMA | MONEY | BLANK) && made.has(DOT | COMMA | MONEY) {
        let number = decimal(value);
        if !number.is_empty() {
            return number;
        }
    }
    let mut kinds = Kinds::NONE;
    if made.only(DIGIT | DASH) {
        kinds = dashed(value, made.digits);
    } else if made.only(DIGIT | DOT | COLON | SLASH) && made.has(DOT) && network::is_ipv4(value) {
        return Kinds::of(Kind::IpAddress);
    } else if made.only(DIGIT | BRACKET) || made.has(PLUS) {
        kinds = Kinds::when(codes::is_udi(value), Kind::Udi);
    } else if made.only(DIGIT | BLANK) {
        kinds = grouped(value);
    }
    if dates::is_date(value) {
        kinds = kinds.and(Kinds::of(Kind::Date));
    }
    if (7..=16).contains(&made.digits) && network::is_formatted_phone(value) {
        kinds = kinds.and(Kinds::of(Kind::Phone));
    }
    kinds
}

/// Digits and dashes.
fn dashed(value: &[u8], digits: usize) -> Kinds {
    let kinds = match value {
        [_, _, _, b'-', _, _, b'-', _, _, _, _] => {
            let digits = compact::<9>(value);
            let shape = Kinds::of(Kind::SsnShape);
            return shape
                .and(Kinds::when(digits::is_ssn(&digits), Kind::Ssn))
                .and(Kinds::when(digits::is_itin(&digits), Kind::Itin));
        }
        [five @ .., b'-', _, _, _, _] if five.len() == 5 && digits == 9 => {
            Kinds::when(digits::is_zip(five), Kind::ZipPlus4)
        }
        [b'-', number @ ..] if codes::all_digits(number) => return Kinds::when(number.len() < 10, Kind::WholeNumber),
        _ if digits == 16 => digits::card_or_imei(&compact::<16>(value)),
        _ if digits == 15 => digits::card_or_imei(&compact::<15>(value)),
        _ => Kinds::NONE,
    };
    kinds.and(Kinds::when(codes::is_loinc(value) || codes::is_ndc(value), Kind::ClinicalCode))
}

/// Digits in groups between blanks.
fn grouped(value: &[u8]) -> Kinds {
    match value.iter().filter(|byte| byte.is_ascii_digit()).count() {
        9 if value.len() == 11 && value[3] == b' ' && value[6] == b' ' => {
            Kinds::of(Kind::SsnShape).and(Kinds::when(digits::is_ssn(&compact::<9>(value)), Kind::Ssn))
        }
        9 if value.len() == 10 && value[5] == b' ' => Kinds::when(digits::is_zip(&value[..5]), Kind::ZipPlus4),
        15 => digits::card_or_imei(&compact::<15>(value)),
        16 => digits::card_or_imei(&compact::<16>(value)),
        _ => Kinds::NONE,
    }
}

/// The digits of a value that has so many.
fn compact<const N: usize>(value: &[u8]) -> [u8; N] {
    let mut digits = [b'0'; N];
    for (digit, byte) in digits.iter_mut().zip(value.iter().filter(|byte| byte.is_ascii_digit())) {
        *digit = *byte;
    }
    digits
}

/// A number with a point, an amount of money, or a place on earth.
fn decimal(value: &[u8]) -> Kinds {
    let mut parts = value.splitn(2, |byte| *byte == b',');
    if let (Some(latitude), Some(longitude)) = (parts.next(), parts.next()) {
        let of = |part: &[u8], most| {
            decimals(part.trim_ascii()).is_some_and(|(degrees, places)| degrees <= most && places >= 2)
        };
        if of(latitude, 90) && of(longitude, 180) {
            return Kinds::of(Kind::Coordinates);
        }
    }
    let plain = value.strip_prefix(b"-").unwrap_or(value);
    if let Some(amount) = plain.strip_prefix(b"$") {
        return Kinds::when(is_amount(amount.trim_ascii()), Kind::Decimal);
    }
    match decimals(value) {
        Some((degrees, places)) if places >= 4 && (1..=180).contains(&degrees) => Kinds::of(Kind::Coordinate),
        Some(_) => Kinds::of(Kind::Decimal),
        None => Kinds::when(value.contains(&b',') && is_amount(plain), Kind::Decimal),
    }
}

/// The whole part of a decimal number, and how many places it has behind its one point.
fn decimals(value: &[u8]) -> Option<(u32, usize)> {
    let value = value.strip_prefix(b"-").or(value.strip_prefix(b"+")).unwrap_or(value);
    let point = value.iter().position(|byte| *byte == b'.')?;
    let (whole, places) = (&value[..point], &value[point + 1..]);
    let digits = whole.iter().chain(places).all(u8::is_ascii_digit);
    (digits && whole.len() <= 9 && !places.is_empty()).then(|| (digits::number(whole), places.len()))
}

/// `1,234.50`.
fn is_amount(value: &[u8]) -> bool {
    let (whole, places) = value.split_at(value.iter().position(|byte| *byte == b'.').unwrap_or(value.len()));
    let mut groups = whole.split(|byte| *byte == b',');
    let first =
        groups.next().is_some_and(|group| codes::all_digits(group) && (group.len() <= 3 || group.len() == whole.len()));
    let cents = places.is_empty() || (places.len() > 1 && codes::all_digits(&places[1..]));
    first && cents && groups.all(|group| group.len() == 3 && codes::all_digits(group))
}

/// Letters and digits, perhaps with marks.
fn lettered(value: &[u8], made: Made) -> Kinds {
    let mut kinds = Kinds::when(dates::is_date(value), Kind::Date);
    if made.only(DIGIT | LETTER) {
        kinds = match value.len() {
            9 => kinds.and(Kinds::when(codes::is_dea(value), Kind::Dea)),
            11 => kinds.and(Kinds::when(codes::is_mbi(value), Kind::Mbi)),
            17 => kinds.and(Kinds::when(codes::is_vin(value), Kind::Vin)),
            _ => kinds,
        };
    }
    if made.only(DIGIT | LETTER | DOT) && codes::is_icd10(value) {
        kinds = kinds.and(Kinds::of(Kind::Icd10));
    }
    if made.only(DIGIT | LETTER | BLANK) && codes::is_iban(value) {
        kinds = kinds.and(Kinds::of(Kind::Iban));
    }
    if made.has(DASH | DOT) {
        kinds = kinds
            .and(Kinds::when(codes::is_mbi(value), Kind::Mbi))
            .and(Kinds::when(codes::is_uuid(value), Kind::Uuid))
            .and(Kinds::when(network::is_mac(value), Kind::MacAddress));
    }
    if made.has(BRACKET | PLUS) || value.starts_with(b"01") {
        kinds = kinds.and(Kinds::when(codes::is_udi(value), Kind::Udi));
    }
    if (7..=18).contains(&made.digits) && network::is_formatted_phone(value) {
        kinds = kinds.and(Kinds::of(Kind::Phone));
    }
    kinds
}

/// Many words: text if there are sentences in it or very many of them.
fn long(value: &[u8], made: Made) -> Kinds {
    let url = made.has(COLON) && made.blanks == 0 && network::is_url(value);
    let lines = value.contains(&b'\n');
    let sentence = || {
        value.ends_with(b".")
            || value.ends_with(b"?")
            || value.windows(2).any(|two| matches!(two, b". " | b"? " | b"; "))
    };
    let text = made.blanks >= 12 || made.blanks >= 7 && (lines || sentence());
    Kinds::when(url, Kind::Url)
        .and(Kinds::when(text, Kind::FreeText))
        .and(Kinds::when(made.blanks == 0 && codes::is_udi(value), Kind::Udi))
}
