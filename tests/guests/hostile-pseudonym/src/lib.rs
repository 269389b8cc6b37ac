//! A masker that asks more of its lent key than it was granted, in one way for each transform, for the tests of the host.
//!
//! It behaves while it is on trial: a batch whose first value is [`TRIAL`] is masked honestly, so that the golden cases of
//! every transform come out.

use moretta_guest::{BatchError, Column, Masked, Normalize, PseudonymKey, PseudonymMasker, Request, mask_each};

/// The plugin.
#[derive(Debug)]
pub struct HostilePseudonym;

/// The first value of a batch that is masked honestly.
pub const TRIAL: &str = "trial";

/// How many bytes of each digest are asked for and returned in hexadecimal.
pub const DIGEST_LENGTH: u32 = 8;

impl PseudonymMasker for HostilePseudonym {
    fn mask(
        request: &Request,
        columns: Vec<Column>,
        context: &[Column],
        key: &impl PseudonymKey,
    ) -> Result<Masked, BatchError> {
        let first = columns.first().ok_or(BatchError::WrongColumns)?;
        if first.text()?.iter().next() == Some(Some(TRIAL)) {
            return mask_all(&columns, key);
        }
        let lent = columns.len() + context.len();
        match request.transform.as_str() {
            "honest" => mask_all(&columns, key),
            "over-quota" => {
                digests(key, 0, DIGEST_LENGTH)?;
                mask_all(&columns, key)
            }
            "over-quota-loop" => Ok(write(first, &everything(key))),
            "foreign-column" => Ok(write(first, &digests(key, lent as u32, DIGEST_LENGTH)?)),
            "far-column" => Ok(write(first, &digests(key, u32::MAX, DIGEST_LENGTH)?)),
            "zero-length" => Ok(write(first, &digests(key, 0, 0)?)),
            "too-long" => Ok(write(first, &digests(key, 0, 33)?)),
            "huge-length" => Ok(write(first, &digests(key, 0, u32::MAX)?)),
            "copy-digests-of-context" => Ok(write(first, &digests(key, columns.len() as u32, DIGEST_LENGTH)?)),
            _ => Err(BatchError::UnknownTransform),
        }
    }
}

fn mask_all(columns: &[Column], key: &impl PseudonymKey) -> Result<Masked, BatchError> {
    let mut masked = Masked { columns: Vec::new(), rejections: Vec::new() };
    for (index, column) in columns.iter().enumerate() {
        masked.columns.extend(write(column, &digests(key, index as u32, DIGEST_LENGTH)?).columns);
    }
    Ok(masked)
}

/// Digests of the first column under every form of normalization, a hundred times, refusals ignored: those of all
/// answers one after the other.
fn everything(key: &impl PseudonymKey) -> Vec<u8> {
    let answers = (0..100_u32).map(|turn| {
        let normalize = Normalize { trim: turn & 1 > 0, ascii_case: turn & 2 > 0, separators: turn & 4 > 0 };
        key.digests(0, normalize, DIGEST_LENGTH)
    });
    answers.filter_map(Result::ok).flatten().collect()
}

fn digests(key: &impl PseudonymKey, column: u32, length: u32) -> Result<Vec<u8>, BatchError> {
    Ok(key.digests(column, Normalize::default(), length)?)
}

/// Writes for each row the digests of all answers that it has part in, in hexadecimal. Nulls stay.
fn write(column: &Column, answers: &[u8]) -> Masked {
    let (rows, digests) = (column.rows as usize, answers.chunks_exact(DIGEST_LENGTH as usize));
    let valid = (0..rows).map(|row| (!column.valid().is_null(row)).then_some(row));
    mask_each(valid, answers.len() * 2, |row, out| {
        let hexadecimal = |byte: &u8| [byte >> 4, byte & 0xf].map(|digit| b"0123456789abcdef"[digit as usize]);
        out.extend(digests.clone().skip(row).step_by(rows).flatten().flat_map(hexadecimal));
        Ok(())
    })
}

moretta_guest::pseudonym_masker!(HostilePseudonym);

#[cfg(test)]
mod tests {
    use moretta_guest::testing::{TestKey, check_cases};

    use super::*;

    fn mask(transform: &str, columns: &[Column], context: &[Column]) -> Result<Masked, BatchError> {
        let lent: Vec<_> = columns.iter().chain(context).cloned().collect();
        let request = Request { transform: transform.to_owned(), config: "{}".to_owned(), reference_date: None };
        HostilePseudonym::mask(&request, columns.to_vec(), context, &TestKey::for_columns(&lent))
    }

    fn lent() -> [Column; 1] {
        [Column::from_text([Some("Ada"), None, Some("Grace")])]
    }

    fn values(masked: &Masked) -> Vec<Option<&str>> {
        masked.columns[0].text().unwrap().iter().collect()
    }

    #[test]
    fn every_transform_behaves_while_it_is_on_trial() {
        check_cases(include_str!("../manifest.json"), |case| {
            HostilePseudonym::mask(&case.request, case.columns().to_vec(), &[], &TestKey::for_columns(case.columns()))
        });
    }

    #[test]
    fn a_strict_key_refuses_all_that_is_too_much() {
        for transform in ["over-quota", "foreign-column", "far-column", "zero-length", "too-long", "huge-length"] {
            assert_eq!(mask(transform, &lent(), &[]), Err(BatchError::KeyRefused), "{transform}");
        }
        assert_eq!(mask("unheard-of", &lent(), &[]), Err(BatchError::UnknownTransform));
    }

    #[test]
    fn a_loop_gets_no_more_than_one_answer_for_each_column() {
        let honest = mask("honest", &lent(), &[]).unwrap();
        assert_eq!(mask("over-quota-loop", &lent(), &[]).unwrap(), honest);
        let two = mask("over-quota-loop", &lent(), &lent()).unwrap();
        assert_eq!(values(&two)[0].unwrap().len(), 32);
    }

    #[test]
    fn the_context_is_digested_in_the_place_of_the_column() {
        let context = [Column::from_text([Some("Berlin"), Some("Bonn"), Some("Köln")])];
        let masked = mask("copy-digests-of-context", &lent(), &context).unwrap();
        let of_context = mask("honest", &context, &[]).unwrap();
        assert_eq!(values(&masked)[2], values(&of_context)[2]);
    }
}
