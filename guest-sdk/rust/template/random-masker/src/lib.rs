//! Moves whole numbers by a random difference.

use moretta_guest::{
    BatchError, Column, Masked, RandomMasker, Randomness, RejectionCode, Request, mask_each, only,
};
use serde::Deserialize;

/// The plugin.
#[derive(Debug)]
pub struct MovedNumbers;

/// The options of a rule, as the schema in `manifest.json` has them.
#[derive(Deserialize)]
struct Config {
    most: i64,
}

/// How many random bytes a row is given.
const DRAW: usize = 8;

impl RandomMasker for MovedNumbers {
    fn mask(
        request: &Request,
        columns: Vec<Column>,
        _: &[Column],
        randomness: &impl Randomness,
    ) -> Result<Masked, BatchError> {
        let config: Config = request.config()?;
        let column = only(columns)?;
        let text = column.text()?;
        let drawn = randomness.draw(DRAW as u32)?;
        let rows = text.iter().zip(drawn.chunks_exact(DRAW));
        let rows = rows.map(|(value, drawn)| value.map(|value| (value, drawn)));
        Ok(mask_each(rows, text.data().len() + text.rows(), |(value, drawn), moved| {
            if value.is_empty() {
                return Ok(());
            }
            let number: i64 = value.parse().map_err(|_| RejectionCode::Unparsable)?;
            let result = number.checked_add(difference(drawn, config.most));
            moved.extend(result.ok_or(RejectionCode::OutOfRange)?.to_string().bytes());
            Ok(())
        }))
    }
}

/// From `-most` to `most` without 0, as evenly as eight bytes allow.
fn difference(drawn: &[u8], most: i64) -> i64 {
    let number = drawn.iter().fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
    let difference = (number % (2 * most as u64)) as i64 - most;
    if difference < 0 { difference } else { difference + 1 }
}

moretta_guest::random_masker!(MovedNumbers);

#[cfg(test)]
mod tests {
    use moretta_guest::testing::{TestKey, check_cases};

    use super::*;

    #[test]
    fn the_golden_cases_come_out() {
        check_cases(include_str!("../manifest.json"), |case| {
            let key = TestKey::for_columns(case.columns());
            MovedNumbers::mask(&case.request, case.columns().to_vec(), &[], &key)
        });
    }

    #[test]
    fn a_difference_is_in_its_bounds_and_never_none() {
        let mut found: Vec<_> = (0..100_u64).map(|n| difference(&n.to_be_bytes(), 3)).collect();
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, [-3, -2, -1, 1, 2, 3]);
    }
}
