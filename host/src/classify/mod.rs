//! Classify: asks the classifiers what columns hold, and makes one suggestion of what they answer.
//!
//! A batch gives [`Evidence`]: how many values of each column speak for each label, and no value. Evidence of several
//! batches is added up in any order, so that a large file is looked at in parts. All of it together gives a suggestion
//! for each column, with how sure that is and why. What the columns are for, and where they come from, is not known here.
//!
//! Those who read values are asked first. Of a column of text that they leave open, others are asked about the different
//! values, for these cost more to judge and are less sure.
//!
//! ```text
//!  Batch ─▶ classifiers, each in an instance of its own ─▶ Evidence ─┐
//!  Batch ─▶ …                                              Evidence ─┴▶ one Evidence ─▶ Suggestion for each column
//! ```

mod ask;
mod column;
mod contradict;
mod evidence;
mod pieces;
mod rest;
mod shape;
mod suggest;
mod weigh;

use std::sync::Arc;

use crate::manifest::{Detection, Reads};
use crate::phi::Label;
use crate::plugin::{PackageError, PackageProblem, Plugin};

pub use evidence::{Counts, Evidence, Observed};
pub use suggest::THRESHOLD;

/// The classifiers at hand, in a fixed order: evidence names them by their places in it.
#[derive(Debug)]
pub struct Classifiers(Vec<Classifier>);

/// A classifier whose labels are the host's.
#[derive(Debug)]
struct Classifier {
    plugin: Arc<Plugin>,
    labels: Vec<Label>,
}

impl Classifiers {
    /// These classifiers.
    ///
    /// # Errors
    /// One of them knows a label that is none.
    pub fn new(plugins: Vec<Arc<Plugin>>) -> Result<Self, PackageError> {
        let known = |plugin: Arc<Plugin>| {
            let label = |detection: &Detection| detection.label.parse().map_err(|_| detection.label.clone());
            let labels: Result<Vec<Label>, String> = plugin.manifest().labels.iter().map(label).collect();
            let unknown =
                |label| PackageError { plugin: plugin.manifest().name.clone(), problem: PackageProblem::Label(label) };
            Ok(Classifier { labels: labels.map_err(unknown)?, plugin })
        };
        plugins.into_iter().map(known).collect::<Result<_, _>>().map(Self)
    }

    fn iter(&self) -> impl Iterator<Item = (usize, &Classifier)> {
        self.0.iter().enumerate()
    }
}

impl Classifier {
    fn reads(&self) -> Reads {
        self.plugin.manifest().reads
    }

    /// What it can find: the label, and what that is worth.
    fn detections(&self) -> impl Iterator<Item = (Label, &Detection)> {
        self.labels.iter().copied().zip(&self.plugin.manifest().labels)
    }
}
