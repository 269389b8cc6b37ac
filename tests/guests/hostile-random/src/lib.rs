//! A masker with random numbers that asks for more of them than it was granted, for the tests of the host.

use std::hint::black_box;

use moretta_guest::{BatchError, Column, Masked, RandomMasker, Randomness, Request, mask_each};

/// The plugin.
#[derive(Debug)]
pub struct HostileRandom;

/// Letters for each value, of one byte each.
const LETTERS: u32 = 8;

impl RandomMasker for HostileRandom {
    fn mask(
        request: &Request,
        columns: Vec<Column>,
        _: &[Column],
        randomness: &impl Randomness,
    ) -> Result<Masked, BatchError> {
        let column = columns.first().ok_or(BatchError::WrongColumns)?;
        let ask = |bytes: u32| letters(column, &randomness.draw(bytes)?);
        match request.transform.as_str() {
            "honest" => ask(LETTERS),
            "nothing" => ask(0),
            "seventeen" => ask(17),
            "gigabytes" => ask(u32::MAX),
            "twice" => {
                randomness.draw(LETTERS)?;
                ask(LETTERS)
            }
            "for-ever" if cfg!(target_arch = "wasm32") => loop {
                drop(black_box(randomness.draw(16)));
            },
            "for-ever" => ask(LETTERS),
            "plaintext" => {
                randomness.draw(LETTERS)?;
                Ok(column.clone().into())
            }
            _ => Err(BatchError::UnknownTransform),
        }
    }
}

fn letters(column: &Column, drawn: &[u8]) -> Result<Masked, BatchError> {
    let values = column.text()?.iter().zip(drawn.chunks_exact(LETTERS as usize));
    let values: Vec<_> = values.map(|(value, drawn)| value.map(|_| drawn)).collect();
    Ok(mask_each(values.into_iter(), drawn.len(), |drawn, out| {
        out.extend(drawn.iter().map(|byte| b'a' + byte % 16));
        Ok(())
    }))
}

moretta_guest::random_masker!(HostileRandom);

#[cfg(test)]
mod tests {
    use moretta_guest::testing::{TestKey, check_transforms};

    use super::*;

    #[test]
    fn knows_every_transform_of_its_manifest() {
        check_transforms(include_str!("../manifest.json"), |request| {
            let column = Column::from_text([Some("1234567"), None, Some("7654321")]);
            let key = TestKey::for_columns(std::slice::from_ref(&column));
            HostileRandom::mask(request, vec![column], &[], &key)
        });
    }
}
