//! What is said of one dataset.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::dataset::{KeyringSource, Settings, Signatures, Sources};

/// What is said of one dataset.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DatasetConfig {
    policy: PathBuf,
    #[serde(default)]
    labels: Option<PathBuf>,
    #[serde(default)]
    plugins: Vec<PathBuf>,
    /// Whose signatures count.
    #[serde(default)]
    trust_root: Option<PathBuf>,
    /// Whether every plugin must be signed. Where not, and with a trust root, those that have signatures.
    #[serde(default = "DatasetConfig::yes")]
    require_signatures: bool,
    #[serde(default)]
    keyring: Option<KeyringSource>,
    #[serde(default)]
    vault: Option<PathBuf>,
    #[serde(default)]
    audit: Option<PathBuf>,
    /// A directory for the rows that cannot be masked: each run has a file of its own there.
    #[serde(default)]
    pub(crate) quarantine: Option<PathBuf>,
    /// How many rows of one request may go there.
    #[serde(default)]
    pub(crate) max_quarantined: u64,
    /// How many requests are masked at once, where that differs from the others.
    #[serde(default)]
    pub(crate) requests_at_once: Option<usize>,
    /// How its revisions follow one another.
    #[serde(default)]
    pub(crate) revisions: Settings,
}

impl DatasetConfig {
    /// The files that its revisions are made from.
    pub(crate) fn sources(&self) -> Sources {
        Sources {
            policy: self.policy.clone(),
            labels: self.labels.clone(),
            plugins: self.plugins.clone(),
            signatures: match &self.trust_root {
                Some(path) if self.require_signatures => Signatures::Required(path.clone()),
                Some(path) => Signatures::Optional(path.clone()),
                None => Signatures::Unchecked,
            },
            keyring: self.keyring.clone(),
            vault: self.vault.clone(),
            audit: self.audit.clone(),
        }
    }

    /// With its paths as seen from a directory.
    pub(super) fn seen_from(mut self, base: &Path) -> Self {
        let keyring = self.keyring.as_mut().map(|keyring| (&mut keyring.directory, keyring.passphrase_file.as_mut()));
        let (directory, passphrase) = keyring.map_or((None, None), |(directory, file)| (Some(directory), file));
        let is_file = |vault: &&mut PathBuf| !vault.to_string_lossy().contains("://");
        let paths = [Some(&mut self.policy), self.labels.as_mut(), directory, passphrase, self.audit.as_mut()];
        let paths = paths.into_iter().flatten().chain(self.plugins.iter_mut()).chain(self.trust_root.as_mut());
        let paths = paths.chain(self.quarantine.as_mut());
        paths.chain(self.vault.as_mut().filter(is_file)).for_each(|path| *path = base.join(&*path));
        self
    }

    fn yes() -> bool {
        true
    }

    /// What contradicts itself, or is not safe.
    ///
    /// INVARIANT: plugins without a trust root are run only where `require_signatures: false` is said.
    pub(super) fn problem(&self) -> Option<&'static str> {
        if self.require_signatures && self.trust_root.is_none() && !self.plugins.is_empty() {
            return Some(
                "its `plugins` must be signed, and nothing says by whom; add `trust_root: FILE` (see `moretta plugin \
                 --help`), or say `require_signatures: false` to run whatever lies there",
            );
        }
        if self.max_quarantined > 0 && self.quarantine.is_none() {
            return Some(
                "`max_quarantined` allows rows in quarantine, and there is no place for them; add `quarantine: DIR`",
            );
        }
        if self.quarantine.is_some() && self.keyring.is_none() {
            return Some("rows in quarantine are sealed with a key; add `keyring`");
        }
        (self.requests_at_once == Some(0)).then_some("`requests_at_once` is 0; to refuse requests, stop the dataset")
    }
}
