//! Replaces values by random tokens of a vault.

use moretta_guest::{
    BatchError, Column, Masked, Request, TokenFormat, TokenMasker, TokenVault, only,
};
use serde::Deserialize;

/// The plugin.
#[derive(Debug)]
pub struct Tokens;

/// The options of a rule, as the schema in `manifest.json` has them.
#[derive(Deserialize)]
struct Config {
    prefix: String,
}

impl TokenMasker for Tokens {
    fn mask(
        request: &Request,
        columns: Vec<Column>,
        _: &[Column],
        vault: &impl TokenVault,
    ) -> Result<Masked, BatchError> {
        let config: Config = request.config()?;
        let column = only(columns)?;
        // For ever: a number of days in the place of `None` would need a reference date.
        let (tokens, rejections) = vault.tokens(0, TokenFormat::Prefixed(config.prefix), None)?;
        // What takes the place of a value is its token and nothing else: the host compares.
        Ok(Masked { columns: vec![column.with_text(tokens)], rejections })
    }
}

moretta_guest::token_masker!(Tokens);

#[cfg(test)]
mod tests {
    use moretta_guest::testing::{TestKey, check_cases, check_promises};

    use super::*;

    fn mask(request: &Request, columns: &[Column]) -> Result<Masked, BatchError> {
        Tokens::mask(request, columns.to_vec(), &[], &TestKey::for_columns(columns))
    }

    #[test]
    fn the_golden_cases_come_out() {
        check_cases(include_str!("../manifest.json"), |case| mask(&case.request, case.columns()));
    }

    #[test]
    fn a_value_has_one_token_and_another_has_another() {
        let column = Column::from_text([Some("Ada"), Some("Grace"), Some("Ada"), None]);
        let config = r#"{"prefix":"T-"}"#.to_owned();
        let request = Request { transform: "my-plugin".to_owned(), config, reference_date: None };
        let masked = mask(&request, std::slice::from_ref(&column)).unwrap();
        let tokens = check_promises(&column, &masked, false, false);
        assert_eq!(tokens[0], tokens[2]);
        assert_ne!(tokens[0], tokens[1]);
    }
}
