//! Writes a CSV file of patients who do not exist.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgGroup, Parser};
use moretta_tests::generate::{Amount, write_patients};

/// Writes a CSV file of patients who do not exist: 22 columns, the same bytes for the same seed.
#[derive(Parser)]
#[command(group = ArgGroup::new("amount").required(true))]
struct Arguments {
    /// How many rows. K, M and G are thousands, millions and billions.
    #[arg(long, group = "amount", value_parser = number)]
    rows: Option<u64>,
    /// How many bytes at least; the last row is whole.
    #[arg(long, group = "amount", value_parser = number)]
    bytes: Option<u64>,
    /// Another seed gives other patients.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The file, or `-` for standard output.
    #[arg(long)]
    out: PathBuf,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let amount = match (arguments.rows, arguments.bytes) {
        (Some(rows), _) => Amount::Rows(rows),
        (None, bytes) => Amount::Bytes(bytes.unwrap_or_default()),
    };
    match generate(arguments.seed, amount, &arguments.out) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            eprintln!("error: cannot write {}: {error}", arguments.out.display());
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

fn generate(seed: u64, amount: Amount, out: &Path) -> io::Result<u64> {
    if out == Path::new("-") {
        write_patients(seed, amount, &mut io::stdout().lock())
    } else {
        write_patients(seed, amount, &mut File::create(out)?)
    }
}

fn number(text: &str) -> Result<u64, String> {
    let (digits, scale) = match text.as_bytes().last() {
        Some(b'K') => (&text[..text.len() - 1], 1_000),
        Some(b'M') => (&text[..text.len() - 1], 1_000_000),
        Some(b'G') => (&text[..text.len() - 1], 1_000_000_000),
        _ => (text, 1),
    };
    let number: u64 = digits.parse().map_err(|_| "a whole number, with K, M or G behind it".to_owned())?;
    number.checked_mul(scale).ok_or_else(|| "too large".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_with_suffixes() {
        assert_eq!(number("12"), Ok(12));
        assert_eq!(number("3K"), Ok(3_000));
        assert_eq!(number("2G"), Ok(2_000_000_000));
        assert!(number("2g").is_err() && number("").is_err() && number("-1").is_err());
        assert!(number("99999999999G").is_err());
    }
}
