//! Arguments of `moretta risk`.

use std::num::NonZeroU64;
use std::path::PathBuf;

use clap::Args;

use crate::source::Format;

pub(super) const HELP: &str = "\
Rows that agree in every quasi-identifier are a class; who knows those of a person knows that the person is one of the
class. The smallest class is the k of k-anonymity, 1 in its size the highest risk of a prosecutor, who knows that the
person is in the table; a class with one value of a sensitive column tells that value of everybody in it. Nulls agree with
nulls. Where a person has several rows, --subject counts persons.

Exit codes: 0 measured, and as good as was asked; 2 worse than was asked with --min-k or --min-l.

Example:
  moretta risk masked.csv --quasi-identifiers zip,birth_date,gender --sensitive diagnosis --subject patient_id --min-k 11";

/// What to measure, and of what.
#[derive(Args, Debug)]
pub struct RiskArguments {
    /// Files to look at, `-` for standard input, in the formats that `moretta mask` reads: as a rule what was masked.
    #[arg(required = true, value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,
    /// The columns that somebody may know of a person from elsewhere.
    #[arg(long, required = true, value_name = "COLUMN,…", value_delimiter = ',')]
    pub quasi_identifiers: Vec<String>,
    /// The columns that nobody is to learn of a person.
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    pub sensitive: Vec<String>,
    /// The column that names the person, in the clear or as a pseudonym, where one may have several rows.
    #[arg(long, value_name = "COLUMN")]
    pub subject: Option<String>,
    /// Fail where a class is smaller.
    #[arg(long, value_name = "K")]
    pub min_k: Option<NonZeroU64>,
    /// Fail where a class has fewer different values of a sensitive column.
    #[arg(long, value_name = "L", requires = "sensitive")]
    pub min_l: Option<NonZeroU64>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Format of the inputs, where their extension does not say.
    #[arg(long, value_name = "FORMAT")]
    pub input_format: Option<Format>,
    /// About how much memory counting takes, in MiB. What does not fit goes to temporary files (`TMPDIR`), as digests.
    #[arg(long, value_name = "MIB", default_value_t = 256, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=1 << 20))]
    pub memory: usize,
}
