//! Noise: a number becomes another near it, by the host's random numbers.
//!
//! The difference is drawn evenly from `-amount` to `amount`, without 0, in steps of the value's last decimal; a result that
//! would pass a bound goes the other way. So no value stays, sums and means stay near, and two runs differ. A single value
//! can still be bounded by who sees its masked form, and the mean of several runs comes near it: this is no differential
//! privacy.

mod decimal;

use decimal::Decimal;
use moretta_guest::{
    BatchError, Column, Masked, Numbers, RandomMasker, Randomness, RejectionCode, Rejections, Request, Text, Values,
    mask_each, only,
};
use serde::Deserialize;

/// The plugin.
#[derive(Debug)]
pub struct Noise;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    amount: f64,
    bottom: Option<f64>,
    top: Option<f64>,
}

/// Bytes of randomness for each row.
const DRAW: usize = 8;

impl RandomMasker for Noise {
    fn mask(
        request: &Request,
        columns: Vec<Column>,
        _: &[Column],
        randomness: &impl Randomness,
    ) -> Result<Masked, BatchError> {
        let config: Config = request.config()?;
        let bounds_fit = config.bottom.zip(config.top).is_none_or(|(bottom, top)| bottom < top);
        if !(config.amount.is_finite() && config.amount > 0.0 && bounds_fit) {
            return Err(BatchError::InvalidConfig);
        }
        let column = only(columns)?;
        let drawn = randomness.draw(DRAW as u32)?;
        let (drawn, rest) = drawn.as_chunks::<DRAW>();
        if drawn.len() != column.rows as usize || !rest.is_empty() {
            return Err(BatchError::Internal);
        }
        match &column.values {
            Values::Text(_) => Ok(config.texts(column.text()?, drawn)),
            Values::Int64(_) => Ok(config.integers(&column, column.int64()?, drawn)),
            Values::Float64(_) => Ok(config.floats(&column, column.float64()?, drawn)),
            _ => Err(BatchError::UnsupportedType),
        }
    }
}

impl Config {
    fn texts(&self, text: Text<'_>, drawn: &[[u8; DRAW]]) -> Masked {
        let values = text.iter().zip(drawn).map(|(value, drawn)| value.map(|value| (value, drawn)));
        mask_each(values, text.data().len() + text.rows(), |(value, drawn), out| {
            if value.is_empty() {
                return Ok(());
            }
            let mut number = Decimal::parse(value).ok_or(RejectionCode::Unparsable)?;
            number.unscaled = self.shift(number.unscaled, number.decimals, drawn).ok_or(RejectionCode::OutOfRange)?;
            number.write(out);
            Ok(())
        })
    }

    fn integers(&self, column: &Column, numbers: Numbers<'_, i64>, drawn: &[[u8; DRAW]]) -> Masked {
        let (mut values, mut rejections) = (Vec::with_capacity(drawn.len()), Rejections::default());
        for (row, (number, drawn)) in numbers.iter().zip(drawn).enumerate() {
            let shifted = number.map(|number| self.shift(number, 0, drawn));
            if shifted == Some(None) {
                rejections.push(row, RejectionCode::OutOfRange);
            }
            values.push(shifted.flatten().unwrap_or_default());
        }
        rejections.with(Column { values: Values::Int64(values), ..column.clone() })
    }

    fn floats(&self, column: &Column, numbers: Numbers<'_, f64>, drawn: &[[u8; DRAW]]) -> Masked {
        let (mut values, mut rejections) = (Vec::with_capacity(drawn.len()), Rejections::default());
        for (row, (number, drawn)) in numbers.iter().zip(drawn).enumerate() {
            let shifted = number.map(|number| self.shift_float(number, drawn));
            if shifted == Some(None) {
                rejections.push(row, RejectionCode::OutOfRange);
            }
            values.push(shifted.flatten().unwrap_or_default());
        }
        rejections.with(Column { values: Values::Float64(values), ..column.clone() })
    }

    /// A number of so many decimals, without its point, moved by at least one step. `None` if there is no room for it.
    fn shift(&self, unscaled: i64, decimals: u32, drawn: &[u8; DRAW]) -> Option<i64> {
        let scale = 10_f64.powi(decimals as i32);
        let steps = (self.amount * scale).floor();
        // Of what a float holds exactly; and no step is left where the amount is less than one.
        if !(1.0..9e15).contains(&steps) {
            return None;
        }
        let drawn = u64::from_le_bytes(*drawn);
        let step = i64::try_from((drawn >> 1) % steps as u64).ok()? + 1;
        let step = if drawn & 1 == 0 { step } else { -step };
        let fits = |moved: &i64| {
            let moved = *moved as f64 / scale;
            self.bottom.is_none_or(|bottom| moved >= bottom) && self.top.is_none_or(|top| moved <= top)
        };
        let moved = |step: i64| unscaled.checked_add(step).filter(fits);
        moved(step).or_else(|| moved(-step))
    }

