//! Random bytes for the rows of one call: `randomness` in `wit/random.wit`.

use super::Refusal;

/// Bytes for each row, at most.
const MOST: u32 = 16;

/// Randomness in the hands of one call. It is drawn from once.
#[derive(Debug)]
pub struct LentRandomness {
    /// The rows of the call, none once it was drawn.
    rows: Option<usize>,
}

impl LentRandomness {
    /// For a call with so many rows.
    pub fn for_rows(rows: usize) -> Self {
        Self { rows: Some(rows) }
    }

    /// So many bytes (1 to 16) for each row, from the system's generator.
    ///
    /// # Errors
    /// [`Refusal::InvalidParameter`]: `bytes` is out of range, or the system gives no random bytes.
    /// [`Refusal::QuotaExhausted`]: it was drawn before.
    pub fn draw(&mut self, bytes: u32) -> Result<Vec<u8>, Refusal> {
        let bytes = usize::try_from(bytes).ok().filter(|_| (1..=MOST).contains(&bytes));
        let bytes = bytes.ok_or(Refusal::InvalidParameter)?;
        let rows = self.rows.take().ok_or(Refusal::QuotaExhausted)?;
        let mut drawn = vec![0; rows.saturating_mul(bytes)];
        getrandom::fill(&mut drawn).map_err(|_| Refusal::InvalidParameter)?;
        Ok(drawn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_drawn_from_once_and_differs() {
        let mut lent = LentRandomness::for_rows(100);
        assert_eq!(lent.draw(0), Err(Refusal::InvalidParameter));
        assert_eq!(lent.draw(17), Err(Refusal::InvalidParameter));
        let drawn = lent.draw(16).unwrap();
        assert_eq!((drawn.len(), lent.draw(16)), (1600, Err(Refusal::QuotaExhausted)));
        assert_ne!(drawn, LentRandomness::for_rows(100).draw(16).unwrap());
    }
}
