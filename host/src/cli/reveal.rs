//! The arguments of what brings encrypted values back, and of its review.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{ConsentArguments, KeyringArguments};
use crate::approval::Rows;
use crate::source::Format;

/// How it goes, and what each attacker gets.
pub(super) const HELP: &str = "\
How it goes:
  moretta reveal masked.csv --policy p.yaml --column ssn --rows 1-100 --keyring keys \\
      --ask request.json --as carla --justification \"adverse event 17\" --valid-hours 8
  moretta approve request.json --as anna --key anna.key --out a.json        (and bruno: b.json)
  moretta reveal masked.csv --policy p.yaml --column ssn --rows 1-100 --keyring keys \\
      --request request.json --approval a.json --approval b.json --out ssn.csv

  The request holds the SHA-256 of the file, the column, the rows and how many of them, the key, the
  domain, the reason and when it ends. With anything else the approvals are void, and they serve once.
  What is in the request is not checked against the world: who approves asks who is asking, and why.
  Of the reason only the request's digest is in the audit trail; keep the request.

  --break-glass, in an emergency: an operator with that role asks and signs the request too, and one
  other approves. It raises an alarm (`glass-broken`) in the audit trail, and a review that is open
  until two operators who had no part in it sign it off: `moretta review`. Register four or more.

  Tokens lead back through their vault: add --vault. A token that has expired leads back to nothing,
  and so does one that was purged; both are told, with their rows. What `fpe` masked is not revealed: its
  ciphertexts do not say which version of the key made them and hold no tag, so a wrong value would not
  be noticed.

Who gets what:
  A malicious operator alone gets nothing: two others must approve, or one if the role was given to
  them, and the alarm stays. Three who conspire get what they ask for, and it is recorded.
  A malicious plugin gets nothing: no plugin decrypts, and none runs here.
  A stolen disk or backup holds ciphertexts or tokens, and what `moretta keys --help` says of the keyring. What
  was revealed is in a file of mode 0600: encrypt the disk, and delete it when it has served.
  Who can read the secret that opens the keyring can write a program that reveals everything, and
  approvals bind them to nothing: keep it where no single person can read it.";

/// What to reveal, and who allows it.
#[derive(Args, Debug)]
pub struct RevealArguments {
    /// The masked file.
    pub input: PathBuf,
    /// The policy that it was masked under, a YAML file.
    #[arg(short, long, value_name = "FILE")]
    pub policy: PathBuf,
    /// A YAML file that says what each column is, beside the policy's own labels.
    #[arg(long, value_name = "FILE")]
    pub labels: Option<PathBuf>,
    /// The column. The policy masks it with `encrypt`, `encrypt-deterministic` or `token`.
    ///
    /// What is revealed is text. What the policy has as int64 or binary under `types` gets that type again where all
    /// rows are revealed; among ciphertexts binary is base64.
    #[arg(long, value_name = "NAME")]
    pub column: String,
    /// In which rows, counted from 1 without the header: `all`, or 1-100,205.
    #[arg(long, value_name = "ROWS", default_value_t = Rows::all())]
    pub rows: Rows,
    /// In how many rows at most.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..))]
    pub max_rows: u64,
    /// Where to write: a new file, which you alone can read.
    #[arg(short, long, value_name = "FILE", required_unless_present = "ask")]
    pub out: Option<PathBuf>,
    /// Format of the output, where its extension does not say. Else that of the input.
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// Format of the input, where its extension does not say.
    #[arg(long, value_name = "FORMAT")]
    pub input_format: Option<Format>,
    /// Leave cells that do not open as they are, and count them. Without it they stop the run.
    #[arg(long)]
    pub skip_unopened: bool,
    /// Act on one approval. Takes an operator who may, raises an alarm and opens a review.
    #[arg(long)]
    pub break_glass: bool,
    /// The keyring.
    #[command(flatten)]
    pub keyring: KeyringArguments,
    /// The vault, for a column of tokens: a file, or `postgres://USER@HOST/DATABASE` in a build with that feature. Keep a
    /// password out of the arguments: others see them; set the variable.
    #[arg(long, value_name = "PATH", env = "MORETTA_VAULT", hide_env_values = true)]
    pub vault: Option<PathBuf>,
    /// The audit trail that it is recorded in. In `audit` in the keyring's directory, if not given.
    #[arg(long, value_name = "DIR")]
    pub audit: Option<PathBuf>,
    /// The consent of others.
    #[command(flatten)]
    pub consent: ConsentArguments,
}

/// Look at reviews.
#[derive(Debug, Subcommand)]
pub enum ReviewCommand {
    /// List the reviews that are open.
    List {
        /// Where.
        #[command(flatten)]
        trail: ReviewArguments,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Sign a review off. It takes two operators who neither asked nor approved.
    SignOff {
        /// The digest of the request, or how it begins, as `list` shows it.
        request: String,
        /// The name under which the keyring knows you.
        #[arg(long = "as", value_name = "NAME")]
        name: String,
        /// Your secret key, made with `moretta operators new-key`.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// Where.
        #[command(flatten)]
        trail: ReviewArguments,
    },
}

/// Which trail.
#[derive(Args, Debug)]
pub struct ReviewArguments {
    /// The keyring that signs it.
    #[command(flatten)]
    pub keyring: KeyringArguments,
    /// The audit trail. In `audit` in the keyring's directory, if not given.
    #[arg(long, value_name = "DIR")]
    pub audit: Option<PathBuf>,
}
