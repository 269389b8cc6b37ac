//! What a plugin says of itself. Readable without running it.

mod case;
mod check;
mod config;
mod detection;
mod leaves;

use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use case::{Case, CaseColumn, CaseRejection};
pub use config::ConfigProblem;
pub use detection::{CasePiece, ClassifierCase, Detection, Reads};
pub use leaves::{Leaves, Left};

use crate::batch::ColumnType;
use crate::keys::Purpose;

/// The largest manifest that is read, in bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// The largest regular expression once it is compiled, in bytes: room for some dozens of `\w`, and for thousands of `[A-Z]`.
const MOST_PATTERN_BYTES: usize = 1 << 20;

/// What a plugin says of itself, checked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of this format: 1.
    pub manifest: u32,
    /// The plugin's name, in kebab-case.
    pub name: String,
    /// The plugin's version. Its digest, not this, says which bytes run.
    pub version: String,
    /// Which exports it has, and which capabilities it may import.
    pub world: World,
    /// What it does, for people.
    pub description: String,
    /// The capabilities that it asks for: those of its world.
    #[serde(default)]
    pub asks: Vec<Ask>,
    /// The labels that a classifier knows, in the order of the contract's indices.
    #[serde(default)]
    pub labels: Vec<Detection>,
    /// What a classifier looks at.
    #[serde(default)]
    pub reads: Reads,
    /// Examples of a classifier that must come out whenever the plugin is loaded.
    #[serde(default)]
    pub cases: Vec<ClassifierCase>,
    /// What a masker can do.
    #[serde(default)]
    pub transforms: Vec<Transform>,
}

impl Manifest {
    /// Reads and checks a manifest, golden cases included.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > MAX_BYTES {
            return Err("it is larger than 1 MiB".into());
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        check::manifest(&manifest)?;
        Ok(manifest)
    }
}

/// The world that a plugin was made for: its permission list. As in `wit/worlds.wit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum World {
    /// Masks with nothing but its arguments.
    Masker,
    /// Masks with a key for pseudonyms.
    PseudonymMasker,
    /// Masks with a key for date shifts.
    DateShiftMasker,
    /// Masks with a key for encryption.
    EncryptionMasker,
    /// Masks with a key for deterministic encryption.
    DeterministicEncryptionMasker,
    /// Masks with a key for format-preserving encryption.
    FormatPreservingMasker,
    /// Masks with a token vault.
    TokenMasker,
    /// Masks with random numbers.
    RandomMasker,
    /// Says what columns hold.
    Classifier,
    /// Finds identifying pieces of free text.
    TextClassifier,
}

impl World {
    /// The capability that the world imports.
    pub fn ask(self) -> Option<Ask> {
        match self {
            Self::Masker | Self::Classifier | Self::TextClassifier => None,
            Self::PseudonymMasker => Some(Ask::PseudonymKey),
            Self::DateShiftMasker => Some(Ask::DateShiftKey),
            Self::EncryptionMasker => Some(Ask::EncryptionKey),
            Self::DeterministicEncryptionMasker => Some(Ask::DeterministicEncryptionKey),
            Self::FormatPreservingMasker => Some(Ask::FormatPreservingKey),
            Self::TokenMasker => Some(Ask::TokenVault),
            Self::RandomMasker => Some(Ask::Randomness),
        }
    }
}

/// A capability that a plugin asks for. It has it only where the policy grants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// A key for pseudonyms, lent for each call.
    PseudonymKey,
    /// A key for date shifts, lent for each call.
    DateShiftKey,
    /// A key for encryption, lent for each call.
    EncryptionKey,
    /// A key for deterministic encryption, lent for each call.
    DeterministicEncryptionKey,
    /// A key for format-preserving encryption, lent for each call.
    FormatPreservingKey,
    /// A token vault, lent for each call.
    TokenVault,
    /// Random numbers, lent for each call.
    Randomness,
}

impl Ask {
    /// The purpose of the key that is asked for. Randomness needs none.
    pub fn purpose(self) -> Option<Purpose> {
        Some(match self {
            Self::PseudonymKey => Purpose::Pseudonym,
            Self::DateShiftKey => Purpose::DateShift,
            Self::EncryptionKey => Purpose::Encrypt,
            Self::DeterministicEncryptionKey => Purpose::EncryptDeterministic,
            Self::FormatPreservingKey => Purpose::FormatPreserving,
            Self::TokenVault => Purpose::Token,
            Self::Randomness => return None,
        })
    }
}

