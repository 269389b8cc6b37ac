//! Ranges of numbers.

use moretta_guest::{BatchError, RejectionCode};

/// Ranges of one width between two ends, counted from the bottom or else from 0.
pub(crate) struct Bins {
    width: i64,
    bottom: Option<i64>,
    top: Option<i64>,
}

impl Bins {
    /// Refuses a width that hides nothing, and a top that is not above the bottom.
    pub(crate) fn new(width: i64, bottom: Option<i64>, top: Option<i64>) -> Result<Self, BatchError> {
        let crossed = matches!((bottom, top), (Some(bottom), Some(top)) if top <= bottom);
        if width < 2 || crossed { Err(BatchError::InvalidConfig) } else { Ok(Self { width, bottom, top }) }
    }

    /// Appends the range that a number lies in: `40-49`, `-10 to -1`, `<18`, `90+`. A range ends before the top.
    #[inline]
    pub(crate) fn write(&self, value: i64, out: &mut Vec<u8>) -> Result<(), RejectionCode> {
        let mut decimal = itoa::Buffer::new();
        if let Some(bottom) = self.bottom.filter(|bottom| value < *bottom) {
            out.push(b'<');
            out.extend_from_slice(decimal.format(bottom).as_bytes());
        } else if let Some(top) = self.top.filter(|top| value >= *top) {
            out.extend_from_slice(decimal.format(top).as_bytes());
            out.push(b'+');
        } else {
            let (low, high) = self.range(value).ok_or(RejectionCode::OutOfRange)?;
            out.extend_from_slice(decimal.format(low).as_bytes());
            out.extend_from_slice(if low < 0 { b" to " } else { b"-" });
            out.extend_from_slice(decimal.format(high).as_bytes());
        }
        Ok(())
    }

    /// The ends of a number's range, both inclusive; `None` where they leave 64 bits.
    fn range(&self, value: i64) -> Option<(i64, i64)> {
        let steps = value.checked_sub(self.bottom.unwrap_or(0))?;
        let low = value.checked_sub(steps.rem_euclid(self.width))?;
        match (low.checked_add(self.width - 1), self.top) {
            (Some(high), Some(top)) => Some((low, high.min(top - 1))),
            (None, Some(top)) => Some((low, top - 1)),
            (high, None) => Some((low, high?)),
        }
    }
}

/// The whole number at or below a decimal number as text: an optional sign, digits, and an optional fraction.
pub(crate) fn whole(text: &[u8]) -> Result<i64, RejectionCode> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let mut parts = digits.splitn(2, |byte| *byte == b'.');
    let (whole, fraction) = (parts.next().unwrap_or_default(), parts.next());
    let all_digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    if !all_digits(whole) || !fraction.is_none_or(all_digits) {
        return Err(RejectionCode::Unparsable);
    }
    // Counted downwards, where there is one number more.
    let mut value = 0i64;
    for digit in whole {
        let next = value.checked_mul(10).and_then(|value| value.checked_sub(i64::from(digit - b'0')));
        value = next.ok_or(RejectionCode::OutOfRange)?;
    }
    let below = negative && fraction.is_some_and(|digits| digits.iter().any(|digit| *digit != b'0'));
    let value = if negative { value.checked_sub(i64::from(below)) } else { value.checked_neg() };
    value.ok_or(RejectionCode::OutOfRange)
}

/// The whole number at or below a number. There is none for infinities and for what is not a number.
#[inline]
pub(crate) fn floor(value: f64) -> Result<i64, RejectionCode> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&value) { Ok(value.floor() as i64) } else { Err(RejectionCode::OutOfRange) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn label(bins: &Bins, value: i64) -> Option<String> {
        let mut out = Vec::new();
        bins.write(value, &mut out).ok()?;
        Some(String::from_utf8(out).unwrap())
    }

    #[test]
    fn ranges_are_counted_from_the_bottom_and_end_before_the_top() {
        let bins = Bins::new(10, Some(18), Some(90)).unwrap();
        for (value, expected) in [(17, "<18"), (18, "18-27"), (87, "78-87"), (88, "88-89"), (89, "88-89"), (90, "90+")]
        {
            assert_eq!(label(&bins, value).as_deref(), Some(expected));
        }
        assert_eq!(label(&bins, i64::MIN).as_deref(), Some("<18"));
        assert_eq!(label(&bins, i64::MAX).as_deref(), Some("90+"));
    }

    #[test]
    fn negative_numbers_have_ranges_of_their_own() {
        let bins = Bins::new(10, None, None).unwrap();
        assert_eq!(label(&bins, -1).as_deref(), Some("-10 to -1"));
        assert_eq!(label(&bins, -10).as_deref(), Some("-10 to -1"));
        assert_eq!(label(&bins, -11).as_deref(), Some("-20 to -11"));
    }

    #[test]
    fn the_ends_of_64_bits_are_rejected_and_not_wrapped() {
        let bins = Bins::new(i64::MAX, None, None).unwrap();
        assert_eq!(label(&bins, i64::MIN), None);
        let bins = Bins::new(10, Some(i64::MIN), None).unwrap();
        assert_eq!(label(&bins, i64::MAX), None);
        let bins = Bins::new(i64::MAX, Some(-5), Some(i64::MAX)).unwrap();
        assert_eq!(label(&bins, 3).as_deref(), Some("-5 to 9223372036854775801"));
    }

    #[test]
    fn refuses_widths_and_ends_that_make_no_sense() {
        for (width, bottom, top) in [(1, None, None), (0, None, None), (-5, None, None), (10, Some(5), Some(5))] {
            assert!(matches!(Bins::new(width, bottom, top), Err(BatchError::InvalidConfig)));
        }
    }

    #[test]
    fn reads_decimal_text_and_nothing_else() {
        for (text, value) in [
            ("0", 0),
            ("-0.0", 0),
            ("45.99", 45),
            ("-0.1", -1),
            ("-12.0", -12),
            ("+7", 7),
            ("0007", 7),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(whole(text.as_bytes()), Ok(value), "{text}");
        }
        for text in ["", "-", ".", "1.", ".5", "1e5", "nan", "inf", "1,000", "0x10", "1 2", "--1", "1.2.3", "٣"] {
            assert_eq!(whole(text.as_bytes()), Err(RejectionCode::Unparsable), "{text}");
        }
        for text in ["9223372036854775808", "-9223372036854775809", "-9223372036854775808.5"] {
            assert_eq!(whole(text.as_bytes()), Err(RejectionCode::OutOfRange), "{text}");
        }
    }

    proptest! {
        #[test]
        fn text_and_numbers_agree(value in -1e12f64..1e12) {
            prop_assert_eq!(whole(format!("{value}").as_bytes()), floor(value));
        }
    }
}
