//! What a run did: counts, and the revision that did it. Never a value.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::Error;
use crate::outcome::Outcomes;
use crate::snapshot::Snapshot;
use crate::steps::Steps;
use crate::tally::Tally;

/// What a finished run did.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// What was in force.
    pub revision: Revision,
    /// How many rows had which outcome.
    pub rows: Outcomes,
    /// Bytes of rows read, after decompression and without a header.
    pub bytes_read: u64,
    /// Bytes written.
    pub bytes_written: u64,
    /// How long it took.
    pub seconds: f64,
    /// What was done to each column.
    pub columns: Tally,
    /// Where the time went.
    #[serde(skip)]
    pub steps: Steps,
}

impl Report {
    /// Rows masked in a second.
    pub fn rows_per_second(&self) -> f64 {
        self.rows.read as f64 / self.seconds.max(f64::EPSILON)
    }

    /// Bytes read in a second.
    pub fn bytes_per_second(&self) -> f64 {
        self.bytes_read as f64 / self.seconds.max(f64::EPSILON)
    }

    /// The report as JSON, with a line end.
    ///
    /// # Errors
    /// Never, for a report that a run made.
    pub fn to_json(&self) -> Result<String, Error> {
        let json = serde_json::to_string_pretty(self).map_err(|_| Error::Internal("the report is no JSON"))?;
        Ok(json + "\n")
    }
}

/// What was in force: enough to say later which code, policy and keys touched which rows.
#[derive(Clone, Debug, Serialize)]
pub struct Revision {
    /// The number of the snapshot.
    pub number: u64,
    /// The version of the host.
    pub host: &'static str,
    /// The policy's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// SHA-256 of the policy's text.
    pub policy_digest: String,
    /// SHA-256 of the file of labels, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels_digest: Option<String>,
    /// Version and SHA-256 of each plugin that was called.
    pub plugins: BTreeMap<String, PluginUsed>,
    /// The version of each key that was lent.
    pub keys: BTreeMap<String, u32>,
}

/// A plugin that was called.
#[derive(Clone, Debug, Serialize)]
pub struct PluginUsed {
    /// As its manifest says.
    pub version: String,
    /// SHA-256 of its file.
    pub digest: String,
}

impl Revision {
    /// What is in force in a snapshot, as far as it was used.
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        let (mut plugins, mut keys) = (BTreeMap::new(), BTreeMap::new());
        for ready in snapshot.plans() {
            let finders = ready.scrubs.iter().flat_map(|scrub| &scrub.finders).map(|finder| &finder.plugin);
            for plugin in ready.calls.iter().map(|call| &call.plugin).chain(finders) {
                let manifest = plugin.manifest();
                let used = PluginUsed { version: manifest.version.clone(), digest: plugin.digest().to_owned() };
                plugins.insert(manifest.name.clone(), used);
            }
            let grants = ready.calls.iter().filter_map(|call| call.grant.as_ref());
            keys.extend(grants.map(|grant| (grant.key_id().to_owned(), grant.version())));
        }
        Self {
            number: snapshot.revision(),
            host: env!("CARGO_PKG_VERSION"),
            policy: snapshot.policy().name.clone(),
            policy_digest: snapshot.policy().digest(),
            labels_digest: snapshot.policy().labels_digest().map(str::to_owned),
            plugins,
            keys,
        }
    }
}
