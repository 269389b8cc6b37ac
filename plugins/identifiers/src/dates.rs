//! Dates as people and programs write them.

use crate::digits::number;

/// A date, perhaps with a time: `2026-01-31`, `2026-01-31T10:00:00Z`, `1/31/2026`, `31.01.26`, `31 Jan 2026`,
/// `January 31, 2026`, `31-JAN-26`, `Sat, 31 Jan 2026`, `2026/01`.
pub fn is_date(value: &[u8]) -> bool {
    let date = match value {
        [_, _, _, _, b'-', _, _, b'-', _, _, ..] => {
            let (date, time) = value.split_at(10);
            return is_day(&date[..4], &date[5..7], &date[8..]) && is_time_behind(time);
        }
        _ => value,
    };
    let mut parts = Parts::of(date);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(Part::Word(_)), second @ Some(Part::Number(_)), third) if is_weekday_first(value) => {
            is_parts(second, third, parts.next(), &parts)
        }
        (first, second, third) => is_parts(first, second, third, &parts),
    }
}

fn is_weekday_first(value: &[u8]) -> bool {
    value.len() > 4 && value.get(..3).is_some_and(|word| DAYS.iter().any(|day| word.eq_ignore_ascii_case(day)))
}

fn is_parts(first: Option<Part<'_>>, second: Option<Part<'_>>, third: Option<Part<'_>>, rest: &Parts<'_>) -> bool {
    let date = match (first, second, third) {
        (Some(Part::Number(a)), Some(Part::Number(b)), Some(Part::Number(c))) => match (a.len(), c.len()) {
            (4, 1 | 2) => is_day(a, b, c),
            (1 | 2, 2 | 4) => is_day(c, a, b) || is_day(c, b, a),
            _ => false,
        },
        (Some(Part::Number(day)), Some(Part::Word(month)), Some(Part::Number(year))) => is_day_of(day, month, year),
        (Some(Part::Word(month)), Some(Part::Number(day)), Some(Part::Number(year))) => is_day_of(day, month, year),
        (Some(Part::Number(year)), Some(Part::Number(month)), None) => {
            year.len() == 4 && month.len() == 2 && is_day(year, month, b"1")
        }
        _ => false,
    };
    date && rest.is_one_mark() && is_time_behind(rest.left)
}

/// `20260131`.
pub fn is_compact(digits: &[u8]) -> bool {
    digits.len() == 8 && is_day(&digits[..4], &digits[4..6], &digits[6..])
}

const DAYS: [&[u8]; 7] = [b"mon", b"tue", b"wed", b"thu", b"fri", b"sat", b"sun"];

const MONTHS: [&[u8]; 12] = [
    b"january",
    b"february",
    b"march",
    b"april",
    b"may",
    b"june",
    b"july",
    b"august",
    b"september",
    b"october",
    b"november",
    b"december",
];

enum Part<'a> {
    Number(&'a [u8]),
    Word(&'a [u8]),
}

/// Numbers and words, three at most, and one kind of mark between them.
struct Parts<'a> {
    left: &'a [u8],
    mark: u8,
    marks: usize,
}

impl<'a> Parts<'a> {
    fn of(left: &'a [u8]) -> Self {
        Self { left, mark: 0, marks: 0 }
    }

    fn next(&mut self) -> Option<Part<'a>> {
        if !self.skip_mark() {
            return None;
        }
        let is_number = self.left.first()?.is_ascii_digit();
        let alike = |byte: &&u8| if is_number { byte.is_ascii_digit() } else { byte.is_ascii_alphabetic() };
        let length = self.left.iter().take(10).take_while(alike).count();
        let (part, left) = self.left.split_at(length);
        if length == 0 {
            return None;
        }
        self.left = left;
        // `1st`, `22nd`
        if is_number && matches!(left, [b's' | b'n' | b'r' | b't', b't' | b'd' | b'h', ..]) {
            self.left = &left[2..];
        }
        Some(if is_number { Part::Number(part) } else { Part::Word(part) })
    }

    /// False where something else stands there.
    fn skip_mark(&mut self) -> bool {
        match self.left {
            [b',' | b'.', b' ', rest @ ..] => self.left = rest,
            [mark @ (b'-' | b'/' | b'.' | b' '), rest @ ..] => {
                let other = self.marks > 0 && self.mark != *mark;
                (self.left, self.mark, self.marks) = (rest, if other { b'?' } else { *mark }, self.marks + 1);
            }
            _ => {}
        }
        true
    }

    fn is_one_mark(&self) -> bool {
        self.mark != b'?'
    }
}

fn is_day_of(day: &[u8], word: &[u8], year: &[u8]) -> bool {
    let named = |month: &[u8]| {
        (word.len() == 3 && word.eq_ignore_ascii_case(&month[..3]))
            || word.eq_ignore_ascii_case(month)
            || word.eq_ignore_ascii_case(b"sept") && month[0] == b's'
    };
    let month = MONTHS.iter().position(|month| named(month));
    month.is_some_and(|month| {
        matches!(year.len(), 2 | 4) && day.len() <= 2 && is_in(year, month as u32 + 1, number(day))
    })
}

fn is_day(year: &[u8], month: &[u8], day: &[u8]) -> bool {
    let digits = [year, month, day].iter().all(|part| part.iter().all(u8::is_ascii_digit));
    digits && month.len() <= 2 && day.len() <= 2 && is_in(year, number(month), number(day))
}

fn is_in(year: &[u8], month: u32, day: u32) -> bool {
    let is_year = year.len() == 2 || matches!(number(year), 1850..=2150 | 9999);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 29,
        1..=12 => 31,
        _ => 0,
    };
    is_year && (1..=days).contains(&day)
}

/// Nothing, or a time with a zone: digits, colons, and what stands for a zone.
fn is_time_behind(rest: &[u8]) -> bool {
    let time = match rest {
        [] => return true,
        [b'T' | b't' | b' ', time @ ..] | [b',', b' ', time @ ..] => time,
        _ => return false,
    };
    let symbol = |byte: &u8| byte.is_ascii_digit() || b":.+-ZzAaPpMm UTCGESDutc".contains(byte);
    time.len() >= 4 && time.len() <= 40 && time[0].is_ascii_digit() && time.contains(&b':') && time.iter().all(symbol)
}