/// One thing that a masker can do.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transform {
    /// Its name, in kebab-case.
    pub name: String,
    /// What it does, for people.
    pub description: String,
    /// The JSON Schema of a rule's `with:`.
    pub config: Value,
    #[serde(skip)]
    compiled: config::Compiled,
    /// The types of columns that it takes, and what each becomes.
    pub types: BTreeMap<ColumnType, ColumnType>,
    /// How many columns it masks in one call.
    #[serde(default = "Bounds::one")]
    pub columns: Bounds,
    /// How many further columns it can see.
    #[serde(default = "Bounds::none")]
    pub context: Bounds,
    /// What it cannot do without.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// What holds of its outputs.
    pub properties: Properties,
    /// What of a value is left in its result, by configuration: the first that is for it decides. Everything, if none is.
    #[serde(default)]
    pub leaves: Vec<Leaves>,
    /// It can leave a value as it came. The rule must allow that.
    #[serde(default)]
    pub may_keep: bool,
    /// It can make a null of a value.
    #[serde(default)]
    pub adds_nulls: bool,
    /// A regular expression that every text it puts out matches.
    #[serde(default)]
    pub output_pattern: Option<String>,
    /// How to count the outputs that a configuration allows.
    #[serde(default)]
    pub distinct_outputs: Option<DistinctOutputs>,
    /// Examples that must come out whenever the plugin is loaded.
    pub cases: Vec<Case>,
}

impl Transform {
    /// The configuration that the plugin is handed: defaults filled in, keys sorted, checked against the schema.
    ///
    /// # Errors
    /// All that is wrong with it; the messages name the property, and may quote the policy.
    pub fn complete_config(&self, with: &Map<String, Value>) -> Result<Map<String, Value>, Vec<ConfigProblem>> {
        config::complete(&self.config, &self.compiled, with)
    }

    /// What of a value is left in its result under a complete configuration.
    pub fn left(&self, config: &Map<String, Value>) -> Left {
        leaves::left(&self.leaves, config)
    }

    /// How many different outputs a complete configuration allows. `None`: the manifest does not say.
    pub fn distinct_outputs(&self, config: &Map<String, Value>) -> Option<f64> {
        let rule = self.distinct_outputs.as_ref()?;
        let symbols = rule.symbols.get(config.get(&rule.alphabet)?.as_str()?)?;
        let length = i32::try_from(config.get(&rule.length)?.as_u64()?).ok()?;
        Some(f64::from(*symbols).powi(length).min(f64::MAX))
    }
}

/// How many, at least and at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// At least so many.
    pub min: usize,
    /// At most so many.
    pub max: usize,
}

impl Bounds {
    /// Whether a number lies within.
    pub fn allow(self, number: usize) -> bool {
        (self.min..=self.max).contains(&number)
    }

    fn one() -> Self {
        Self { min: 1, max: 1 }
    }

    fn none() -> Self {
        Self { min: 0, max: 0 }
    }
}

/// Something that a transform cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// The policy's `reference_date`.
    ReferenceDate,
}

/// What holds of a transform's outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Properties {
    /// Equal inputs give equal outputs.
    pub deterministic: bool,
    /// Different inputs give different outputs, but for collisions of digests.
    pub injective: bool,
    /// Whoever has the key can undo it.
    pub reversible: bool,
    /// Outputs have the form of inputs.
    pub format_preserving: bool,
    /// How many different values there must be for the transform to hide any.
    pub minimum_domain: u64,
    /// No four characters in a row of an input are in its output, but by chance where a key decides.
    #[serde(default)]
    pub conceals: bool,
}

/// How to count the outputs that a configuration allows: symbols to the power of length.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DistinctOutputs {
    /// The property of the configuration that holds the number of symbols put out.
    pub length: String,
    /// The property that names the alphabet.
    pub alphabet: String,
    /// How many symbols each alphabet has.
    pub symbols: BTreeMap<String, u32>,
}

/// Compiles a regular expression. It matches in linear time.
fn pattern(text: &str) -> Result<Regex, String> {
    RegexBuilder::new(text).size_limit(MOST_PATTERN_BYTES).build().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
