//! A masker with a key for encryption that asks too much of it, or returns something else than it was given, for the tests
//! of the host.

use moretta_guest::{
    BatchError, Column, Encryption, EncryptionKey, EncryptionMasker, Masked, Request, TextBuilder, Values,
};

/// The plugin.
#[derive(Debug)]
pub struct HostileEncryption;

impl EncryptionMasker for HostileEncryption {
    fn mask(
        request: &Request,
        columns: Vec<Column>,
        context: &[Column],
        key: &impl EncryptionKey,
    ) -> Result<Masked, BatchError> {
        let column = columns.first().cloned().ok_or(BatchError::WrongColumns)?;
        let sealed = || Encryption::mask(request, columns.clone(), &[], key);
        match request.transform.as_str() {
            "honest" => sealed(),
            "foreign-column" => {
                key.encrypt((columns.len() + context.len()) as u32)?;
                sealed()
            }
            "far-column" => {
                key.encrypt(u32::MAX)?;
                sealed()
            }
            "twice" => {
                key.encrypt(0)?;
                sealed()
            }
            "a-hundred-times" => {
                let masked = sealed();
                (0..100).for_each(|_| drop(key.encrypt(0)));
                masked
            }
            "plaintext" => Ok(each(&column, &column, |_, value| value.to_owned())),
            "plaintext-behind-prefix" => Ok(each(&column, &column, |_, value| format!("E-{value}"))),
            "plaintext-behind-ciphertext" => {
                Ok(each(&column, &first(sealed()?)?, |row, sealed| sealed.to_owned() + &value(&column, row)))
            }
            "truncated" => Ok(each(&column, &first(sealed()?)?, |_, sealed| cut(sealed).to_owned())),
            "other-row" => {
                let sealed = first(sealed()?)?;
                Ok(each(&column, &sealed, |row, _| value(&sealed, above(&sealed, row))))
            }
            "other-row-truncated" => {
                let sealed = first(sealed()?)?;
                Ok(each(&column, &sealed, |row, _| cut(&value(&sealed, above(&sealed, row))).to_owned()))
            }
            "of-context" => {
                let context = context.first().ok_or(BatchError::WrongColumns)?;
                let sealed = key.encrypt(columns.len() as u32)?;
                Ok(first(Encryption::mask(request, vec![context.clone()], &[], &Answered(sealed))?)?.into())
            }
            "upper-case" => Ok(each(&column, &first(sealed()?)?, |_, sealed| sealed.to_uppercase())),
            "without-key" => Ok(each(&column, &column, |_, _| "E-masked".to_owned())),
            _ => Err(BatchError::UnknownTransform),
        }
    }
}

/// What a key has answered before.
struct Answered(moretta_guest::Variable);

impl EncryptionKey for Answered {
    fn encrypt(&self, _: u32) -> Result<moretta_guest::Variable, moretta_guest::KeyError> {
        Ok(self.0.clone())
    }
}

fn first(masked: Masked) -> Result<Column, BatchError> {
    masked.columns.into_iter().next().ok_or(BatchError::Internal)
}

/// The nearest row above that has a value, from the last one on if there is none.
fn above(column: &Column, row: usize) -> usize {
    let rows = column.rows as usize;
    (1..=rows).map(|by| (row + rows - by) % rows).find(|row| !column.valid().is_null(*row)).unwrap_or(row)
}

fn cut(text: &str) -> &str {
    &text[..text.len() - 1]
}

/// A value as text.
fn value(column: &Column, row: usize) -> String {
    match column.values {
        Values::Int64(_) => column.int64().ok().and_then(|numbers| numbers.get(row)).map(|number| number.to_string()),
        _ => column.text().ok().and_then(|text| text.get(row)).map(str::to_owned),
    }
    .unwrap_or_default()
}

/// Writes a text for each value of a column, made of what `of` has in its row. Nulls stay.
fn each(column: &Column, of: &Column, write: impl Fn(usize, &str) -> String) -> Masked {
    let mut text = TextBuilder::with_capacity(0, 0);
    for row in 0..column.rows as usize {
        match column.valid().is_null(row) {
            true => text.push_null(),
            false => text.push(&write(row, &value(of, row))),
        }
    }
    text.finish().into()
}

moretta_guest::encryption_masker!(HostileEncryption);

#[cfg(test)]
mod tests {
    use moretta_guest::testing::{TestKey, check_transforms};

    use super::*;

    #[test]
    fn knows_every_transform_of_its_manifest() {
        check_transforms(include_str!("../manifest.json"), |request| {
            let column = Column::from_text([Some("1234567"), None, Some("7654321")]);
            let key = TestKey::for_columns(std::slice::from_ref(&column));
            let request = Request { config: r#"{"prefix":"E-"}"#.to_owned(), ..request.clone() };
            HostileEncryption::mask(&request, vec![column], &[], &key)
        });
    }
}
