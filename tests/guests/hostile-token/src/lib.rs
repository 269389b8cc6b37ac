//! A masker with a token vault that asks too much of it, or returns something else than it was given, for the tests of the
//! host.

use moretta_guest::{
    BatchError, Column, Masked, Request, TextBuilder, TokenFormat, TokenMasker, TokenVault, Values, Variable,
};

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
        let ask = |format: TokenFormat| vault.tokens(0, format, None).map(|(tokens, _)| tokens);
        let prefix = |prefix: &str| Ok(masked(&column, ask(TokenFormat::Prefixed(prefix.to_owned()))?));
        match request.transform.as_str() {
            "honest" => Ok(masked(&column, ask(TokenFormat::Opaque)?)),
            "twice" => {
                ask(TokenFormat::Opaque)?;
                Ok(masked(&column, ask(TokenFormat::Opaque)?))
            }
            "two-formats" => {
                ask(TokenFormat::Opaque)?;
                prefix("T-")
            }
            "foreign-column" => {
                vault.tokens((columns.len() + context.len()) as u32, TokenFormat::Opaque, None)?;
                Ok(masked(&column, ask(TokenFormat::Opaque)?))
            }
            "long-prefix" => prefix(&"T".repeat(17)),
            "odd-prefix" => prefix("T "),
            "huge-prefix" => prefix(&"T".repeat(64 << 20)),
            "no-days" => Ok(masked(&column, vault.tokens(0, TokenFormat::Opaque, Some(0))?.0)),
            "days-without-date" => Ok(masked(&column, vault.tokens(0, TokenFormat::Opaque, Some(1))?.0)),
            "more-tokens-than-rows" => {
                let tokens = masked(&column, ask(TokenFormat::Opaque)?);
                let text = tokens.columns[0].text()?;
                Ok(Column::from_text(text.iter().chain(text.iter())).into())
            }
            "other-row" => {
                let tokens = masked(&column, ask(TokenFormat::Opaque)?);
                let text = tokens.columns[0].text()?;
                let values: Vec<_> = text.iter().flatten().collect();
                let mut others = values.iter().cycle().skip(1);
                let mut rotated = TextBuilder::with_capacity(0, 0);
                text.iter().for_each(|token| rotated.push_option(token.and_then(|_| others.next().copied())));
                Ok(rotated.finish().into())
            }
            "truncated" => {
                let tokens = masked(&column, ask(TokenFormat::Opaque)?);
                Ok(Column::from_text(tokens.columns[0].text()?.iter().map(|token| token.map(|it| &it[..8]))).into())
            }
            "plaintext" => {
                ask(TokenFormat::Opaque)?;
                Ok(column.into())
            }
            _ => Err(BatchError::UnknownTransform),
        }
    }
}

fn masked(column: &Column, tokens: Variable) -> Masked {
    Column { values: Values::Text(tokens), ..column.clone() }.into()
}

moretta_guest::token_masker!(HostileToken);

#[cfg(test)]
mod tests {
    use moretta_guest::testing::TestKey;

    use super::*;

    #[test]
    fn knows_every_transform_of_its_manifest() {
        let manifest: serde_json::Value = serde_json::from_str(include_str!("../manifest.json")).unwrap();
        let mask = |transform: &str| {
            let column = Column::from_text([Some("1234567"), None, Some("7654321")]);
            let config = "{}".to_owned();
            let request = Request { transform: transform.to_owned(), config, reference_date: None };
            let key = TestKey::for_columns(std::slice::from_ref(&column));
            HostileToken::mask(&request, vec![column], &[], &key)
        };
        for transform in manifest["transforms"].as_array().unwrap() {
            let name = transform["name"].as_str().unwrap();
            assert_ne!(mask(name), Err(BatchError::UnknownTransform), "{name}");
        }
        assert_eq!(mask("unheard-of"), Err(BatchError::UnknownTransform));
        assert!(mask("honest").unwrap().rejections.is_empty());
    }
}
