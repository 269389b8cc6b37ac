//! The arguments of `moretta vault`.

use std::path::PathBuf;

use arrow_array::types::Date32Type;
use arrow_cast::parse::Parser as _;
use clap::{Args, Subcommand};

use super::KeyringArguments;

pub(super) const EXAMPLES: &str = "\
Examples:
  moretta keys init --keyring keys --key tokens=token
  moretta vault init --vault tokens.vault --keyring keys
  moretta vault stats --vault tokens.vault --keyring keys --json
  moretta vault purge --vault tokens.vault --keyring keys --as-of 2026-12-31
  moretta keys rotate tokens --keyring keys
  moretta vault reseal --vault tokens.vault --keyring keys";

/// Make, count, purge and reseal token vaults.
#[derive(Debug, Subcommand)]
pub enum VaultCommand {
    /// Make an empty vault, readable by its owner alone.
    Init(VaultArguments),
    /// Count the tokens of each domain and format: all, those that have expired, and those under each version of the key.
    ///
    /// Opening a vault after its key was rotated also seals its header under the new version. The values that were sealed
    /// before stay under theirs; `UNDER KEY` says which versions are still needed to go back from tokens.
    Stats {
        /// Which vault.
        #[command(flatten)]
        vault: VaultArguments,
        /// The day to count on, year-month-day. Today in UTC, if not given.
        #[arg(long, value_name = "DATE", value_parser = parse_day)]
        as_of: Option<i32>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Seal every value anew under the primary version of the key, so that its old versions can be destroyed.
    ///
    /// Tokens stay what they are. Other processes may use the vault meanwhile; a run that was stopped is finished by the
    /// next. Processes that opened the vault before the rotation seal under the old version until they end: what they left
    /// is told, and another run takes it along. What backups hold stays under the versions that it is under.
    Reseal(VaultArguments),
    /// Remove the tokens that have expired, and the values behind them, for good.
    ///
    /// Nobody can go back from a purged token, and a value that comes again gets a new one. What backups hold stays there.
    Purge {
        /// Which vault.
        #[command(flatten)]
        vault: VaultArguments,
        /// Remove what has expired on this day, year-month-day. Today in UTC, if not given.
        #[arg(long, value_name = "DATE", value_parser = parse_day)]
        as_of: Option<i32>,
    },
}

/// A vault and its key.
#[derive(Args, Debug)]
pub struct VaultArguments {
    /// The vault: a file, or `postgres://USER@HOST/DATABASE`, to another machine by TLS alone. Keep a password out of the arguments: others see them; set
    /// the variable.
    #[arg(long, value_name = "PATH", env = "MORETTA_VAULT", hide_env_values = true)]
    pub vault: PathBuf,
    /// The keyring that holds its key.
    #[command(flatten)]
    pub keyring: KeyringArguments,
    /// The name of its key.
    #[arg(long, value_name = "NAME", default_value = "tokens")]
    pub key: String,
}

/// Days since 1970-01-01.
fn parse_day(text: &str) -> Result<i32, String> {
    let shape = text.bytes().map(|byte| if byte.is_ascii_digit() { b'0' } else { byte });
    let day = shape.eq(*b"0000-00-00").then(|| Date32Type::parse(text)).flatten();
    day.ok_or_else(|| "expected a date, year-month-day: 2026-01-31".to_owned())
}
