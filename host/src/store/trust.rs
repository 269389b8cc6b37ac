//! Whose signatures count: a file that the operator keeps.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde::Deserialize;

use super::history::sha256;
use super::{Envelope, Provenance, StoreError, Untrusted, verify};
use crate::approval::{PublicKey, Timestamp};
use crate::plugin::Package;

const MOST_BYTES: u64 = 1 << 20;
const MOST_KEYS: usize = 64;
/// The right to write, of the group and of all others.
const OTHERS_WRITE: u32 = 0o022;

/// How far plugins are trusted.
#[derive(Clone, Debug)]
pub enum Trust {
    /// Each must be signed as the trust root says.
    Required(TrustRoot),
    /// Each that has signatures must be; one without any is taken as it is.
    Optional(TrustRoot),
    /// Signatures are not looked at.
    Unchecked,
}

impl Trust {
    /// Where a package comes from, as far as this asks.
    ///
    /// # Errors
    /// It is not trusted.
    pub fn verify(&self, package: &Package, envelopes: &[Envelope], now: Timestamp) -> Result<Provenance, Untrusted> {
        match self {
            Self::Required(root) => verify(package, envelopes, root, now),
            Self::Optional(root) if !envelopes.is_empty() => verify(package, envelopes, root, now),
            Self::Optional(_) | Self::Unchecked => Ok(Provenance::unsigned(package)),
        }
    }

    /// The trust root that it is held against.
    pub fn root(&self) -> Option<&TrustRoot> {
        match self {
            Self::Required(root) | Self::Optional(root) => Some(root),
            Self::Unchecked => None,
        }
    }

    pub(super) fn is_unchecked(&self) -> bool {
        matches!(self, Self::Unchecked)
    }
}

/// Whose signatures count for which plugins, and how many are needed.
///
/// ```json
/// {
///   "moretta_trust_root": 1,
///   "threshold": 1,
///   "expires": "2027-06-30T00:00:00Z",
///   "keys": [
///     { "name": "anna", "public_key": "ed25519:…", "plugins": ["acme-*"], "expires": "2027-01-31T00:00:00Z" }
///   ]
/// }
/// ```
///
/// `threshold` is 1 where it is not said, and `expires` may be left out. In a pattern `*` stands for any characters.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustRoot {
    moretta_trust_root: u32,
    #[serde(default = "one")]
    threshold: usize,
    #[serde(default)]
    expires: Option<Timestamp>,
    keys: Vec<TrustedKey>,
    /// SHA-256 of its text, in hexadecimal.
    #[serde(skip)]
    digest: String,
}

/// A key whose signatures count.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TrustedKey {
    pub(super) name: String,
    pub(super) public_key: PublicKey,
    plugins: Vec<String>,
    #[serde(default)]
    pub(super) expires: Option<Timestamp>,
}

impl TrustRoot {
    /// The trust root of a file, which nobody but its owner can write.
    ///
    /// # Errors
    /// It cannot be read, is none, or others can write it.
    pub fn read(path: &Path) -> Result<Self, StoreError> {
        let wrong = |problem: String| StoreError::TrustRoot { path: path.to_owned(), problem };
        let mut file = File::open(path).map_err(StoreError::io("read", path))?;
        let metadata = file.metadata().map_err(StoreError::io("read", path))?;
        if !metadata.is_file() || metadata.len() > MOST_BYTES {
            return Err(wrong("it is no regular file of at most 1 MiB".to_owned()));
        }
        if metadata.mode() & OTHERS_WRITE != 0 {
            return Err(wrong("others than its owner can write it; `chmod go-w` it".to_owned()));
        }
        let mut text = String::new();
        file.by_ref().take(MOST_BYTES).read_to_string(&mut text).map_err(StoreError::io("read", path))?;
        Self::parse(&text).map_err(wrong)
    }

