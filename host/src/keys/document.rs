//! What the file of a keyring holds: names, states, and wrapped keys.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::keyring::is_name;
use super::material::Material;
use super::provider::{Provider, Settings};
use super::wrapped::{Context, Wrapped};
use super::{KeyError, Purpose};
use crate::approval::{Digest, Operator, Timestamp};

/// The purpose of the key that the document itself is authenticated with.
const INTEGRITY: &str = "integrity";

/// All of a keyring. Nothing in it is secret, and all of it is authenticated.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::keys) struct Document {
    /// 32 hexadecimal digits, random: what every key is bound to.
    pub(in crate::keys) id: String,
    /// How often it was changed. An older file has a lower one.
    pub(in crate::keys) serial: u64,
    pub(in crate::keys) provider: Settings,
    integrity: Wrapped,
    pub(in crate::keys) keys: Vec<Key>,
    pub(in crate::keys) operators: Vec<Operator>,
    /// The requests that were carried out and have not expired, so that none is carried out twice.
    pub(in crate::keys) spent: Vec<Spent>,
}

/// A key by name.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::keys) struct Key {
    pub(in crate::keys) name: String,
    pub(in crate::keys) purpose: Purpose,
    pub(in crate::keys) versions: Vec<Version>,
}

/// One version of a key. It has its wrapped key until it is destroyed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::keys) struct Version {
    pub(in crate::keys) version: u32,
    pub(in crate::keys) state: VersionState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::keys) key: Option<Wrapped>,
}

/// What a version of a key may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VersionState {
    /// New data, and old. One version of each key is, unless it was destroyed.
    Primary,
    /// Old data: what was made under it can be read.
    Enabled,
    /// Nothing, until it is enabled again.
    Disabled,
    /// Nothing for ever: its key is gone.
    Destroyed,
}

/// A request that was carried out.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::keys) struct Spent {
    pub(in crate::keys) request: Digest,
    pub(in crate::keys) expires: Timestamp,
}

