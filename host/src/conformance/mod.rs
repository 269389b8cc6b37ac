//! The conformance kit: whether a plugin does what its manifest says, on columns that are no one's.
//!
//! Golden cases first. Then every transform, under the configurations of its golden cases, is called on made-up columns
//! of each type that it takes, as a batch would call it: masked in a fresh instance, within the limits, and verified.
//! What came back is held against each property that the manifest declares. Keys are made for the trial.
//! A classifier is asked what made-up columns hold, and its counts are held against what the contract says of counts; of a
//! text classifier, the pieces that it finds are held against what the contract says of pieces.

mod asked;
mod bench;
mod check;
mod classifier;
mod difference;
mod junit;
mod properties;
mod report;
mod speed;
mod text;
mod trial;

use std::sync::Arc;

use arrow_array::ArrayRef;
use serde_json::{Map, Value};

pub use bench::{Ratio, bench};
pub use report::{Check, Failure, Outcome, Property, Report, TransformReport};
pub use speed::Speed;

use crate::batch::ColumnType;
use crate::error::Error;
use crate::manifest::{Manifest, World};
use crate::phi::Label;
use crate::plugin::{Engine, Limits, Package, PackageError, PackageProblem, Plugin};
use check::Checker;

/// What a plugin is tried on, beside what it is always tried on.
#[derive(Clone)]
pub struct Options {
    /// How many values are masked to measure the speed. With 0 it is not measured.
    pub rows: usize,
    /// The one configuration that is tried, in place of those of the golden cases.
    pub with: Option<Map<String, Value>>,
    /// A column of the author's own: its name, its type and its values. No value of it is ever told.
    pub input: Option<(String, ColumnType, Vec<ArrayRef>)>,
    /// What each call may use.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self { rows: 1_000_000, with: None, input: None, limits: Limits::default() }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("rows", &self.rows).field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// Tries a plugin out. What it does wrong is in the report.
///
/// # Errors
/// It cannot be loaded, `with` fits none of its transforms, or the machine cannot run it.
pub fn test(package: &Package, options: &Options) -> Result<Report, Error> {
    let plugin = Arc::new(Plugin::load(&Engine::new(options.limits, None)?, package.clone())?);
    let manifest = plugin.manifest();
    check_labels(manifest)?;
    let fits = |with: &Map<String, Value>| manifest.transforms.iter().any(|it| it.complete_config(with).is_ok());
    if options.with.as_ref().is_some_and(|with| !fits(with)) {
        return Err(Error::Usage(
            "--with fits no transform of the plugin; `moretta plugin inspect` tells the options".into(),
        ));
    }
    let takes = |column_type: ColumnType| match manifest.world {
        World::Classifier => true,
        World::TextClassifier => column_type == ColumnType::Text,
        _ => manifest.transforms.iter().any(|it| it.types.contains_key(&column_type)),
    };
    if let Some((name, column_type, _)) = options.input.as_ref().filter(|(_, column_type, _)| !takes(*column_type)) {
        return Err(Error::Usage(format!(
            "the plugin does not take column {name}, which is of type {column_type}; give --type"
        )));
    }
    let transforms: Result<_, _> = match manifest.world {
        World::Classifier => classifier::Checker::new(&plugin).run(options).map(|report| vec![report]),
        World::TextClassifier => text::Checker::new(&plugin).run(options).map(|report| vec![report]),
        _ => (0..manifest.transforms.len()).map(|index| Checker::new(&plugin, index, options)?.run(options)).collect(),
    };
    Ok(Report {
        plugin: manifest.name.clone(),
        version: manifest.version.clone(),
        digest: plugin.digest().to_owned(),
        transforms: transforms?,
    })
}

/// A run refuses a classifier with a label that is none of the host's; here its author hears of it.
fn check_labels(manifest: &Manifest) -> Result<(), PackageError> {
    match manifest.labels.iter().find(|known| known.label.parse::<Label>().is_err()) {
        None => Ok(()),
        Some(unknown) => {
            Err(PackageError { plugin: manifest.name.clone(), problem: PackageProblem::Label(unknown.label.clone()) })
        }
    }
}