    /// The trust root of a text.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let root: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let root = Self { digest: sha256(text.as_bytes()), ..root };
        root.check().map(|()| root).map_err(str::to_owned)
    }

    /// SHA-256 of its text, in hexadecimal.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// How many different keys must have signed.
    pub fn threshold(&self) -> usize {
        self.threshold
    }

    pub(super) fn keys(&self) -> &[TrustedKey] {
        &self.keys
    }

    pub(super) fn check_time(&self, now: Timestamp) -> Result<(), Untrusted> {
        match self.expires {
            Some(expires) if now >= expires => Err(Untrusted::RootExpired(expires)),
            _ => Ok(()),
        }
    }

    fn check(&self) -> Result<(), &'static str> {
        let twice = |same: fn(&TrustedKey, &TrustedKey) -> bool| {
            self.keys.iter().enumerate().any(|(at, key)| self.keys.iter().take(at).any(|other| same(key, other)))
        };
        match () {
            () if self.moretta_trust_root != 1 => Err("`moretta_trust_root` is 1"),
            () if self.keys.is_empty() || self.keys.len() > MOST_KEYS => Err("there are 1 to 64 `keys`"),
            () if self.threshold == 0 => Err("`threshold` is at least 1"),
            () if self.threshold > self.keys.len() => Err("`threshold` is larger than the number of keys"),
            () if twice(|one, other| one.public_key == other.public_key) => Err("two keys are the same"),
            () if twice(|one, other| one.name == other.name) => Err("two keys have the same name"),
            () if self.keys.iter().any(|key| key.plugins.is_empty()) => {
                Err("a key has no `plugins`, the names that it may sign; `*` is any")
            }
            () => Ok(()),
        }
    }
}

impl TrustedKey {
    /// Whether it may sign a plugin of this name.
    pub(super) fn may_sign(&self, plugin: &str) -> bool {
        self.plugins.iter().any(|pattern| matches(pattern, plugin))
    }
}

fn one() -> usize {
    1
}

/// `*` is any run of characters. The first piece is where the name begins, the last one where it ends, and those between
/// are found from left to right.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(first) else { return false };
    let mut pieces: Vec<_> = rest.split('*').collect();
    let last = pieces.pop().unwrap_or_default();
    for piece in pieces {
        let Some((_, after)) = name.split_once(piece) else { return false };
        name = after;
    }
    name.ends_with(last)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::store::testing::key;

    #[test]
    fn patterns_match_whole_names() {
        for (pattern, name, expected) in [
            ("redact", "redact", true),
            ("redact", "redactor", false),
            ("*", "redact", true),
            ("acme-*", "acme-", true),
            ("acme-*", "acme-dates", true),
            ("acme-*", "not-acme-dates", false),
            ("*-dates", "shift-dates", true),
            ("*-dates", "shift-dates-2", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c", false),
            ("a*a", "a", false),
            ("ab*ba", "aba", false),
            ("**", "x", true),
            ("", "x", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn refuses_a_root_that_says_less_or_more_than_it_must() {
        let (one, two) = (key(1).public_key(), key(2).public_key());
        let root = |head: &str, keys: &[String]| {
            TrustRoot::parse(&format!("{{\"moretta_trust_root\": 1{head}, \"keys\": [{}]}}", keys.join(",")))
        };
        let entry = |name: &str, key: PublicKey, rest: &str| {
            format!("{{\"name\": \"{name}\", \"public_key\": \"{key}\"{rest}}}")
        };
        let any = ", \"plugins\": [\"*\"]";
        let (anna, bruno) = (entry("anna", one, any), entry("bruno", two, any));
        assert!(root("", &[anna.clone(), bruno.clone()]).is_ok());
        assert!(root(", \"threshold\": 2", &[anna.clone(), bruno]).is_ok());
        for (head, keys, says) in [
            ("", vec![], "1 to 64"),
            (", \"threshold\": 0", vec![anna.clone()], "at least 1"),
            (", \"threshold\": 2", vec![anna.clone()], "larger than"),
            (", \"threshold\": -1", vec![anna.clone()], "invalid value"),
            (", \"treshold\": 2", vec![anna.clone()], "unknown field"),
            (", \"expires\": \"soon\"", vec![anna.clone()], "no moment"),
            ("", vec![anna.clone(), entry("bruno", one, any)], "are the same"),
            ("", vec![anna, entry("anna", two, any)], "same name"),
            ("", vec![entry("anna", one, ", \"plugins\": []")], "has no `plugins`"),
            ("", vec![entry("anna", one, "")], "missing field `plugins`"),
        ] {
            let refused = root(head, &keys).unwrap_err();
            assert!(refused.contains(says), "{refused}");
        }
        assert!(TrustRoot::parse("{\"moretta_trust_root\": 2, \"keys\": []}").unwrap_err().contains("is 1"));
    }

    #[test]
    fn a_root_that_others_can_write_is_none() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("trust.json");
        let key = key(1).public_key();
        let entry = format!("{{\"name\": \"anna\", \"public_key\": \"{key}\", \"plugins\": [\"*\"]}}");
        fs::write(&path, format!("{{\"moretta_trust_root\": 1, \"keys\": [{entry}]}}")).unwrap();
        for (mode, expected) in [(0o644, true), (0o444, true), (0o664, false), (0o646, false)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(TrustRoot::read(&path).is_ok(), expected, "{mode:o}");
        }
    }
}
