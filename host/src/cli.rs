//! The arguments, and nothing else.

use std::path::PathBuf;

use arrow_array::types::Date32Type;
use arrow_cast::parse::Parser as _;
use clap::{Args, Parser, Subcommand};

use crate::keys::Purpose;
use crate::source::Format;

const MASK_EXAMPLES: &str = "\
Examples:
  moretta mask patients.csv --policy research.yaml --keyring keys --out masked.csv
  zcat big.csv.gz | moretta mask - --input-format csv --policy p.yaml --ephemeral-keys --out - > masked.csv";

const VAULT_EXAMPLES: &str = "\
Examples:
  moretta keys init --keyring keys --key tokens=token
  moretta vault init --vault tokens.vault --keyring keys
  moretta vault stats --vault tokens.vault --keyring keys --json
  moretta vault purge --vault tokens.vault --keyring keys --as-of 2026-12-31";

/// Masks health data with sandboxed plugins.
///
/// A policy says what happens to each column; plugins in a WebAssembly sandbox do it. A column that no rule mentions is
/// not written, a row that cannot be masked is not passed on, and a run that fails leaves no output.
///
/// Exit codes: 0 done; 1 failed (input, plugin, disk); 2 usage or policy, a column without a rule included; 3 more rows
/// in quarantine than allowed. Whatever is not 0 leaves no output.
#[derive(Debug, Parser)]
#[command(name = "moretta", version, max_term_width = 110)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Mask files under a policy.
    ///
    /// Several inputs are read one after the other and must have the same columns. The output appears under its name
    /// when every row is masked, verified and on disk, and not before.
    #[command(after_help = MASK_EXAMPLES)]
    Mask(Box<MaskArguments>),
    /// Compile a policy and print what it would do to each column.
    ///
    /// With INPUT its columns are read, and none of its rows; without, the columns that the rules name are shown.
    Check(CheckArguments),
    /// Make and list keys.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Look at rows in quarantine.
    #[command(subcommand)]
    Quarantine(QuarantineCommand),
    /// Make, count and purge token vaults.
    ///
    /// A vault keeps the values that tokens stand for, encrypted under a key of the keyring with the purpose `token`. It
    /// is a file that the processes of one machine may share or, in a build with the feature `postgres`, a database that
    /// machines share: `postgres://USER@HOST/DATABASE`. A token is random: whoever has not the vault cannot go back from
    /// it. Whoever has the vault and the keyring can: keep them apart, and back up both.
    #[command(subcommand, after_help = VAULT_EXAMPLES)]
    Vault(VaultCommand),
    /// Print the JSON Schema of a policy, for editors.
    Schema,
}

/// What to mask, and how.
#[derive(Args, Debug)]
pub struct MaskArguments {
    /// Files to mask, `-` for standard input. Format by extension: .csv .tsv .ndjson .jsonl .parquet .arrow; .csv,
    /// .tsv and .ndjson also as .gz and .zst.
    #[arg(required = true, value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,
    /// The policy, a YAML file.
    #[arg(short, long, value_name = "FILE")]
    pub policy: PathBuf,
    /// A YAML file that says what each column is, beside the policy's own labels.
    #[arg(long, value_name = "FILE")]
    pub labels: Option<PathBuf>,
    /// Where to write, `-` for standard output.
    #[arg(short, long, value_name = "PATH")]
    pub out: PathBuf,
    /// Format of the output, where its extension does not say.
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// Format of the inputs, where their extension does not say.
    #[arg(long, value_name = "FORMAT")]
    pub input_format: Option<Format>,
    /// The keys and plugins to use.
    #[command(flatten)]
    pub host: HostArguments,
    /// How many threads mask; the output is the same for any number. All processors, if not given.
    #[arg(long, value_name = "N", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=1024))]
    pub workers: Option<usize>,
    /// About how many bytes of input make a batch.
    #[arg(long, value_name = "N", default_value_t = 2 << 20, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=256 << 20))]
    pub batch_bytes: usize,
    /// Keep rows that cannot be masked here, encrypted under the key `quarantine` of the keyring.
    #[arg(long, value_name = "FILE", requires = "keyring")]
    pub quarantine: Option<PathBuf>,
    /// How many rows may go to quarantine before the run fails.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub max_quarantined: u64,
    /// Write what was done as JSON: counts, policy digest, plugin digests, key versions.
    #[arg(long, value_name = "FILE.json")]
    pub report: Option<PathBuf>,
    /// No summary and no progress bar.
    #[arg(short, long)]
    pub quiet: bool,
}

