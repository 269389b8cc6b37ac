//! The keys of one operator, in a directory or in memory, and what is granted from them.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::grant::Granted;
use super::material::Material;
use super::token::TokenVersions;
use super::{DateShiftGrant, KeyError, PseudonymGrant, Purpose, QuarantineGrant, TokenGrant};
use super::{private_file, stored};
use crate::staged::StagedFile;

/// The keys that `moretta keys init` makes.
pub const DEFAULT_KEYS: [(&str, Purpose); 3] =
    [("identity", Purpose::Pseudonym), ("dates", Purpose::DateShift), ("quarantine", Purpose::Quarantine)];

/// The name of the file in the keyring's directory.
const FILE: &str = "keyring.json";
/// Larger than any keyring: thousands of keys.
const MOST_BYTES: u64 = 1 << 20;

/// The keys of one operator. They leave it as grants only, each for one purpose.
pub struct Keyring {
    keys: Vec<Key>,
}

/// A key by name.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::keys) struct Key {
    pub(in crate::keys) name: String,
    pub(in crate::keys) purpose: Purpose,
    pub(in crate::keys) versions: Vec<Version>,
}

/// One version of a key.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::keys) struct Version {
    pub(in crate::keys) version: u32,
    pub(in crate::keys) state: VersionState,
    #[serde(rename = "key", with = "stored::base64_material")]
    pub(in crate::keys) material: Material,
}

/// What a version of a key may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VersionState {
    /// New data, and old. One version of each key is.
    Primary,
    /// Old data: what was made under it can be read.
    Enabled,
    /// Nothing.
    Disabled,
}

/// What may be known of a key.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct KeyInfo {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub purpose: Purpose,
    /// Its versions, in the order of the keyring.
    pub versions: Vec<VersionInfo>,
}

/// What may be known of a version of a key.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct VersionInfo {
    /// Its number, counted from 1.
    pub version: u32,
    /// What it may be used for.
    pub state: VersionState,
}

impl Keyring {
    /// Makes a keyring with these keys in a directory, which is made too where there is none.
    ///
    /// # Errors
    /// There is a keyring already: it is left as it is. A name is malformed or there twice, others can write in the
    /// directory, or nothing can be written.
    pub fn create(directory: &Path, keys: &[(&str, Purpose)]) -> Result<Self, KeyError> {
        let keyring = Self::ephemeral(keys)?;
        private_file::make_directory(directory)?;
        let path = directory.join(FILE);
        let mut file = StagedFile::beside(&path).map_err(KeyError::io("write", &path))?;
        stored::write(&keyring.keys, &mut file).map_err(KeyError::io("write", &path))?;
        match file.commit_new() {
            Ok(()) => Ok(keyring),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(KeyError::Exists(directory.to_owned())),
            Err(error) => Err(KeyError::io("write", &path)(error)),
        }
    }

