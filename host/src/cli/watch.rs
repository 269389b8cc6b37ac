//! Arguments of `moretta watch`.

use std::path::PathBuf;

use clap::Args;

use super::HostArguments;
use crate::source::Format;

pub(super) const HELP: &str = "\
Each file is masked exactly once, whatever ends the process: what was done is kept in a journal beside the outputs, and a
file is known by its bytes. Write a file under a hidden name (`.p.csv`) or one without a known extension (`p.csv.part`)
and rename it when it is whole. A file that is at fault itself stays in the inbox until it or the policy changes; one that
failed for another reason is tried again. A changed policy, plugin or keyring comes in force for the next file, if it is
healthy, and not otherwise.

What became of each file is a line of JSON on standard output.

Example:
  moretta watch inbox --out masked --done originals --policy p.yaml --keyring keys --quarantine q --max-quarantined 10";

/// Which folders to watch, and how to mask what arrives.
#[derive(Args, Debug)]
pub struct WatchArguments {
    /// Where files arrive. Those of other formats, hidden ones and links are left alone.
    #[arg(value_name = "INBOX")]
    pub inbox: PathBuf,
    /// Where they are written, masked, under the same name. Nothing else may write there.
    #[arg(short, long, value_name = "DIR")]
    pub out: PathBuf,
    /// Where an original goes when its output is there. On the file system of the inbox.
    #[arg(long, value_name = "DIR")]
    pub done: PathBuf,
    /// The policy, a YAML file.
    #[arg(short, long, value_name = "FILE")]
    pub policy: PathBuf,
    /// A YAML file that says what each column is, beside the policy's own labels.
    #[arg(long, value_name = "FILE")]
    pub labels: Option<PathBuf>,
    /// The keys and plugins to use.
    #[command(flatten)]
    pub host: HostArguments,
    /// Keep rows that cannot be masked in files here, encrypted under the key `quarantine` of the keyring.
    #[arg(long, value_name = "DIR", requires = "keyring")]
    pub quarantine: Option<PathBuf>,
    /// How many rows of a file may go to quarantine before it fails.
    #[arg(long, value_name = "N", default_value_t = 0, requires = "quarantine")]
    pub max_quarantined: u64,
    /// Format of the outputs. That of the original, if not given.
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// Write what every column of an output is now beside it, as OUT.labels.yaml: a file for `--labels`.
    #[arg(long)]
    pub sidecar: bool,
    /// Append what becomes of which column of each file, as run events of OpenLineage: START, and COMPLETE or FAIL.
    #[arg(long, value_name = "FILE.jsonl")]
    pub lineage: Option<PathBuf>,
    /// How many threads mask; the output is the same for any number. All processors, if not given.
    #[arg(long, value_name = "N", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=128))]
    pub workers: Option<usize>,
    /// Record each file in this audit trail, signed with the key `audit` of the keyring. In `audit` in the keyring's
    /// directory, if not given.
    #[arg(long, value_name = "DIR", requires = "keyring")]
    pub audit: Option<PathBuf>,
    /// How long a file must have been left alone before it is taken, in milliseconds.
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    pub settle: u64,
    /// How often the inbox is looked at, in milliseconds.
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u64).range(10..))]
    pub every: u64,
    /// Mask what is there, and end. Fails if a file could not be masked.
    #[arg(long)]
    pub once: bool,
}