/// The keys and plugins to use.
#[derive(Args, Debug)]
pub struct HostArguments {
    /// Plugins beside the shipped ones: every .wasm in this directory. One named like a shipped one takes its place.
    #[arg(long, value_name = "DIR")]
    pub plugins: Option<PathBuf>,
    /// The keyring that the policy's keys are in.
    #[arg(long, value_name = "DIR", env = "MORETTA_KEYRING")]
    pub keyring: Option<PathBuf>,
    /// Make keys for this run alone, for a trial, and leave the keyring: the pseudonyms of two runs do not agree.
    #[arg(long)]
    pub ephemeral_keys: bool,
    /// Where compiled plugins are kept. In the user's cache directory, if not given.
    #[arg(long, value_name = "DIR", env = "MORETTA_CACHE")]
    pub cache: Option<PathBuf>,
    /// How long one plugin call may take, in milliseconds.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub plugin_deadline: u64,
    /// How much memory one plugin instance may take, in MiB.
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=4096))]
    pub plugin_memory: usize,
}

/// What to check.
#[derive(Args, Debug)]
pub struct CheckArguments {
    /// A file whose columns the policy is checked on.
    pub input: Option<PathBuf>,
    /// The policy, a YAML file.
    #[arg(short, long, value_name = "FILE")]
    pub policy: PathBuf,
    /// A YAML file that says what each column is, beside the policy's own labels.
    #[arg(long, value_name = "FILE")]
    pub labels: Option<PathBuf>,
    /// Format of the input, where its extension does not say.
    #[arg(long, value_name = "FORMAT")]
    pub input_format: Option<Format>,
    /// Plugins beside the shipped ones: every .wasm in this directory. One named like a shipped one takes its place.
    #[arg(long, value_name = "DIR")]
    pub plugins: Option<PathBuf>,
    /// Print the plan as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Make and list keys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a keyring with new keys.
    Init {
        /// Where; the directory must not hold a keyring yet.
        #[arg(long, value_name = "DIR", env = "MORETTA_KEYRING")]
        keyring: PathBuf,
        /// A key to make: pseudonym, date-shift, quarantine or token for its purpose. May be given several times.
        /// Without it: identity=pseudonym, dates=date-shift, quarantine=quarantine.
        #[arg(long = "key", value_name = "NAME=PURPOSE", value_parser = parse_key)]
        keys: Vec<(String, Purpose)>,
    },
    /// List the keys of a keyring: names, purposes, versions. Key bytes are never shown.
    List {
        /// Where.
        #[arg(long, value_name = "DIR", env = "MORETTA_KEYRING")]
        keyring: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Look at rows in quarantine.
#[derive(Debug, Subcommand)]
pub enum QuarantineCommand {
    /// Print the rows of a quarantine file, decrypted, as NDJSON on standard output. They are the original values.
    Read {
        /// The quarantine file.
        file: PathBuf,
        /// The keyring that holds its key.
        #[arg(long, value_name = "DIR", env = "MORETTA_KEYRING")]
        keyring: PathBuf,
    },
}

/// Make, count and purge token vaults.
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
    /// The vault: a file, or `postgres://USER@HOST/DATABASE`. Keep a password out of the arguments: others see them; set
    /// the variable.
    #[arg(long, value_name = "PATH", env = "MORETTA_VAULT", hide_env_values = true)]
    pub vault: PathBuf,
    /// The keyring that holds its key.
    #[arg(long, value_name = "DIR", env = "MORETTA_KEYRING")]
    pub keyring: PathBuf,
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

fn parse_key(text: &str) -> Result<(String, Purpose), String> {
    let (name, purpose) = text.split_once('=').ok_or("expected NAME=PURPOSE")?;
    let purpose = match purpose {
        "pseudonym" => Purpose::Pseudonym,
        "date-shift" => Purpose::DateShift,
        "quarantine" => Purpose::Quarantine,
        "token" => Purpose::Token,
        _ => return Err("a purpose is pseudonym, date-shift, quarantine or token".to_owned()),
    };
    Ok((name.to_owned(), purpose))
}
