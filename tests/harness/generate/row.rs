//! One row.

use super::calendar::Calendar;
use super::dictionary::{
    DIAGNOSES, DOMAINS, ETHNICITIES, FAMILIES, LANGUAGES, MEN, NICKNAMES, PLACES, Place, RACES, STATUSES, STREETS,
    WOMEN,
};
use super::random::{Random, scramble};

/// Rows of one seed.
#[derive(Debug)]
pub(super) struct Rows<'a> {
    seed: u64,
    calendar: &'a Calendar,
}

impl<'a> Rows<'a> {
    pub(super) fn new(seed: u64, calendar: &'a Calendar) -> Self {
        Self { seed, calendar }
    }

    /// Appends a row.
    pub(super) fn write(&self, row: u64, out: &mut Vec<u8>) {
        let mut random = Random::for_row(self.seed, row);
        let person = Person::draw(&mut random, self.calendar);
        self.write_numbers(row, &mut random, out);
        person.write_name(&mut random, out);
        person.write_life(self.calendar, &mut random, out);
        person.write_address(&mut random, out);
        person.write_contact(&mut random, out);
        field(out, DIAGNOSES[random.below(DIAGNOSES.len())]);
        out.extend_from_slice(self.calendar.day(person.visited));
        out.push(b',');
        digits(out, random.below(40), 1);
        out.push(b'\n');
    }

    /// `patient_id`, a UUID whose first half no other row has; `mrn`; `ssn` of an area that is never issued.
    fn write_numbers(&self, row: u64, random: &mut Random, out: &mut Vec<u8>) {
        uuid(out, scramble(row ^ scramble(self.seed)), random.next());
        out.push(b',');
        let scattered = (row % 90_000_000 * 48_271 + self.seed % 90_000_000) % 90_000_000;
        digits(out, 10_000_000 + scattered as usize, 8);
        out.push(b',');
        digits(out, 900 + random.below(100), 3);
        out.push(b'-');
        digits(out, 1 + random.below(99), 2);
        out.push(b'-');
        digits(out, 1 + random.below(9_999), 4);
        out.push(b',');
    }
}

/// What several columns have to agree on.
struct Person {
    woman: bool,
    given: &'static str,
    family: &'static str,
    place: &'static Place,
    born: usize,
    died: Option<usize>,
    visited: usize,
}

impl Person {
    fn draw(random: &mut Random, calendar: &Calendar) -> Self {
        let woman = random.below(100) < 51;
        let given = random.early(if woman { &WOMEN } else { &MEN });
        let family = random.early(&FAMILIES);
        let born = random.below(calendar.days() - 30);
        let died = (random.below(100) < 8).then(|| born + 1 + random.below(calendar.days() - born - 1));
        let last = died.unwrap_or(calendar.days() - 1);
        let visited = last - random.below((last - born).min(1_500) + 1);
        Self { woman, given, family, place: &PLACES[random.below(PLACES.len())], born, died, visited }
    }

    /// `first_name`, in two of 256 rows with a nickname in quotes; `last_name`.
    fn write_name(&self, random: &mut Random, out: &mut Vec<u8>) {
        if random.below(256) < 2 {
            out.push(b'"');
            out.extend_from_slice(self.given.as_bytes());
            out.extend_from_slice(b" \"\"");
            out.extend_from_slice(random.early(&NICKNAMES).as_bytes());
            out.extend_from_slice(b"\"\"\",");
        } else {
            field(out, self.given);
        }
        field(out, self.family);
    }

    /// `birth_date`, `death_date`, `gender`, `race`, `ethnicity`, `marital_status`, `language`.
    fn write_life(&self, calendar: &Calendar, random: &mut Random, out: &mut Vec<u8>) {
        out.extend_from_slice(calendar.day(self.born));
        out.push(b',');
        if let Some(died) = self.died {
            out.extend_from_slice(calendar.day(died));
        }
        out.push(b',');
        field(out, if self.woman { "female" } else { "male" });
        field(out, random.early(&RACES));
        field(out, random.early(&ETHNICITIES));
        field(out, random.early(&STATUSES));
        field(out, random.early(&LANGUAGES));
    }

    /// `street`, in one row of eight with a comma and in one of 256 with a line feed; `city`, `state`, `zip`.
    fn write_address(&self, random: &mut Random, out: &mut Vec<u8>) {
        let (number, street) = (1 + random.below(9_999), STREETS[random.below(STREETS.len())]);
        let second: Option<&[u8]> = match random.below(256) {
            0 => Some(b"\nRear building, unit "),
            1..=32 => Some(b", Apt "),
            _ => None,
        };
        if second.is_some() {
            out.push(b'"');
        }
        digits(out, number, 1);
        out.push(b' ');
        out.extend_from_slice(street.as_bytes());
        if let Some(second) = second {
            out.extend_from_slice(second);
            digits(out, 1 + random.below(400), 1);
            out.push(b'"');
        }
        out.push(b',');
        field(out, self.place.city);
        field(out, self.place.state);
        out.extend_from_slice(self.place.zip3.as_bytes());
        digits(out, random.below(100), 2);
        out.push(b',');
    }

    /// `phone`, with an exchange that nobody has; `email`; `insurance_id`.
    fn write_contact(&self, random: &mut Random, out: &mut Vec<u8>) {
        out.extend_from_slice(self.place.area.as_bytes());
        out.extend_from_slice(b"-555-");
        digits(out, random.below(10_000), 4);
        out.push(b',');
        letters(out, self.given);
        out.push(b'.');
        letters(out, self.family);
        digits(out, random.below(1_000), 1);
        out.push(b'@');
        field(out, DOMAINS[random.below(DOMAINS.len())]);
        let number = random.next();
        out.extend((0..3).map(|place| b'A' + (number >> (32 + 8 * place)) as u8 % 26));
        digits(out, (number & 0xffff_ffff) as usize % 1_000_000_000, 9);
        out.push(b',');
    }
}

/// Appends a text that needs no quotes, and a comma.
#[inline]
fn field(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
    out.push(b',');
}

/// Appends the ASCII letters of a name in lower case.
#[inline]
fn letters(out: &mut Vec<u8>, name: &str) {
    out.extend(name.bytes().filter(u8::is_ascii_alphabetic).map(|byte| byte.to_ascii_lowercase()));
}

/// Appends a number in decimal with at least `width` digits.
#[inline]
fn digits(out: &mut Vec<u8>, mut number: usize, width: usize) {
    let mut text = [b'0'; 20];
    let mut start = text.len();
    while number > 0 || start > text.len() - width {
        start -= 1;
        text[start] = b'0' + (number % 10) as u8;
        number /= 10;
    }
    out.extend_from_slice(&text[start..]);
}

/// Appends 128 bits in the form of a random UUID (RFC 9562, version 4).
#[inline]
fn uuid(out: &mut Vec<u8>, high: u64, low: u64) {
    const HEX: [u8; 16] = *b"0123456789abcdef";
    // Six bits say version and variant, so the bits of the first half that they take go to the front of the second.
    let version = (high & !0xf000) | 0x4000;
    let variant = (low >> 6) | ((high >> 12) & 0xf) << 58 | 0b10 << 62;
    let mut text = [b'-'; 36];
    let places = (0..8).chain(9..13).chain(14..18).chain(19..23).chain(24..36);
    for (nibble, place) in places.enumerate() {
        let half = if nibble < 16 { version } else { variant };
        text[place] = HEX[((half >> (60 - 4 * (nibble % 16))) & 0xf) as usize];
    }
    out.extend_from_slice(&text);
}
