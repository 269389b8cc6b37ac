//! A text classifier whose labels are the host's.

use std::sync::Arc;

use arrow_array::ArrayRef;

use crate::error::{Error, Place};
use crate::leash::Leash;
use crate::manifest::Detection;
use crate::phi::Label;
use crate::plugin::{CallError, GuestError, PackageError, PackageProblem, Plugin, Span};

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

    /// Finds the pieces of a column of text, which begins at a place.
    ///
    /// # Errors
    /// It broke the contract or its limits.
    pub(crate) fn find(&self, texts: &ArrayRef, mut place: Place, leash: &Leash) -> Result<Vec<Span>, Error> {
        let name = place.column.take().unwrap_or_default();
        self.plugin.find(&name, texts, leash).map_err(|failed| match failed {
            CallError::Guest(fault) => {
                place.column = Some(name);
                let plugin = self.plugin.manifest().name.clone();
                Box::new(GuestError { plugin, transform: "find".to_owned(), place, fault }).into()
            }
            CallError::Machine(why) => Error::Instance(why),
            CallError::Capability(why) => Error::Capability(why),
            CallError::Ended => Error::Ended,
        })
    }

    /// What a piece is that it found.
    pub(crate) fn label(&self, span: &Span) -> Option<Label> {
        self.labels.get(span.label).copied()
    }
}
