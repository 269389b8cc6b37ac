//! Redaction: a constant, one character for each character, or a null.

use moretta_guest::{
    BatchError, Column, Masked, Masker, RejectionCode, Request, Text, Values, Variable, mask_each, only,
};
use serde::Deserialize;

/// The plugin.
#[derive(Debug)]
pub struct Redact;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    fill: Fill,
    value: String,
    character: char,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Fill {
    Constant,
    SameLength,
    Null,
}

impl Masker for Redact {
    fn mask(request: &Request, columns: Vec<Column>, _: &[Column]) -> Result<Masked, BatchError> {
        let config: Config = request.config()?;
        let column = only(columns)?;
        match (config.fill, &column.values) {
            (Fill::Null, _) => Ok(Column::nulls(&column).into()),
            (Fill::Constant, Values::Text(_)) => Ok(fill_constant(column.text()?, &config.value)),
            (Fill::SameLength, Values::Text(_)) => fill_same_length(column, config.character),
            _ => Err(BatchError::InvalidConfig),
        }
    }
}

fn fill_constant(text: Text<'_>, constant: &str) -> Masked {
    let constant = constant.as_bytes();
    if !text.validity().has_nulls() && text.iter_bytes().all(|value| value != Some(constant)) {
        return repeat(constant, text.rows()).into();
    }
    mask_each(text.iter_bytes(), text.rows() * constant.len(), |value, out| {
        if value == constant && !value.is_empty() {
            return Err(RejectionCode::Unchanged);
        }
        out.extend_from_slice(constant);
        Ok(())
    })
}

/// One value in every row.
fn repeat(value: &[u8], rows: usize) -> Column {
    let offsets = (0..=rows).map(|row| (row * value.len()) as u32).collect();
    let values = Values::Text(Variable { offsets, data: value.repeat(rows) });
    Column { rows: rows as u32, validity: None, values }
}

fn fill_same_length(mut column: Column, character: char) -> Result<Masked, BatchError> {
    let text = column.text()?;
    let mut buffer = [0; 4];
    let fill = character.encode_utf8(&mut buffer).as_bytes();
    let is_unchanged = |value: &[u8]| !value.is_empty() && value.chunks(fill.len()).all(|part| part == fill);
    if fill.len() == 1 && text.data().is_ascii() && !text.iter_bytes().flatten().any(is_unchanged) {
        if let Values::Text(Variable { data, .. }) = &mut column.values {
            data.fill(fill[0]);
        }
        return Ok(column.into());
    }
    Ok(mask_each(text.iter_bytes(), text.data().len() * fill.len(), |value, out| {
        if is_unchanged(value) {
            return Err(RejectionCode::Unchanged);
        }
        (0..characters(value)).for_each(|_| out.extend_from_slice(fill));
        Ok(())
    }))
}

/// How many Unicode characters UTF-8 bytes hold: all bytes but those that continue a character.
fn characters(value: &[u8]) -> usize {
    value.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

moretta_guest::masker!(Redact);

#[cfg(test)]
mod tests {
    use moretta_guest::NumberBuilder;
    use moretta_guest::testing::{check_cases, check_promises};
    use proptest::prelude::*;

    use super::*;

    fn redact(fill: &str, value: &str, character: char, column: Column) -> Result<Masked, BatchError> {
        let config = format!(r#"{{"fill":{fill:?},"value":{value:?},"character":"{character}"}}"#);
        let request = Request { transform: "redact".to_owned(), config, reference_date: None };
        Redact::mask(&request, vec![column], &[])
    }

    #[test]
    fn golden_cases_hold() {
        check_cases(include_str!("../manifest.json"), |case| Redact::mask(&case.request, case.columns().to_vec(), &[]));
    }

    #[test]
    fn a_column_of_any_type_becomes_nulls_of_its_type() {
        let bytes = Variable { offsets: vec![0, 2], data: vec![1, 2] };
        for values in [Values::Binary(bytes), Values::Boolean(vec![1]), Values::Float64(vec![1.5])] {
            let column = Column { rows: 1, validity: None, values };
            let masked = redact("null", "", 'X', column.clone()).unwrap();
            assert_eq!(masked, Column::nulls(&column).into());
            check_promises(&column, &masked, false, true);
        }
    }

    #[test]
    fn a_number_is_not_filled_with_text() {
        let mut numbers = NumberBuilder::with_capacity(1);
        numbers.push(Some(7));
        let numbers = numbers.finish_int64();
        for fill in ["constant", "same-length"] {
            assert_eq!(redact(fill, "X", 'X', numbers.clone()), Err(BatchError::InvalidConfig));
        }
    }

    proptest! {
        #[test]
        fn keeps_its_promises(
            values in proptest::collection::vec(proptest::option::of("[XR•a-cé]{0,6}"), 0..20),
            fill in "constant|same-length|null",
            value in "[XR•]{0,3}",
            character in "[X•]",
        ) {
            let input = Column::from_text(values.iter().map(Option::as_deref));
            let masked = redact(&fill, &value, character.chars().next().unwrap(), input.clone()).unwrap();
            let cells = check_promises(&input, &masked, false, fill == "null");
            for (cell, before) in cells.iter().zip(&values) {
                if let (Some(cell), Some(before), "same-length") = (cell, before, fill.as_str()) {
                    prop_assert_eq!(cell.as_str().unwrap(), character.repeat(before.chars().count()));
                }
            }
        }
    }
}