impl Document {
    /// A keyring without keys, under a provider.
    ///
    /// # Errors
    /// The system gives no random bytes, or the provider cannot be used.
    pub(in crate::keys) fn new(provider: &dyn Provider) -> Result<Self, KeyError> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|_| KeyError::NoRandomness)?;
        let id = format!("{:032x}", u128::from_be_bytes(id));
        let integrity = provider.wrap(&Material::random()?, &integrity_of(&id))?;
        let (keys, operators, spent) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self { id, serial: 1, provider: provider.settings().clone(), integrity, keys, operators, spent })
    }

    /// Adds a key with a first version.
    ///
    /// # Errors
    /// The name is malformed or taken.
    pub(in crate::keys) fn add(&mut self, name: &str, purpose: Purpose, by: &dyn Provider) -> Result<(), KeyError> {
        if !is_name(name) {
            return Err(KeyError::InvalidName(name.to_owned()));
        }
        if self.find(name).is_some() {
            return Err(KeyError::Twice(name.to_owned()));
        }
        self.keys.push(Key { name: name.to_owned(), purpose, versions: Vec::new() });
        self.add_version(name, by)?;
        Ok(())
    }

    /// Gives a key a new version, the primary one from now on. What was primary can still read.
    ///
    /// # Errors
    /// There is no such key, or no random bytes, or the provider cannot be used.
    pub(in crate::keys) fn add_version(&mut self, name: &str, provider: &dyn Provider) -> Result<u32, KeyError> {
        let key = self.find(name).ok_or_else(|| KeyError::Unknown(name.to_owned()))?;
        let last = key.versions.iter().map(|version| version.version).max().unwrap_or(0);
        let version = last.checked_add(1).ok_or(KeyError::OutOfRange("the number of a version"))?;
        let wrapped = self.wrap(key, version, &Material::random()?, provider)?;
        let key = self.find_mut(name)?;
        for older in key.versions.iter_mut().filter(|version| version.state == VersionState::Primary) {
            older.state = VersionState::Enabled;
        }
        key.versions.push(Version { version, state: VersionState::Primary, key: Some(wrapped) });
        Ok(version)
    }

    pub(in crate::keys) fn find(&self, name: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// # Errors
    /// There is no such key.
    pub(in crate::keys) fn find_mut(&mut self, name: &str) -> Result<&mut Key, KeyError> {
        self.keys.iter_mut().find(|key| key.name == name).ok_or_else(|| KeyError::Unknown(name.to_owned()))
    }

    /// The data key of a version.
    ///
    /// # Errors
    /// It was destroyed, or the provider does not unwrap it.
    pub(in crate::keys) fn unwrap(&self, key: &Key, of: &Version, by: &dyn Provider) -> Result<Material, KeyError> {
        let destroyed = || KeyError::Destroyed { name: key.name.clone(), version: of.version };
        let wrapped = of.key.as_ref().ok_or_else(destroyed)?;
        by.unwrap(wrapped, &self.context(key, &key.purpose.to_string(), of.version))
    }

    /// The key that the document is authenticated with.
    ///
    /// # Errors
    /// The provider does not unwrap it.
    pub(in crate::keys) fn integrity_key(&self, provider: &dyn Provider) -> Result<Material, KeyError> {
        provider.unwrap(&self.integrity, &integrity_of(&self.id))
    }

    /// Wraps every key anew, under another provider. The document gets another integrity key: who could open an older
    /// file cannot forge this one.
    ///
    /// # Errors
    /// A key is not unwrapped by the old provider or not wrapped by the new one. Nothing is changed then.
    pub(in crate::keys) fn rewrap(&mut self, old: &dyn Provider, new: &dyn Provider) -> Result<(), KeyError> {
        let integrity = new.wrap(&Material::random()?, &integrity_of(&self.id))?;
        let mut rewrapped = Vec::new();
        for key in &self.keys {
            for version in key.versions.iter().filter(|version| version.key.is_some()) {
                rewrapped.push(self.wrap(key, version.version, &self.unwrap(key, version, old)?, new)?);
            }
        }
        let versions = self.keys.iter_mut().flat_map(|key| &mut key.versions);
        for (wrapped, new) in versions.filter_map(|version| version.key.as_mut()).zip(rewrapped) {
            *wrapped = new;
        }
        (self.integrity, self.provider) = (integrity, new.settings().clone());
        Ok(())
    }

    /// What must be so in every keyring.
    ///
    /// # Errors
    /// What is wrong, in words that quote nothing of it.
    pub(in crate::keys) fn check(&self) -> Result<(), &'static str> {
        if self.keys.iter().any(|key| !is_name(&key.name)) {
            return Err("the name of a key is malformed");
        }
        if !all_differ(self.keys.iter().map(|key| &key.name)) {
            return Err("two keys have one name");
        }
        if !all_differ(self.operators.iter().map(|operator| &operator.name)) {
            return Err("two operators have one name");
        }
        self.keys.iter().try_for_each(Key::check)
    }

    fn wrap(&self, key: &Key, version: u32, material: &Material, by: &dyn Provider) -> Result<Wrapped, KeyError> {
        by.wrap(material, &self.context(key, &key.purpose.to_string(), version))
    }

    fn context<'a>(&'a self, key: &'a Key, purpose: &'a str, version: u32) -> Context<'a> {
        Context { keyring: &self.id, name: &key.name, purpose, version }
    }
}

impl Key {
    /// # Errors
    /// There is no such version.
    pub(in crate::keys) fn version_mut(&mut self, version: u32) -> Result<&mut Version, KeyError> {
        let found = self.versions.iter_mut().find(|found| found.version == version);
        found.ok_or_else(|| KeyError::UnknownVersion { name: self.name.clone(), version })
    }

    fn check(&self) -> Result<(), &'static str> {
        if !all_differ(self.versions.iter().map(|version| version.version)) {
            return Err("two versions of a key have one number");
        }
        if self.versions.iter().any(|version| version.version == 0) {
            return Err("versions are counted from 1");
        }
        if self.versions.iter().filter(|version| version.state == VersionState::Primary).count() > 1 {
            return Err("a key has several primary versions");
        }
        if self.versions.iter().any(|version| version.key.is_none() != (version.state == VersionState::Destroyed)) {
            return Err("a version is destroyed and has its key, or is not and has none");
        }
        Ok(())
    }
}

impl fmt::Display for VersionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Primary => "primary",
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Destroyed => "destroyed",
        })
    }
}

fn integrity_of(id: &str) -> Context<'_> {
    Context { keyring: id, name: "", purpose: INTEGRITY, version: 1 }
}

fn all_differ<T: Ord>(mut items: impl Iterator<Item = T>) -> bool {
    let mut seen = BTreeSet::new();
    items.all(|item| seen.insert(item))
}
