//! The arguments, and nothing else.

mod audit;
mod author;
mod classify;
mod keys;
mod plugin;
mod profile;
#[cfg(feature = "server")]
mod remote;
mod reveal;
mod risk;
#[cfg(feature = "server")]
mod serve;
mod vault;
mod watch;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use audit::{AuditCommand, ExportFormat, FilterArguments, TrustArguments};
pub use author::{BuildArguments, KindArgument, NewArguments, PackArguments};

use crate::keys::Purpose;
use crate::source::{BATCH_BYTES, Format};
pub use classify::{ClassifyArguments, ExportArguments, ImportArguments, LabelsCommand, ReviewedColumns, TagArguments};
pub use keys::{ApproveArguments, ConsentArguments, DestroyArguments, KeyringArguments, KeysCommand, OperatorsCommand};
pub use plugin::{BenchArguments, FromArguments, InstallArguments, PluginCommand, TestArguments};
pub use profile::{ProfileCommand, ProfileReportArguments};
#[cfg(feature = "server")]
pub use remote::{RemoteArguments, RemoteCommand, RevisionArguments, ServerArguments};
pub use reveal::{RevealArguments, ReviewArguments, ReviewCommand};
pub use risk::RiskArguments;
#[cfg(feature = "server")]
pub use serve::ServeArguments;
pub use vault::{VaultArguments, VaultCommand};
pub use watch::WatchArguments;

const MASK_EXAMPLES: &str = "\
Examples:
  moretta mask patients.csv --policy research.yaml --keyring keys --out masked.csv
  zcat big.csv.gz | moretta mask - --input-format csv --policy p.yaml --ephemeral-keys --out - > masked.csv";

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
    /// Mask every file that arrives in a folder into another folder.
    #[command(after_long_help = watch::HELP)]
    Watch(Box<WatchArguments>),
    /// Compile a policy and print what it would do to each column.
    ///
    /// With INPUT its columns are read, and none of its rows; without, the columns that the rules name are shown.
    Check(CheckArguments),
    /// Suggest what each column is, by its name and its values.
    ///
    /// Classifiers, plugins without any way out, count how many values of each column look like what. Nothing is masked.
    #[command(after_long_help = classify::HELP)]
    Classify(ClassifyArguments),
    /// Review what was suggested.
    ///
    /// Who did and when is kept in the file. A review stands until the column's type or the suggestion changes.
    #[command(subcommand)]
    Labels(LabelsCommand),
    /// Measure how well the individuals of a table hide among each other.
    ///
    /// Counts classes of rows that agree in quasi-identifiers: k-anonymity, l-diversity, and how likely somebody who knows
    /// a person finds that person's row. Nothing is masked, and no value is shown.
    #[command(after_long_help = risk::HELP)]
    Risk(RiskArguments),
    /// Show the evidence for the legal profile that a policy claims.
    #[command(subcommand)]
    Profile(ProfileCommand),
    /// Make, list, rotate, seal and destroy keys.
    #[command(subcommand, after_long_help = keys::THREATS)]
    Keys(KeysCommand),
    /// Say whose approval counts where one person alone is not enough.
    ///
    /// Without operators, who can change the keyring can destroy its keys and seal it with another secret. With
    /// operators, two of them must approve that, and once there are two, they must approve every change among themselves: register at least three, so that the
    /// loss of one key locks nobody out.
    #[command(subcommand)]
    Operators(OperatorsCommand),
    /// Approve the request of somebody else.
    Approve(ApproveArguments),
    /// Make, try out, inspect, sign, verify and install plugins.
    #[command(subcommand, after_long_help = plugin::EXAMPLES)]
    Plugin(PluginCommand),
    /// Look at rows in quarantine.
    #[command(subcommand)]
    Quarantine(QuarantineCommand),
    /// Verify, show, export and prove what was done.
    ///
    /// Runs, the use of keys and reading a quarantine are recorded in a trail: a directory of records that are chained
    /// and signed, without any value of the data. See `moretta audit verify --help` for what it proves and what not.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Make, count and purge token vaults.
    ///
    /// A vault keeps the values that tokens stand for, encrypted under a key of the keyring with the purpose `token`. It
    /// is a file that the processes of one machine may share or, in a build with the feature `postgres`, a database that
    /// machines share: `postgres://USER@HOST/DATABASE`. A token is random: whoever has not the vault cannot go back from
    /// it. Whoever has the vault and the keyring can: keep them apart, and back up both.
    #[command(subcommand, after_help = vault::EXAMPLES)]
    Vault(VaultCommand),
    /// Bring the values of an encrypted column back, with the approval of two operators.
    ///
    /// The host decrypts one column of a masked file, in the rows that were asked for; everything else stays as it is.
    /// Two operators of the keyring must have approved exactly this, neither of them who asks. Every attempt is recorded
    /// in the audit trail, and there is no output without its record.
    #[command(after_long_help = reveal::HELP)]
    Reveal(Box<RevealArguments>),
    /// List and sign off the reviews of broken glass.
    #[command(subcommand)]
    Review(ReviewCommand),
    /// Mask for others, over HTTP.
    #[cfg(feature = "server")]
    #[command(after_long_help = serve::EXAMPLE)]
    Serve(ServeArguments),
    /// What is done with a running server.
    #[cfg(feature = "server")]
    #[command(flatten)]
    Remote(RemoteCommand),
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
    /// A YAML file that says what each column is, beside the policy's own labels: written by hand, or by `classify`.
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
    /// Make keys for this run alone, for a trial, and leave the keyring: the pseudonyms of two runs do not agree. Tokens come
    /// from a vault that is forgotten.
    #[arg(long)]
    pub ephemeral_keys: bool,
    /// How many threads mask; the output is the same for any number. All processors, if not given.
    #[arg(long, value_name = "N", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=128))]
    pub workers: Option<usize>,
    /// About how many bytes of input make a batch.
    #[arg(long, value_name = "N", default_value_t = BATCH_BYTES, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=256 << 20))]
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
    /// Write what each column of the output is beside it, as OUT.labels.yaml: for --labels of whoever takes it from here.
    /// Parquet and Arrow say so in their metadata in any case.
    #[arg(long)]
    pub sidecar: bool,
    /// Append what becomes of which column, as run events of OpenLineage: START, and COMPLETE or FAIL.
    #[arg(long, value_name = "FILE.jsonl")]
    pub lineage: Option<PathBuf>,
    /// Record the run in this audit trail, signed with the key `audit` of the keyring. In `audit` in the keyring's
    /// directory, if not given; with --ephemeral-keys in none. The output appears only after its record is on disk.
    #[arg(long, value_name = "DIR", requires = "keyring")]
    pub audit: Option<PathBuf>,
    /// Which rows of the output are searched for original values: the first 256 of each input and every 128th behind them
    /// (`sample`), or every row (`full`), which takes longer. As the policy says (`gate`), if not given.
    #[arg(long, value_name = "HOW", value_enum)]
    pub verify: Option<Verify>,
    /// No summary and no progress bar.
    #[arg(short, long)]
    pub quiet: bool,
}

