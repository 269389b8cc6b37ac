//! A plugin by name and version, and the name of its file.

use std::fmt;

use crate::plugin::Package;

use super::StoreError;

/// The longest name, and the longest version.
const MOST_CHARACTERS: usize = 64;

/// One version of one plugin. Both parts can stand in the name of a file: no separators, no dot at the beginning.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release {
    name: String,
    version: String,
}

impl Release {
    /// # Errors
    /// [`StoreError::Name`].
    pub fn new(name: &str, version: &str) -> Result<Self, StoreError> {
        if !is_name(name) || !is_version(version) {
            return Err(StoreError::Name);
        }
        Ok(Self { name: name.to_owned(), version: version.to_owned() })
    }

    /// That of `NAME@VERSION`.
    ///
    /// # Errors
    /// [`StoreError::Name`].
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let (name, version) = text.split_once('@').ok_or(StoreError::Name)?;
        Self::new(name, version)
    }

    /// What the manifest of a package says.
    ///
    /// # Errors
    /// Its version cannot stand in the name of a file.
    pub fn of(package: &Package) -> Result<Self, StoreError> {
        Self::new(&package.manifest().name, &package.manifest().version)
    }

    /// The name of the plugin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// `NAME@VERSION.wasm`.
    pub fn file_name(&self) -> String {
        format!("{self}.wasm")
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.version)
    }
}

fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    name.len() <= MOST_CHARACTERS
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(plain)
}

fn is_version(version: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".+-".contains(&byte);
    version.len() <= MOST_CHARACTERS
        && version.starts_with(|first: char| first.is_ascii_alphanumeric())
        && version.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_a_version_name_a_file() {
        let release = Release::parse("shift-dates@1.2.0-rc.1+linux").unwrap();
        assert_eq!((release.name(), release.version()), ("shift-dates", "1.2.0-rc.1+linux"));
        assert_eq!(release.file_name(), "shift-dates@1.2.0-rc.1+linux.wasm");
    }

    #[test]
    fn no_name_leads_out_of_the_directory() {
        let long = "a".repeat(65);
        for (name, version) in [
            ("../redact", "1"),
            ("redact", "../1"),
            ("redact", "1/../../x"),
            ("redact", "..\\1"),
            (".redact", "1"),
            ("redact", ".."),
            ("redact", ""),
            ("", "1"),
            ("Redact", "1"),
            ("redact", "1@2"),
            ("redact", "1 2"),
            ("redact", "1\n"),
            ("redact", "1\0"),
            ("redact", "é"),
            (&long, "1"),
            ("redact", &long),
        ] {
            assert!(matches!(Release::new(name, version), Err(StoreError::Name)), "{name}@{version}");
        }
        assert!(matches!(Release::parse("redact"), Err(StoreError::Name)));
    }
}