    fn shift_float(&self, number: f64, drawn: &[u8; DRAW]) -> Option<f64> {
        let drawn = u64::from_le_bytes(*drawn);
        // 53 bits, from just above 0 to 1.
        let part = ((drawn >> 11) + 1) as f64 / (1_u64 << 53) as f64;
        let step = self.amount * if drawn & 1 == 0 { part } else { -part };
        let fits = |moved: &f64| {
            moved.is_finite()
                && *moved != number
                && self.bottom.is_none_or(|bottom| *moved >= bottom)
                && self.top.is_none_or(|top| *moved <= top)
        };
        Some(number + step).filter(fits).or_else(|| Some(number - step).filter(fits))
    }
}

moretta_guest::random_masker!(Noise);

#[cfg(test)]
mod tests {
    use moretta_guest::NumberBuilder;
    use moretta_guest::testing::{TestKey, check_cases, check_promises};
    use proptest::prelude::*;

    use super::*;

    fn mask(config: &str, column: &Column) -> Result<Masked, BatchError> {
        let request = Request { transform: "noise".to_owned(), config: config.to_owned(), reference_date: None };
        Noise::mask(&request, vec![column.clone()], &[], &TestKey::for_columns(std::slice::from_ref(column)))
    }

    fn integers(values: &[i64]) -> Column {
        let mut builder = NumberBuilder::with_capacity(values.len());
        values.iter().for_each(|value| builder.push(Some(*value)));
        builder.finish_int64()
    }

    #[test]
    fn golden_cases_hold() {
        check_cases(include_str!("../manifest.json"), |case| {
            Noise::mask(&case.request, case.columns().to_vec(), &[], &TestKey::for_columns(case.columns()))
        });
    }

    #[test]
    fn refuses_what_makes_no_sense() {
        for config in [
            r#"{"amount":0.0,"bottom":null,"top":null}"#,
            r#"{"amount":-1.0,"bottom":null,"top":null}"#,
            r#"{"amount":1.0,"bottom":5.0,"top":5.0}"#,
        ] {
            assert_eq!(mask(config, &integers(&[1])), Err(BatchError::InvalidConfig), "{config}");
        }
    }

    #[test]
    fn rejects_what_has_no_room() {
        let masked = mask(r#"{"amount":3.0,"bottom":0.0,"top":1.0}"#, &integers(&[0, 1, 50])).unwrap();
        let rows: Vec<_> = masked.rejections.iter().map(|rejection| rejection.row).collect();
        assert!(rows.contains(&2), "{rows:?}");
        let masked = mask(r#"{"amount":0.5,"bottom":null,"top":null}"#, &integers(&[7])).unwrap();
        assert_eq!(masked.rejections.len(), 1, "no step is left for whole numbers");
    }

    proptest! {
        #[test]
        fn moves_every_number_a_little_and_none_past_a_bound(
            values in proptest::collection::vec(-1000i64..1000, 1..50), amount in 1u32..50,
        ) {
            let input = integers(&values);
            let config = format!(r#"{{"amount":{amount}.0,"bottom":-1000.0,"top":1000.0}}"#);
            let masked = mask(&config, &input).unwrap();
            check_promises(&input, &masked, false, false);
            prop_assert!(masked.rejections.is_empty());
            for (masked, value) in masked.columns[0].int64().unwrap().iter().zip(&values) {
                let moved = masked.unwrap();
                prop_assert!((moved - value).abs() <= i64::from(amount) && (-1000..=1000).contains(&moved));
            }
        }

        #[test]
        fn decimals_stay_as_many(whole in -10_000i64..10_000, cents in 0u32..100) {
            let value = format!("{whole}.{cents:02}");
            let input = Column::from_text([Some(value.as_str())]);
            let masked = mask(r#"{"amount":2.5,"bottom":null,"top":null}"#, &input).unwrap();
            check_promises(&input, &masked, false, false);
            let masked = masked.columns[0].text().unwrap().get(0).unwrap().to_owned();
            prop_assert_eq!(masked.split_once('.').unwrap().1.len(), 2);
            let (moved, value): (f64, f64) = (masked.parse().unwrap(), value.parse().unwrap());
            prop_assert!((moved - value).abs() < 2.500_001);
        }
    }
}
