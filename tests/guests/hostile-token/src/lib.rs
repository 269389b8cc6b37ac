//! A masker with a token vault that asks too much of it, or returns something else than it was given, for the tests of the
//! host.

use moretta_guest::{BatchError, Column, Masked, Request, TextBuilder, TokenFormat, TokenMasker, TokenVault};

/// The plugin.
#[derive(Debug)]
pub struct HostileToken;

impl TokenMasker for HostileToken {
    fn mask(
        request: &Request,
        columns: Vec<Column>,
        context: &[Column],
        vault: &impl TokenVault,
    ) -> Result<Masked, BatchError> {
        let column = columns.first().cloned().ok_or(BatchError::WrongColumns)?;
        let tokens = |format, days| {
            let (tokens, _) = vault.tokens(0, format, days)?;
            Ok::<_, BatchError>(column.clone().with_text(tokens))
        };
        let opaque = || tokens(TokenFormat::Opaque, None);
        let prefix = |prefix: &str| Ok(tokens(TokenFormat::Prefixed(prefix.to_owned()), None)?.into());
        match request.transform.as_str() {
            "honest" => Ok(opaque()?.into()),
            "twice" => {
                opaque()?;
                Ok(opaque()?.into())
            }
            "two-formats" => {
                opaque()?;
                prefix("T-")
            }
            "foreign-column" => {
                vault.tokens((columns.len() + context.len()) as u32, TokenFormat::Opaque, None)?;
                Ok(opaque()?.into())
            }
            "long-prefix" => prefix(&"T".repeat(17)),
            "odd-prefix" => prefix("T "),
            "huge-prefix" => prefix(&"T".repeat(64 << 20)),
            "no-days" => Ok(tokens(TokenFormat::Opaque, Some(0))?.into()),
            "days-without-date" => Ok(tokens(TokenFormat::Opaque, Some(1))?.into()),
            "more-tokens-than-rows" => {
                let tokens = opaque()?;
                let text = tokens.text()?;
                Ok(Column::from_text(text.iter().chain(text.iter())).into())
            }
            "other-row" => {
                let tokens = opaque()?;
                let text = tokens.text()?;
                let values: Vec<_> = text.iter().flatten().collect();
                let mut others = values.iter().cycle().skip(1);
                let mut rotated = TextBuilder::with_capacity(0, 0);
                text.iter().for_each(|token| rotated.push_option(token.and_then(|_| others.next().copied())));
                Ok(rotated.finish().into())
            }
            "truncated" => {
                let tokens = opaque()?;
                Ok(Column::from_text(tokens.text()?.iter().map(|token| token.map(|it| &it[..8]))).into())
            }
            "plaintext" => {
                opaque()?;
                Ok(column.into())
            }
            _ => Err(BatchError::UnknownTransform),
        }
    }
}

moretta_guest::token_masker!(HostileToken);

#[cfg(test)]
mod tests {
    use moretta_guest::testing::{TestKey, check_transforms};

    use super::*;

    #[test]
    fn knows_every_transform_of_its_manifest() {
        check_transforms(include_str!("../manifest.json"), |request| {
            let column = Column::from_text([Some("1234567"), None, Some("7654321")]);
            let key = TestKey::for_columns(std::slice::from_ref(&column));
            HostileToken::mask(request, vec![column], &[], &key)
        });
    }
}
