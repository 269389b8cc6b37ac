//! Arguments of `moretta classify` and `moretta labels`.

use std::num::NonZeroU64;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::phi::Label;
use crate::source::Format;
use crate::survey::SAMPLE;
use crate::vocabulary::{Table, Vocabulary};

pub(super) const HELP: &str = "\
A suggestion says how sure it is, 0 to 1, and why, and never a value. It is one until somebody approves it: no label that
was only suggested counts when a policy is compiled, and while one that looks like an identifier waits for its review,
`mask`, `watch` and `check` with --labels end with exit code 2. With an --out that is there already, reviews stand for columns whose
type and suggestion are what they were.

Example:
  moretta classify patients.csv --out labels.yaml --review
  moretta labels approve labels.yaml --all
  moretta check patients.csv --policy p.yaml --labels labels.yaml";

/// What to look at, and how closely.
#[derive(Args, Debug)]
pub struct ClassifyArguments {
    /// Files to look at, `-` for standard input, in the formats that `moretta mask` reads.
    #[arg(required = true, value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,
    /// Write the suggestions here, to be reviewed.
    #[arg(short, long, value_name = "FILE.yaml")]
    pub out: Option<PathBuf>,
    /// Ask for a review of each suggestion that looks like an identifier, on a terminal, before it is written to --out.
    #[arg(long, requires = "out")]
    pub review: bool,
    /// Write what was found as a page of HTML that needs nothing else: for people, and without any value.
    #[arg(long, value_name = "FILE.html")]
    pub report: Option<PathBuf>,
    /// Look at every row.
    #[arg(long, conflicts_with = "sample")]
    pub full: bool,
    /// Look at about so many rows, spread over plain files; of pipes and compressed files at the first.
    #[arg(long, value_name = "N", default_value_t = SAMPLE)]
    pub sample: NonZeroU64,
    /// Format of the inputs, where their extension does not say.
    #[arg(long, value_name = "FORMAT")]
    pub input_format: Option<Format>,
    /// Show how most values of a column are written, digits as 9 and letters as a, on a terminal and nowhere else.
    #[arg(long, visible_alias = "show-examples")]
    pub examples: bool,
    /// How many threads look. All processors, if not given.
    #[arg(long, value_name = "N", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=128))]
    pub workers: Option<usize>,
    /// Classifiers beside the shipped ones: the current ones of a store (`moretta plugin`), else every .wasm in this
    /// directory. One named like a shipped one takes its place.
    #[arg(long, value_name = "DIR")]
    pub plugins: Option<PathBuf>,
    /// Whose signatures count: every plugin of the store must be signed so.
    #[arg(long, value_name = "FILE", requires = "plugins")]
    pub trust_root: Option<PathBuf>,
    /// Where compiled plugins are kept. In the user's cache directory, if not given.
    #[arg(long, value_name = "DIR", env = "MORETTA_CACHE")]
    pub cache: Option<PathBuf>,
}

/// Review what was suggested. Who did and when is kept in the file.
#[derive(Debug, Subcommand)]
pub enum LabelsCommand {
    /// Say that columns are what was suggested.
    Approve(ReviewedColumns),
    /// Say that columns are not what was suggested.
    Reject(ReviewedColumns),
    /// Say what a column is.
    Set {
        /// The file of labels.
        file: PathBuf,
        /// The column, or its dotted path.
        column: String,
        /// What it is; `moretta schema` lists the labels.
        #[arg(value_parser = parse_label)]
        label: Label,
    },
    /// Say what else there is to say of columns: the law that they are under, what they may be used for, how long and where
    /// they may be kept. What was said before of the same is replaced.
    Tag(TagArguments),
    /// Give the approved labels to another catalogue, in a form that it takes in.
    ///
    /// For Snowflake and Databricks that is SQL that sets tags, for Google Sensitive Data Protection a template, and for FHIR
    /// the parameters of `$meta-add`. Columns whose label it has no name for are told.
    Export(ExportArguments),
    /// Take in what another catalogue says of columns, as suggestions to be reviewed.
    ///
    /// As JSON: column data profiles or findings of Google Sensitive Data Protection; what SYSTEM$CLASSIFY of Snowflake
    /// returns; rows of information_schema.column_tags of Databricks; what `export --to fhir` writes. A review stands: where
    /// the catalogue says something else, that is told.
    Import(ImportArguments),
}

/// What is said of which columns.
#[derive(Args, Debug)]
pub struct TagArguments {
    /// The file of labels.
    pub file: PathBuf,
    /// The columns, or their dotted paths.
    #[arg(required = true)]
    pub columns: Vec<String>,
    /// A law, such as hipaa or 42-cfr-2; may be given several times.
    #[arg(long, value_name = "WORD")]
    pub regulation: Vec<String>,
    /// A use, such as treatment or research; may be given several times.
    #[arg(long, value_name = "WORD")]
    pub purpose: Vec<String>,
    /// How long, as ISO 8601 has it: P6Y, P90D.
    #[arg(long, value_name = "DURATION")]
    pub retention: Option<String>,
    /// A country or a part of one, as ISO 3166 has it: US, US-CA; may be given several times.
    #[arg(long, value_name = "PLACE")]
    pub residency: Vec<String>,
}

/// What goes where.
#[derive(Args, Debug)]
pub struct ExportArguments {
    /// The file of labels.
    pub file: PathBuf,
    /// google-sdp, snowflake, databricks or fhir.
    #[arg(long, value_name = "CATALOGUE")]
    pub to: Vocabulary,
    /// The table whose columns are tagged, for SQL.
    #[arg(long, value_name = "CATALOG.SCHEMA.TABLE")]
    pub table: Option<Table>,
}

/// What comes from where.
#[derive(Args, Debug)]
pub struct ImportArguments {
    /// The file of labels, as `moretta classify` wrote it.
    pub file: PathBuf,
    /// What the catalogue says, as JSON.
    pub said: PathBuf,
    /// google-sdp, snowflake, databricks or fhir.
    #[arg(long, value_name = "CATALOGUE")]
    pub from: Vocabulary,
}

/// Which columns were reviewed.
#[derive(Args, Debug)]
pub struct ReviewedColumns {
    /// The file of labels.
    pub file: PathBuf,
    /// The columns, or their dotted paths.
    #[arg(required_unless_present = "all")]
    pub columns: Vec<String>,
    /// All that have a suggestion and no review.
    #[arg(long, conflicts_with = "columns")]
    pub all: bool,
}

fn parse_label(name: &str) -> Result<Label, String> {
    name.parse().map_err(|_| "there is no such label; labels are such as us-ssn, mrn, birth-date, clinical".to_owned())
}
