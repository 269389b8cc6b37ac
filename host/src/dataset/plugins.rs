//! The plugins of the revision in force.

use schemars::JsonSchema;
use serde::Serialize;

use super::revision::Made;
use crate::manifest::World;

/// A plugin of the revision in force.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PluginStatus {
    /// Its name.
    pub name: String,
    /// As its manifest says. The digest, not this, says which bytes run.
    pub version: String,
    /// SHA-256 of its file, in hexadecimal.
    pub digest: String,
    /// Its world: what it may import.
    #[schemars(with = "String")]
    pub world: World,
    /// What it can do.
    pub transforms: Vec<String>,
    /// Whether it is part of the binary.
    pub shipped: bool,
    /// Whether a rule of the policy names it.
    pub used: bool,
}

/// Every plugin that a revision has, by name.
pub(super) fn of(made: &Made) -> Vec<PluginStatus> {
    let snapshot = made.host.snapshot();
    let used: Vec<_> = snapshot.transforms().map(|(_, found)| found.plugin.to_owned()).collect();
    let status = |package: &crate::plugin::Package| {
        let manifest = package.manifest();
        PluginStatus {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            digest: package.digest().to_owned(),
            world: manifest.world,
            transforms: manifest.transforms.iter().map(|transform| transform.name.clone()).collect(),
            shipped: made.parts.plugins.get(&manifest.name).is_none_or(|digest| digest != package.digest()),
            used: used.contains(&manifest.name),
        }
    };
    snapshot.packages().map(status).collect()
}
