//! Arguments of `moretta profile`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::source::Format;

pub(super) const HELP: &str = "\
For each identifier of 45 CFR 164.514(b)(2)(i), (A) to (R): the columns that are labelled as one, who says so, the rule and the
transform, what that leaves, and of a run how many values; and of those that are in no column, who says that there is none
and what was looked at. A policy that its profile refuses has no such report.

Example:
  moretta mask patients.csv -p p.yaml --labels labels.yaml --keyring keys --out m.csv --report run.json
  moretta profile report -p p.yaml --labels labels.yaml --run-report run.json --html evidence.html";

/// What is claimed of an output, and the evidence for it.
#[derive(Debug, Subcommand)]
pub enum ProfileCommand {
    /// Print the evidence for each identifier, (A) to (R).
    #[command(after_long_help = HELP)]
    Report(ProfileReportArguments),
}

/// What the evidence is taken from.
#[derive(Args, Debug)]
pub struct ProfileReportArguments {
    /// A file whose columns the policy is for. Else those of the file of labels, or those that the policy names.
    pub input: Option<PathBuf>,
    /// The policy, a YAML file.
    #[arg(short, long, value_name = "FILE")]
    pub policy: PathBuf,
    /// A YAML file that says what each column is, as `classify` writes it.
    #[arg(long, value_name = "FILE")]
    pub labels: Option<PathBuf>,
    /// What `mask --report` wrote of the run.
    #[arg(long, value_name = "FILE.json")]
    pub run_report: Option<PathBuf>,
    /// The audit trail that the run is in, instead of its report. Its signatures are `audit verify`'s to check.
    #[arg(long, value_name = "DIR", requires = "run", conflicts_with = "run_report")]
    pub audit: Option<PathBuf>,
    /// The name of the run in the trail: `moretta audit show` lists them.
    #[arg(long, value_name = "RUN", requires = "audit")]
    pub run: Option<String>,
    /// Format of the input, where its extension does not say.
    #[arg(long, value_name = "FORMAT")]
    pub input_format: Option<Format>,
    /// Plugins beside the shipped ones, as for `mask`.
    #[arg(long, value_name = "DIR")]
    pub plugins: Option<PathBuf>,
    /// Whose signatures count: every plugin of the store must be signed so.
    #[arg(long, value_name = "FILE", requires = "plugins")]
    pub trust_root: Option<PathBuf>,
    /// Print it as JSON.
    #[arg(long)]
    pub json: bool,
    /// Write it as a page of HTML that needs nothing else.
    #[arg(long, value_name = "FILE.html")]
    pub html: Option<PathBuf>,
}
