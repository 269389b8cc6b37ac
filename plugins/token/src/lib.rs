//! Tokens: random stand-ins for values, which only the vault leads back from.
//!
//! Nothing of the value is in its token, so a token is no code that is derived from information about the individual
//! (45 CFR 164.514(c)). The same value has the same token in every table of the domain, as long as the vault is there.

use moretta_guest::{BatchError, Column, Masked, Request, TokenFormat, TokenMasker, TokenVault, only};
use serde::Deserialize;

/// The plugin.
#[derive(Debug)]
pub struct Token;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    format: Format,
    prefix: String,
    days: u16,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Format {
    Opaque,
    Digits,
}

impl TokenMasker for Token {
    fn mask(
        request: &Request,
        columns: Vec<Column>,
        _: &[Column],
        vault: &impl TokenVault,
    ) -> Result<Masked, BatchError> {
        let config: Config = request.config()?;
        let format = match (config.format, config.prefix) {
            (Format::Opaque, prefix) if prefix.is_empty() => TokenFormat::Opaque,
            (Format::Opaque, prefix) => TokenFormat::Prefixed(prefix),
            (Format::Digits, prefix) if prefix.is_empty() => TokenFormat::Digits,
            (Format::Digits, _) => return Err(BatchError::InvalidConfig),
        };
        if config.days > 0 {
            request.today()?;
        }
        let column = only(columns)?;
        let (tokens, rejections) = vault.tokens(0, format, (config.days > 0).then_some(config.days))?;
        Ok(Masked { columns: vec![column.with_text(tokens)], rejections })
    }
}

moretta_guest::token_masker!(Token);

#[cfg(test)]
mod tests {
    use moretta_guest::testing::{TestKey, check_cases, check_promises};

    use super::*;

    fn mask(config: &str, column: &Column) -> Result<Masked, BatchError> {
        let request = Request { transform: "token".to_owned(), config: config.to_owned(), reference_date: None };
        Token::mask(&request, vec![column.clone()], &[], &TestKey::for_columns(std::slice::from_ref(column)))
    }

    #[test]
    fn golden_cases_hold() {
        check_cases(include_str!("../manifest.json"), |case| {
            Token::mask(&case.request, case.columns().to_vec(), &[], &TestKey::for_columns(case.columns()))
        });
    }

    #[test]
    fn keeps_its_promises() {
        let column = Column::from_text([Some("a"), None, Some("a"), Some("1234567"), Some("")]);
        let opaque = mask(r#"{"format":"opaque","prefix":"T-","days":0}"#, &column).unwrap();
        check_promises(&column, &opaque, false, false);
        let digits = mask(r#"{"format":"digits","prefix":"","days":0}"#, &column).unwrap();
        check_promises(&column, &digits, false, false);
        assert_eq!(digits.rejections.len(), 3);
    }

    #[test]
    fn refuses_what_makes_no_sense() {
        let column = Column::from_text([Some("a")]);
        let refusal = |config: &str| mask(config, &column).unwrap_err();
        assert_eq!(refusal(r#"{"format":"digits","prefix":"T","days":0}"#), BatchError::InvalidConfig);
        assert_eq!(refusal(r#"{"format":"opaque","prefix":"","days":30}"#), BatchError::NoReferenceDate);
    }
}
