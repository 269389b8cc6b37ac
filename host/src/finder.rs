//! Text classifiers whose labels are the host's.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef};

use crate::error::{Error, Place};
use crate::leash::Leash;
use crate::manifest::Detection;
use crate::phi::Label;
use crate::plugin::{CallError, GuestError, PackageError, PackageProblem, Plugin, Span};
use crate::scrub::Piece;

/// The pieces of each text of a column that any of these finds and is sure enough of, 0 to 100. The column begins at a
/// place.
///
/// # Errors
/// One of them broke the contract or its limits.
pub(crate) fn find(
    finders: &[Finder],
    texts: &ArrayRef,
    threshold: u8,
    place: &Place,
    leash: &Leash,
) -> Result<Vec<Vec<Piece>>, Error> {
    let mut found: Vec<Vec<Piece>> = vec![Vec::new(); texts.len()];
    for finder in finders {
        for span in finder.find(texts, place.clone(), leash)? {
            let is_sure = span.confidence >= threshold;
            if let (Some(found), true) = (found.get_mut(span.row), is_sure) {
                let (range, label) = (span.start..span.end, finder.labels.get(span.label).copied());
                found.push(Piece { range, label, confidence: span.confidence, spelling: None });
            }
        }
    }
    Ok(found)
}

/// What finds pieces of free text.
#[derive(Debug)]
pub(crate) struct Finder {
    pub(crate) plugin: Arc<Plugin>,
    labels: Vec<Label>,
}

impl Finder {
    /// # Errors
    /// It knows a label that is none.
    pub(crate) fn new(plugin: Arc<Plugin>) -> Result<Self, PackageError> {
        let label = |detection: &Detection| detection.label.parse().map_err(|_| detection.label.clone());
        let labels: Result<_, String> = plugin.manifest().labels.iter().map(label).collect();
        let unknown =
            |label| PackageError { plugin: plugin.manifest().name.clone(), problem: PackageProblem::Label(label) };
        Ok(Self { labels: labels.map_err(unknown)?, plugin })
    }

    fn find(&self, texts: &ArrayRef, mut place: Place, leash: &Leash) -> Result<Vec<Span>, Error> {
        let name = place.column.take().unwrap_or_default();
        let answer = self.plugin.find(&name, texts, leash).map_err(|failed| match failed {
            CallError::Guest(fault) => {
                place.column = Some(name);
                let plugin = self.plugin.manifest().name.clone();
                Box::new(GuestError { plugin, transform: "find".to_owned(), place, fault }).into()
            }
            CallError::Machine(why) => Error::Instance(why),
            CallError::Capability(why) => Error::Capability(why),
            CallError::Ended => Error::Ended,
        })?;
        Ok(answer.spans)
    }
}