/// Which rows of the output are searched for original values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Verify {
    /// Some.
    Sample,
    /// Every row.
    Full,
}

/// The keys and plugins to use.
#[derive(Args, Debug)]
pub struct HostArguments {
    /// Plugins beside the shipped ones: the current ones of a store (`moretta plugin`), else every .wasm in this directory.
    /// One named like a shipped one takes its place.
    #[arg(long, value_name = "DIR")]
    pub plugins: Option<PathBuf>,
    /// Whose signatures count: every plugin of the store must be signed so.
    #[arg(long, value_name = "FILE", requires = "plugins")]
    pub trust_root: Option<PathBuf>,
    /// The keyring that the policy's keys are in.
    #[arg(long, value_name = "DIR", env = "MORETTA_KEYRING")]
    pub keyring: Option<PathBuf>,
    /// The vault of the policy's tokens: a file, or `postgres://USER@HOST/DATABASE` in a build with that feature.
    #[arg(long, value_name = "PATH", env = "MORETTA_VAULT", hide_env_values = true)]
    pub vault: Option<PathBuf>,
    /// A file with the passphrase of the keyring. Else MORETTA_PASSPHRASE or, on a terminal, a question.
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// Where compiled plugins are kept. In the user's cache directory, if not given.
    #[arg(long, value_name = "DIR", env = "MORETTA_CACHE")]
    pub cache: Option<PathBuf>,
    /// How long one plugin call may take, in milliseconds.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub plugin_deadline: u64,
    /// How much memory one plugin instance may take, in MiB. The shipped plugins begin with 4.
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(5..=4096))]
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
    /// A YAML file that says what each column is, beside the policy's own labels: written by hand, or by `classify`.
    #[arg(long, value_name = "FILE")]
    pub labels: Option<PathBuf>,
    /// Format of the input, where its extension does not say.
    #[arg(long, value_name = "FORMAT")]
    pub input_format: Option<Format>,
    /// Plugins beside the shipped ones: the current ones of a store (`moretta plugin`), else every .wasm in this directory.
    /// One named like a shipped one takes its place.
    #[arg(long, value_name = "DIR")]
    pub plugins: Option<PathBuf>,
    /// Whose signatures count: every plugin of the store must be signed so.
    #[arg(long, value_name = "FILE", requires = "plugins")]
    pub trust_root: Option<PathBuf>,
    /// Print the plan as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Look at rows in quarantine.
#[derive(Debug, Subcommand)]
pub enum QuarantineCommand {
    /// List the quarantine files of a dataset of a running server, and how many rows they hold: not the rows.
    #[cfg(feature = "server")]
    #[command(after_help = remote::HELP)]
    List(RemoteArguments),
    /// Print the rows of a quarantine file, decrypted, as NDJSON on standard output. They are the original values.
    Read {
        /// The quarantine file.
        file: PathBuf,
        /// The keyring that holds its key.
        #[command(flatten)]
        keyring: KeyringArguments,
        /// The audit trail that it is recorded in. In `audit` in the keyring's directory, if not given.
        #[arg(long, value_name = "DIR")]
        audit: Option<PathBuf>,
    },
}

/// For `--key` and `keys add`.
fn parse_key(text: &str) -> Result<(String, Purpose), String> {
    let (name, purpose) = text.split_once('=').ok_or("expected NAME=PURPOSE")?;
    let purpose = match purpose {
        "pseudonym" => Purpose::Pseudonym,
        "date-shift" => Purpose::DateShift,
        "encrypt" => Purpose::Encrypt,
        "encrypt-deterministic" => Purpose::EncryptDeterministic,
        "fpe" => Purpose::FormatPreserving,
        "quarantine" => Purpose::Quarantine,
        "audit" => Purpose::Audit,
        "token" => Purpose::Token,
        _ => {
            return Err(
                "a purpose is pseudonym, date-shift, encrypt, encrypt-deterministic, fpe, token, quarantine or audit"
                    .to_owned(),
            );
        }
    };
    Ok((name.to_owned(), purpose))
}