    /// Opens the keyring in a directory.
    ///
    /// # Errors
    /// There is none, it is damaged, others can read it, or put another in its place.
    pub fn open(directory: &Path) -> Result<Self, KeyError> {
        let path = directory.join(FILE);
        let text = private_file::read(&path, MOST_BYTES).map_err(|error| match error {
            KeyError::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                KeyError::NoKeyring(directory.to_owned())
            }
            other => other,
        })?;
        let keys = stored::read(&text).map_err(|problem| KeyError::Damaged(path, problem))?;
        Ok(Self { keys })
    }

    /// A keyring that is never written, for a trial: what is made under it cannot be made again.
    ///
    /// # Errors
    /// A name is malformed or there twice, or the system gives no random bytes.
    pub fn ephemeral(keys: &[(&str, Purpose)]) -> Result<Self, KeyError> {
        let mut keyring = Self { keys: Vec::with_capacity(keys.len()) };
        for (name, purpose) in keys {
            if !is_name(name) {
                return Err(KeyError::InvalidName((*name).to_owned()));
            }
            if keyring.find(name).is_some() {
                return Err(KeyError::Twice((*name).to_owned()));
            }
            let first = Version { version: 1, state: VersionState::Primary, material: Material::random()? };
            keyring.keys.push(Key { name: (*name).to_owned(), purpose: *purpose, versions: vec![first] });
        }
        Ok(keyring)
    }

    /// What may be known of the keys, in the order of the keyring.
    pub fn list(&self) -> Vec<KeyInfo> {
        self.keys.iter().map(Key::info).collect()
    }

    /// Grants the use of a key for pseudonyms in a domain. The same value has other pseudonyms in another domain.
    ///
    /// # Errors
    /// The keyring has no such key, or it is for something else.
    pub fn pseudonym_key(&self, name: &str, domain: &str) -> Result<PseudonymGrant, KeyError> {
        let (version, key) = self.primary(name, Purpose::Pseudonym, domain)?;
        Ok(PseudonymGrant(Arc::new(Granted { name: name.to_owned(), version, secret: key.keyed_digest() })))
    }

    /// Grants the use of a key for date shifts in a domain. The same subject has other offsets in another domain.
    ///
    /// # Errors
    /// The keyring has no such key, or it is for something else.
    pub fn date_shift_key(&self, name: &str, domain: &str) -> Result<DateShiftGrant, KeyError> {
        let (version, key) = self.primary(name, Purpose::DateShift, domain)?;
        Ok(DateShiftGrant(Arc::new(Granted { name: name.to_owned(), version, secret: key.keyed_digest() })))
    }

    /// Grants sealing new quarantine files.
    ///
    /// # Errors
    /// The keyring has no such key, or it is for something else.
    pub fn quarantine_key(&self, name: &str) -> Result<QuarantineGrant, KeyError> {
        let (version, secret) = self.primary(name, Purpose::Quarantine, "")?;
        Ok(QuarantineGrant(Arc::new(Granted { name: name.to_owned(), version, secret })))
    }

    /// Grants opening quarantine files that were sealed under this version.
    ///
    /// # Errors
    /// The keyring has no such key or version, it is for something else, or disabled.
    pub fn quarantine_key_version(&self, name: &str, version: u32) -> Result<QuarantineGrant, KeyError> {
        let key = self.key(name, Purpose::Quarantine)?;
        let of_key = || name.to_owned();
        let Some(found) = key.versions.iter().find(|found| found.version == version) else {
            return Err(KeyError::UnknownVersion { name: of_key(), version });
        };
        if found.state == VersionState::Disabled {
            return Err(KeyError::Disabled { name: of_key(), version });
        }
        let secret = found.material.sub_key(Purpose::Quarantine, "", version);
        Ok(QuarantineGrant(Arc::new(Granted { name: of_key(), version, secret })))
    }

    /// Grants making and opening token vaults: new values are sealed under the primary version, and those that were
    /// sealed under any enabled one can be opened.
    ///
    /// # Errors
    /// The keyring has no such key, or it is for something else.
    pub fn token_key(&self, name: &str) -> Result<TokenGrant, KeyError> {
        let (version, _) = self.primary(name, Purpose::Token, "")?;
        let versions = self.key(name, Purpose::Token)?.versions.iter();
        let usable = versions.filter(|of| matches!(of.state, VersionState::Primary | VersionState::Enabled));
        let sub_keys = usable.map(|of| (of.version, of.material.sub_key(Purpose::Token, "", of.version)));
        let secret = TokenVersions(sub_keys.collect());
        Ok(TokenGrant(Arc::new(Granted { name: name.to_owned(), version, secret })))
    }

    /// The sub-key of the version that new data is made under.
    fn primary(&self, name: &str, purpose: Purpose, domain: &str) -> Result<(u32, Material), KeyError> {
        let key = self.key(name, purpose)?;
        let primary = key.versions.iter().find(|version| version.state == VersionState::Primary);
        let primary = primary.ok_or_else(|| KeyError::NoPrimary(name.to_owned()))?;
        Ok((primary.version, primary.material.sub_key(purpose, domain, primary.version)))
    }

    fn key(&self, name: &str, wanted: Purpose) -> Result<&Key, KeyError> {
        let key = self.find(name).ok_or_else(|| KeyError::Unknown(name.to_owned()))?;
        if key.purpose != wanted {
            return Err(KeyError::WrongPurpose { name: name.to_owned(), is: key.purpose, wanted });
        }
        Ok(key)
    }

    fn find(&self, name: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Keyring").field(&self.list()).finish()
    }
}

