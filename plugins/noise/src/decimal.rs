//! Decimal text as a whole number and the place of its point, so that no digit is lost.

/// A decimal number: `unscaled` divided by ten to the power of `decimals`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    pub(crate) unscaled: i64,
    pub(crate) decimals: u32,
}

impl Decimal {
    /// Digits with at most one point among them, and a minus before them, in blanks. `None` for all else, and for more
    /// digits than an `i64` holds.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim_ascii();
        let (is_negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let is_number = !whole.is_empty() && (digits.len() == whole.len() || !part.is_empty());
        if !is_number || !whole.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let magnitude: i64 = [whole, part].concat().parse().ok()?;
        let unscaled = if is_negative { -magnitude } else { magnitude };
        Some(Self { unscaled, decimals: part.len() as u32 })
    }

    /// Appends the text.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let decimals = self.decimals as usize;
        let digits = format!("{:0width$}", self.unscaled.unsigned_abs(), width = decimals + 1);
        let (whole, part) = digits.split_at(digits.len() - decimals);
        if self.unscaled < 0 {
            out.push(b'-');
        }
        out.extend_from_slice(whole.as_bytes());
        if decimals > 0 {
            out.push(b'.');
            out.extend_from_slice(part.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_decimals() {
        for text in ["0", "7", "-7", "12.50", "-0.05", "0.001", "9223372036854775807"] {
            let mut written = Vec::new();
            Decimal::parse(text).unwrap().write(&mut written);
            assert_eq!(written, text.as_bytes());
        }
    }

    #[test]
    fn reads_nothing_else() {
        for text in ["", "-", ".5", "5.", "1e3", "1,5", "+1", "--1", "0x1", "9223372036854775808", "1.2.3", "NaN"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }
}
