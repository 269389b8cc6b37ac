//! Keeps the first characters of a text.

use moretta_guest::{BatchError, Column, Masked, Masker, RejectionCode, Request, mask_each, only};
use serde::Deserialize;

/// The plugin.
#[derive(Debug)]
pub struct FirstCharacters;

/// The options of a rule, as the schema in `manifest.json` has them.
#[derive(Deserialize)]
struct Config {
    keep: usize,
}

impl Masker for FirstCharacters {
    fn mask(request: &Request, columns: Vec<Column>, _: &[Column]) -> Result<Masked, BatchError> {
        let config: Config = request.config()?;
        let column = only(columns)?;
        let text = column.text()?;
        Ok(mask_each(text.iter(), text.rows() * 4, |value, masked| {
            shorten(value, config.keep, masked)
        }))
    }
}

/// Appends what takes the place of a value.
fn shorten(value: &str, keep: usize, masked: &mut Vec<u8>) -> Result<(), RejectionCode> {
    if value.is_empty() {
        return Ok(());
    }
    let kept = match value.char_indices().nth(keep) {
        Some((end, _)) => &value[..end],
        None => "",
    };
    if value.strip_prefix(kept) == Some("*") {
        return Err(RejectionCode::Unchanged);
    }
    masked.extend_from_slice(kept.as_bytes());
    masked.push(b'*');
    Ok(())
}

moretta_guest::masker!(FirstCharacters);

#[cfg(test)]
mod tests {
    use moretta_guest::testing::{check_cases, check_promises};

    use super::*;

    #[test]
    fn the_golden_cases_come_out() {
        let mask = |columns: &[Column], request: &Request| {
            FirstCharacters::mask(request, columns.to_vec(), &[])
        };
        check_cases(include_str!("../manifest.json"), |case| mask(case.columns(), &case.request));
    }

    #[test]
    fn no_value_comes_back_as_it_came() {
        let column = Column::from_text([Some("Ada"), Some("*"), Some("ab*"), Some("é"), None]);
        for keep in 0..3 {
            let config = format!(r#"{{"keep":{keep}}}"#);
            let request =
                Request { transform: "my-plugin".to_owned(), config, reference_date: None };
            let masked = FirstCharacters::mask(&request, vec![column.clone()], &[]).unwrap();
            check_promises(&column, &masked, false, false);
        }
    }
}
