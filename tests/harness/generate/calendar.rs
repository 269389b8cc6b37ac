//! All days that occur, written once.

/// The first day: 1926-01-01.
const FIRST_YEAR: u32 = 1926;
/// The last day: 2025-12-31.
const LAST_YEAR: u32 = 2025;

/// Every day from the first to the last as `year-month-day`.
#[derive(Debug)]
pub(super) struct Calendar(Vec<[u8; 10]>);

impl Calendar {
    pub(super) fn new() -> Self {
        let mut days = Vec::with_capacity(36_525);
        for year in FIRST_YEAR..=LAST_YEAR {
            for month in 1..=12 {
                for day in 1..=days_in(year, month) {
                    let text = format!("{year:04}-{month:02}-{day:02}");
                    days.push(text.into_bytes().try_into().expect("a date has ten characters"));
                }
            }
        }
        Self(days)
    }

    /// How many days there are.
    pub(super) fn days(&self) -> usize {
        self.0.len()
    }

    /// A day, counted from the first.
    #[inline]
    pub(super) fn day(&self, day: usize) -> &[u8; 10] {
        &self.0[day]
    }
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_century_has_its_leap_days() {
        let calendar = Calendar::new();
        assert_eq!(calendar.days(), 100 * 365 + 25);
        assert_eq!(calendar.day(0), b"1926-01-01");
        assert_eq!(calendar.day(calendar.days() - 1), b"2025-12-31");
        assert!(calendar.0.contains(b"2000-02-29") && !calendar.0.contains(b"2001-02-29"));
    }
}
