//! The arguments of `moretta audit`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::audit::{Filter, is_time};

const WHAT_IT_PROVES: &str = "\
What a clean verification proves: every record up to the last checkpoint is as it was written, in its place, with none \
missing, and the checkpoints were signed with the audit key.

What it does not: who can write in DIR can put back an older state of the whole of it, and whoever holds the audit key \
can sign another history. Both are noticed by one who keeps checkpoints somewhere else: copy DIR/checkpoint away now and \
then, and give it with --checkpoint. Nor does it prove that everything was recorded: a run with another --audit, or with \
--ephemeral-keys, is not in it.

Exit codes: 0 clean; 1 tampered with, or not readable; 2 usage.";

/// Verify, show, export and prove what was done.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Verify the whole trail: every record, its place, the tree and the signatures.
    ///
    /// The first record that is not as it was written is named, with what is wrong.
    #[command(after_help = WHAT_IT_PROVES)]
    Verify {
        /// The directory of the trail.
        directory: PathBuf,
        /// Whose signatures are trusted.
        #[command(flatten)]
        trust: TrustArguments,
        /// A checkpoint that was kept somewhere else: the trail must have grown from it.
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
    },
    /// Print the records as a table. Digests are checked, and signatures are not: that is `verify`.
    Show {
        /// The directory of the trail.
        directory: PathBuf,
        /// Which records.
        #[command(flatten)]
        filter: FilterArguments,
    },
    /// Print the records for programs. Digests are checked, and signatures are not: that is `verify`.
    Export {
        /// The directory of the trail.
        directory: PathBuf,
        /// In which form.
        #[arg(long, value_name = "FORMAT", default_value = "jsonl")]
        format: ExportFormat,
        /// Which records.
        #[command(flatten)]
        filter: FilterArguments,
    },
    /// Print a proof that a record is in the trail, for one who has not the trail but its public key.
    ///
    /// The proof holds the record, some hashes and the last signed checkpoint, as JSON: RFC 9162, 2.1.3. The leaf is the
    /// SHA-256 of a zero byte and the text of the record.
    Prove {
        /// The number of the record, counted from 0.
        number: u64,
        /// The directory of the trail.
        directory: PathBuf,
    },
    /// Print a proof that the trail has only grown since a checkpoint (RFC 9162, 2.1.4).
    ProveGrowth {
        /// The checkpoint that was kept.
        checkpoint: PathBuf,
        /// The directory of the trail.
        directory: PathBuf,
    },
    /// Verify a proof, without the trail.
    VerifyProof {
        /// The proof, as `prove` or `prove-growth` printed it.
        proof: PathBuf,
        /// Whose signatures are trusted.
        #[command(flatten)]
        trust: TrustArguments,
    },
    /// Print the public keys of a trail, for those who verify it without the keyring.
    PublicKey {
        /// The directory of the trail.
        directory: PathBuf,
        /// The keyring that the trail is signed with.
        #[arg(long, value_name = "DIR", env = "MORETTA_KEYRING")]
        keyring: PathBuf,
    },
}

/// Whose signatures are trusted.
#[derive(Args, Debug)]
pub struct TrustArguments {
    /// The keyring whose key `audit` signed.
    #[arg(long, value_name = "DIR", env = "MORETTA_KEYRING", required_unless_present = "public_key")]
    pub keyring: Option<PathBuf>,
    /// The public keys that `public-key` printed, instead of a keyring.
    #[arg(long, value_name = "FILE")]
    pub public_key: Option<PathBuf>,
}

/// Which records.
#[derive(Args, Clone, Debug)]
pub struct FilterArguments {
    /// Of this run.
    #[arg(long, value_name = "RUN")]
    pub run: Option<String>,
    /// In which this key was used or changed.
    #[arg(long, value_name = "NAME")]
    pub key: Option<String>,
    /// With this action: `run-started`, `masked`, `key-denied` and so on.
    #[arg(long, value_name = "ACTION")]
    pub action: Option<String>,
    /// Not before this time in UTC, or the beginning of one: 2026-11, 2026-11-22T07:30.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub since: Option<String>,
    /// Not after this time in UTC, or the beginning of one, which is included.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub until: Option<String>,
}

/// In which form records are exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// The records as they are, one in each line.
    Jsonl,
    /// Events of OCSF 1.3, class API Activity, for a SIEM.
    Ocsf,
}

impl FilterArguments {
    /// The same, for who reads a trail.
    pub(crate) fn filter(&self) -> Filter {
        let Self { run, key, action, since, until } = self.clone();
        Filter { run, key, action, since, until }
    }
}

fn time(text: &str) -> Result<String, String> {
    if is_time(text) {
        Ok(text.to_owned())
    } else {
        Err("expected the beginning of YYYY-MM-DDThh:mm:ss.sssZ".to_owned())
    }
}
