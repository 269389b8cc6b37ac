//! Which plugin a rule means.

use serde::Serialize;

use crate::manifest::{Manifest, Transform};
use crate::policy::nearest;

/// The transforms that the plugins at hand offer.
pub trait Transforms {
    /// The transform that a rule names, `transform` or `plugin/transform`.
    ///
    /// # Errors
    /// None is called so, or several are.
    fn find(&self, name: &str) -> Result<Found<'_>, NotFound>;

    /// The plugins that find pieces of free text, in the order of their names.
    fn finders(&self) -> Vec<Finder> {
        Vec::new()
    }
}

/// A plugin that finds pieces of free text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finder {
    /// Its name.
    pub plugin: String,
    /// Its version, as its manifest has it.
    pub version: String,
    /// The digest of its bytes.
    pub digest: String,
}

/// A transform and the plugin that offers it.
#[derive(Clone, Copy, Debug)]
pub struct Found<'t> {
    /// The name of the plugin.
    pub plugin: &'t str,
    /// Its version, as its manifest has it.
    pub version: &'t str,
    /// The digest of its bytes.
    pub digest: &'t str,
    /// Its manifest.
    pub manifest: &'t Manifest,
    /// The transform.
    pub transform: &'t Transform,
    /// Where the transform is in the manifest.
    pub index: usize,
}

/// Why a name is not one transform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotFound {
    /// No plugin offers it.
    Unknown {
        /// The name that was probably meant.
        near: Option<String>,
    },
    /// Several plugins offer it.
    Ambiguous {
        /// Their names for it, `plugin/transform`.
        choices: Vec<String>,
    },
}

/// Finds a transform among plugins, given as manifest and digest: what implementations of [`Transforms`] are made of.
///
/// # Errors
/// None is called so, or several are.
pub fn find<'t>(
    plugins: impl Iterator<Item = (&'t Manifest, &'t str)> + Clone,
    name: &str,
) -> Result<Found<'t>, NotFound> {
    let (plugin, transform) = match name.split_once('/') {
        Some((plugin, transform)) => (Some(plugin), transform),
        None => (None, name),
    };
    let offers = plugins.flat_map(offers);
    let meant = |found: &Found<'t>| found.transform.name == transform && plugin.is_none_or(|it| it == found.plugin);
    let mut found = offers.clone().filter(meant);
    match (found.next(), found.next()) {
        (Some(found), None) => Ok(found),
        (Some(first), Some(second)) => {
            let choices = [first, second].into_iter().chain(found);
            Err(NotFound::Ambiguous {
                choices: choices.map(|it| format!("{}/{}", it.plugin, it.transform.name)).collect(),
            })
        }
        (None, _) => Err(NotFound::Unknown { near: near(&offers, transform) }),
    }
}

/// The nearest name, with its plugin where the name itself was right.
fn near<'t>(offers: &(impl Iterator<Item = Found<'t>> + Clone), transform: &str) -> Option<String> {
    let near = nearest(transform, offers.clone().map(|found| found.transform.name.as_str()))?;
    let found = offers.clone().find(|found| found.transform.name == near)?;
    Some(if near == transform { format!("{}/{near}", found.plugin) } else { near.to_owned() })
}

/// Everything that one plugin offers.
fn offers<'t>((manifest, digest): (&'t Manifest, &'t str)) -> impl Iterator<Item = Found<'t>> + Clone {
    manifest.transforms.iter().enumerate().map(move |(index, transform)| Found {
        plugin: &manifest.name,
        version: &manifest.version,
        digest,
        manifest,
        transform,
        index,
    })
}