impl Key {
    fn info(&self) -> KeyInfo {
        let versions = self.versions.iter();
        let versions = versions.map(|version| VersionInfo { version: version.version, state: version.state }).collect();
        KeyInfo { name: self.name.clone(), purpose: self.purpose, versions }
    }
}

/// Whether this can name a key: `[a-z][a-z0-9-]*`, up to 64.
pub(crate) fn is_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Normalize;
    use arrow_array::{ArrayRef, StringArray};
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    /// A keyring of known keys, for answers that must never change.
    const KNOWN: &str = concat!(
        r#"{"keyring":1,"keys":["#,
        r#"{"name":"identity","purpose":"pseudonym","versions":["#,
        r#"{"version":1,"state":"enabled","key":"ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="},"#,
        r#"{"version":2,"state":"primary","key":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}]},"#,
        r#"{"name":"dates","purpose":"date-shift","versions":["#,
        r#"{"version":1,"state":"primary","key":"QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8="}]},"#,
        r#"{"name":"quarantine","purpose":"quarantine","versions":["#,
        r#"{"version":1,"state":"disabled","key":"gIGCg4SFhoeIiYqLjI2Oj5CRkpOUlZaXmJmam5ydnp8="},"#,
        r#"{"version":2,"state":"enabled","key":"oKGio6SlpqeoqaqrrK2ur7CxsrO0tba3uLm6u7y9vr8="},"#,
        r#"{"version":3,"state":"primary","key":"YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn8="}]}]}"#,
    );

    fn known() -> Keyring {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE);
        fs::write(&path, KNOWN).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        Keyring::open(directory.path()).unwrap()
    }

    fn texts(values: &[&str]) -> ArrayRef {
        Arc::new(StringArray::from(values.to_vec()))
    }

    fn digest(keyring: &Keyring, domain: &str) -> String {
        let mut lent = keyring.pseudonym_key("identity", domain).unwrap().lend(vec![texts(&["MRN-0017"])]);
        let digest = lent.digests(0, Normalize::default(), 32).unwrap();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn gives_the_pseudonyms_that_it_always_gave() {
        assert_eq!(digest(&known(), "patients"), "215fdf3bd79b90e7a67f4bac71f219f9666558ce1629838ea963810d0992a62e");
        assert_eq!(digest(&known(), ""), "b8d6ad1116448d419d7cc22bd2dcd0eb641561facc98e510b2d545c5a8d1e586");
    }

    #[test]
    fn gives_the_offsets_that_it_always_gave() {
        let grant = known().date_shift_key("dates", "patients").unwrap();
        let offsets = |max_days| grant.lend(texts(&["MRN-0017", "MRN-0018", ""])).offsets(max_days).unwrap();
        assert_eq!(offsets(365), [250, -174, 284]);
        assert_eq!(offsets(30), [-16, 15, -18]);
    }

    #[test]
    fn opens_the_quarantine_that_it_always_sealed() {
        let sealed = known().quarantine_key("quarantine").unwrap().file_cipher(&[9; 16]);
        let sealed = sealed.seal(1, b"clear", b"content".to_vec()).unwrap();
        assert_eq!(sealed, "AAAAAAAAAAAAAAABOD8Gr5hVMfZ4WBXuFUfcuVUcK2AUVwc=");
    }

    #[test]
    fn domains_are_unlinkable_and_so_are_keyrings() {
        let keyring = Keyring::ephemeral(&DEFAULT_KEYS).unwrap();
        assert_eq!(digest(&keyring, "site-a"), digest(&keyring, "site-a"));
        assert_ne!(digest(&keyring, "site-a"), digest(&keyring, "site-b"));
        assert_ne!(digest(&keyring, "site-a"), digest(&Keyring::ephemeral(&DEFAULT_KEYS).unwrap(), "site-a"));
    }

    #[test]
    fn opens_what_was_created() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("a/keyring");
        let created = Keyring::create(&directory, &DEFAULT_KEYS).unwrap();
        let opened = Keyring::open(&directory).unwrap();
        assert_eq!(opened.list(), created.list());
        assert_eq!(digest(&opened, "patients"), digest(&created, "patients"));
        assert_eq!(fs::metadata(&directory).unwrap().mode() & 0o777, 0o700);
        assert_eq!(fs::metadata(directory.join(FILE)).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn of_many_that_create_at_once_one_does() {
        let directory = tempfile::tempdir().unwrap();
        let created = std::thread::scope(|scope| {
            let create = || Keyring::create(directory.path(), &DEFAULT_KEYS);
            let racing: Vec<_> = (0..8).map(|_| scope.spawn(create)).collect();
            racing.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
        });
        let (winners, losers): (Vec<_>, Vec<_>) = created.into_iter().partition(Result::is_ok);
        assert_eq!(winners.len(), 1);
        assert!(losers.iter().all(|lost| matches!(lost, Err(KeyError::Exists(_)))));
        let opened = Keyring::open(directory.path()).unwrap();
        assert_eq!(digest(&opened, ""), digest(winners[0].as_ref().unwrap(), ""));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn says_where_there_is_no_keyring() {
        let directory = tempfile::tempdir().unwrap();
        let nowhere = directory.path().join("nowhere");
        assert!(matches!(Keyring::open(directory.path()), Err(KeyError::NoKeyring(path)) if path == directory.path()));
        assert!(matches!(Keyring::open(&nowhere), Err(KeyError::NoKeyring(path)) if path == nowhere));
    }

    #[test]
    fn a_damaged_keyring_is_named_and_not_quoted() {
        let directory = tempfile::tempdir().unwrap();
        Keyring::create(directory.path(), &DEFAULT_KEYS).unwrap();
        let path = directory.path().join(FILE);
        fs::write(&path, KNOWN.replace("\"enabled\"", "\"secret-word\"")).unwrap();
        let message = Keyring::open(directory.path()).unwrap_err().to_string();
        assert_eq!(message, format!("{} is damaged: a field is missing, unknown or malformed", path.display()));
    }

    #[test]
    fn a_key_has_one_purpose() {
        let keyring = known();
        assert!(matches!(keyring.pseudonym_key("dates", ""), Err(KeyError::WrongPurpose { .. })));
        assert!(matches!(keyring.date_shift_key("identity", ""), Err(KeyError::WrongPurpose { .. })));
        assert!(matches!(keyring.quarantine_key("identity"), Err(KeyError::WrongPurpose { .. })));
        assert!(matches!(keyring.pseudonym_key("nobody", ""), Err(KeyError::Unknown(_))));
    }

    #[test]
    fn grants_name_the_primary_version() {
        let keyring = known();
        let grant = keyring.pseudonym_key("identity", "").unwrap();
        assert_eq!((grant.key_id(), grant.version()), ("identity", 2));
    }

    #[test]
    fn an_enabled_version_opens_and_a_disabled_one_does_not() {
        let keyring = known();
        assert_eq!(keyring.quarantine_key_version("quarantine", 2).unwrap().version(), 2);
        assert!(matches!(keyring.quarantine_key_version("quarantine", 1), Err(KeyError::Disabled { .. })));
        assert!(matches!(keyring.quarantine_key_version("quarantine", 4), Err(KeyError::UnknownVersion { .. })));
    }

    #[test]
    fn names_are_lower_case_words() {
        for name in ["a", "identity", "site-2", &"a".repeat(64)] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "2a", "-a", "A", "a_b", "a b", "ä", &"a".repeat(65)] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn refuses_names_that_are_malformed_or_there_twice() {
        let one = |name| Keyring::ephemeral(&[(name, Purpose::Pseudonym)]);
        assert!(matches!(one("Identity"), Err(KeyError::InvalidName(_))));
        let twice = [("identity", Purpose::Pseudonym), ("identity", Purpose::DateShift)];
        assert!(matches!(Keyring::ephemeral(&twice), Err(KeyError::Twice(_))));
    }

    #[test]
    fn shows_names_and_states_and_no_bytes() {
        let shown = format!("{:?}", known());
        assert!(shown.contains("\"identity\"") && shown.contains("Disabled"));
        let keys = KNOWN.split("\"key\":\"").skip(1).map(|rest| &rest[..44]);
        for key in keys {
            assert!(!shown.contains(key));
        }
        assert!(!shown.contains("[0, 1, 2") && !shown.contains("material"));
    }

    #[test]
    fn grants_are_shared_by_threads() {
        fn shared<T: Send + Sync + Clone>() {}
        shared::<PseudonymGrant>();
        shared::<DateShiftGrant>();
        shared::<QuarantineGrant>();
        shared::<TokenGrant>();
    }
}
