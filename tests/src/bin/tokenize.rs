//! Prints the token of each line of standard input, in batches, as a plugin's column would be, or the value of each
//! token: for tests with several processes, and with processes that are killed.

use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use moretta::keys::Keyring;
use moretta::vault::{Format, Revealed, Term, TokenSet, Vault, VaultError};

/// Prints the token of each line of standard input.
#[derive(Parser)]
struct Arguments {
    /// The vault, made with `moretta vault init`.
    #[arg(long)]
    vault: PathBuf,
    /// The keyring with its key, `tokens`.
    #[arg(long)]
    keyring: PathBuf,
    /// The format of the tokens.
    #[arg(long, default_value = "opaque")]
    format: Format,
    /// How many lines make a batch.
    #[arg(long, default_value_t = 1000)]
    batch: usize,
    /// Lines are tokens, and their values are printed.
    #[arg(long)]
    back: bool,
}

fn main() -> ExitCode {
    match tokenize(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn tokenize(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let key = Keyring::open(&arguments.keyring)?.token_key("tokens")?;
    let vault = Vault::open(&arguments.vault, &key)?;
    let set = vault.set("patients", arguments.format.clone());
    let values: Vec<String> = io::stdin().lock().lines().collect::<Result<_, _>>()?;
    let mut out = io::stdout().lock();
    for batch in values.chunks(arguments.batch) {
        let answers = if arguments.back { back(&set, batch)? } else { forth(&set, batch)? };
        let lines: String = answers.into_iter().map(|answer| answer + "\n").collect();
        out.write_all(lines.as_bytes())?;
        out.flush()?;
    }
    Ok(())
}

fn forth(set: &TokenSet, values: &[String]) -> Result<Vec<String>, VaultError> {
    let values: Vec<_> = values.iter().map(|value| Some(value.as_bytes())).collect();
    let tokens = set.tokens(&values, Term { today: 20_000, days: None })?;
    Ok(tokens.tokens.into_iter().map(Option::unwrap_or_default).collect())
}

fn back(set: &TokenSet, tokens: &[String]) -> Result<Vec<String>, VaultError> {
    let tokens: Vec<_> = tokens.iter().map(|token| Some(token.as_str())).collect();
    let values = set.values_of(&tokens, 20_000)?.into_iter().map(|revealed| match revealed {
        Revealed::Value { value, .. } => String::from_utf8_lossy(&value).into_owned(),
        Revealed::Null | Revealed::Unknown | Revealed::Expired => String::new(),
    });
    Ok(values.collect())
}
