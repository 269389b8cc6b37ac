//! Years, quarters and months.

use moretta_guest::dates::{self, Date, four};

/// What is left of a date.
#[derive(Clone, Copy)]
pub(crate) enum Period {
    Year,
    Quarter,
    Month,
}

impl Period {
    /// Reads a date as text, or a year or a month where that says enough.
    pub(crate) fn read(self, value: &[u8]) -> Option<Date> {
        let first_day = match (self, value) {
            (Self::Year, [y1, y2, y3, y4]) => [*y1, *y2, *y3, *y4, b'-', b'0', b'1', b'-', b'0', b'1'],
            (_, [y1, y2, y3, y4, b'-', m1, m2]) => [*y1, *y2, *y3, *y4, b'-', *m1, *m2, b'-', b'0', b'1'],
            _ => return dates::parse(value).map(|written| written.date),
        };
        dates::parse(&first_day).map(|written| written.date)
    }

    /// Appends `1980`, `1980-Q2` or `1980-04`.
    #[inline]
    pub(crate) fn write(self, date: Date, out: &mut Vec<u8>) {
        let [y1, y2, y3, y4] = four(date.year());
        match self {
            Self::Year => out.extend_from_slice(&[y1, y2, y3, y4]),
            Self::Quarter => {
                out.extend_from_slice(&[y1, y2, y3, y4, b'-', b'Q', b'1' + ((date.month() - 1) / 3) as u8])
            }
            Self::Month => {
                let [_, _, m1, m2] = four(date.month());
                out.extend_from_slice(&[y1, y2, y3, y4, b'-', m1, m2]);
            }
        }
    }

    /// How many bytes [`write`](Self::write) appends.
    pub(crate) fn length(self) -> usize {
        match self {
            Self::Year => 4,
            Self::Quarter | Self::Month => 7,
        }
    }
}
