//! The keys of one operator, in a directory or in memory, and what is granted from them.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::document::{Document, Key, Version, VersionState};
use super::grant::{Granted, Versions};
use super::material::Material;
use super::provider::{self, Protection, Provider, Secrets};
use super::signing::Signing;
use super::token::TokenVersions;
use super::{
    AuditGrant, DateShiftGrant, DecryptionGrant, DeterministicEncryptionGrant, EncryptionGrant, FormatPreservingGrant,
    KeyError, PseudonymGrant, Purpose, QuarantineGrant, TokenGrant, file, memory, private_file,
};

/// The keys that `moretta keys init` makes.
pub const DEFAULT_KEYS: [(&str, Purpose); 4] = [
    ("identity", Purpose::Pseudonym),
    ("dates", Purpose::DateShift),
    ("quarantine", Purpose::Quarantine),
    ("audit", Purpose::Audit),
];

/// How often a keyring is read that others rewrap meanwhile.
const TRIES: usize = 5;

/// The keys of one operator. They leave it as grants only, each for one purpose, unwrapped when they are granted.
pub struct Keyring {
    pub(in crate::keys) document: Box<Document>,
    pub(in crate::keys) provider: Arc<dyn Provider>,
    /// Where its file lies. `None` if it is in memory alone.
    pub(in crate::keys) directory: Option<PathBuf>,
}

/// Where a keyring lies, and what opens it there again.
pub(in crate::keys) struct KeyringPlace {
    directory: PathBuf,
    provider: Arc<dyn Provider>,
}

impl KeyringPlace {
    /// The keyring as it is now.
    ///
    /// # Errors
    /// Those of [`Keyring::open`].
    pub(in crate::keys) fn open(&self) -> Result<Keyring, KeyError> {
        match Keyring::newest(&self.directory, &*self.provider) {
            Err(KeyError::Rewrapped) => Keyring::open(&self.directory),
            document => Ok(Keyring {
                document: Box::new(document?),
                provider: self.provider.clone(),
                directory: Some(self.directory.clone()),
            }),
        }
    }
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
    /// Makes a keyring with these keys in a directory, which is made too where there is none. Its key-encryption key is
    /// a file beside it: who has the directory has the keys.
    ///
    /// # Errors
    /// Those of [`Keyring::create_protected`].
    pub fn create(directory: &Path, keys: &[(&str, Purpose)]) -> Result<Self, KeyError> {
        Self::create_protected(directory, keys, Protection::KeyFile, &Secrets::from_environment())
    }

    /// Makes a keyring with these keys in a directory, under a key-encryption key that is protected as is said.
    ///
    /// # Errors
    /// There is a keyring already: it is left as it is. A name is malformed or there twice, the secret is not given,
    /// others can write in the directory, or nothing can be written.
    pub fn create_protected(
        directory: &Path,
        keys: &[(&str, Purpose)],
        protection: Protection,
        secrets: &Secrets,
    ) -> Result<Self, KeyError> {
        // Whatever is wrong with the names is told before anything is made.
        Self::ephemeral(keys)?;
        private_file::make_directory(directory)?;
        let _lock = file::lock(directory)?;
        if file::is_in(directory) {
            return Err(KeyError::Exists(directory.to_owned()));
        }
        let provider = provider::establish(protection, directory, secrets)?;
        let keyring = Self { directory: Some(directory.to_owned()), ..Self::under(provider, keys)? };
        file::write(directory, &keyring.document, &*keyring.provider, true)?;
        Ok(keyring)
    }

    /// Opens the keyring in a directory with the secret that the environment gives: see [`Secrets`].
    ///
    /// # Errors
    /// Those of [`Keyring::open_with`].
    pub fn open(directory: &Path) -> Result<Self, KeyError> {
        Self::open_with(directory, &Secrets::from_environment())
    }

    /// Opens the keyring in a directory.
    ///
    /// # Errors
    /// There is none, it is damaged, others can read it, or put another in its place. Or the secret that opens it is not
    /// given, or is another one.
    pub fn open_with(directory: &Path, secrets: &Secrets) -> Result<Self, KeyError> {
        for _ in 1..TRIES {
            match Self::try_open(directory, secrets) {
                // Another process rewrapped the keyring after its file was read here: its old key file is gone.
                Err(KeyError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {}
                opened => return opened,
            }
        }
        Self::try_open(directory, secrets)
    }

    /// A keyring that is never written, for a trial: what is made under it cannot be made again.
    ///
    /// # Errors
    /// A name is malformed or there twice, or the system gives no random bytes.
    pub fn ephemeral(keys: &[(&str, Purpose)]) -> Result<Self, KeyError> {
        Self::under(provider::in_memory()?, keys)
    }

    /// Its id: 32 hexadecimal digits, which never change.
    pub fn id(&self) -> &str {
        &self.document.id
    }

    /// How often it was changed. An older file of it has a lower number.
    pub fn serial(&self) -> u64 {
        self.document.serial
    }

    /// What protects its key-encryption key. `None` if it is in memory alone.
    pub fn protection(&self) -> Option<Protection> {
        self.document.provider.protection()
    }

    /// What may be known of the keys, in the order of the keyring.
    pub fn list(&self) -> Vec<KeyInfo> {
        self.document.keys.iter().map(Key::info).collect()
    }

    /// Grants the use of a key for pseudonyms in a domain. The same value has other pseudonyms in another domain.
    ///
    /// # Errors
    /// The keyring has no such key, or it is for something else.
    pub fn pseudonym_key(&self, name: &str, domain: &str) -> Result<PseudonymGrant, KeyError> {
        let (version, key) = self.primary(name, Purpose::Pseudonym, domain)?;
        Ok(PseudonymGrant(Granted::shared(name, version, key.keyed_digest())))
    }

    /// Grants the use of a key for date shifts in a domain. The same subject has other offsets in another domain.
    ///
    /// # Errors
    /// The keyring has no such key, or it is for something else.
    pub fn date_shift_key(&self, name: &str, domain: &str) -> Result<DateShiftGrant, KeyError> {
        let (version, key) = self.primary(name, Purpose::DateShift, domain)?;
        Ok(DateShiftGrant(Granted::shared(name, version, key.keyed_digest())))
    }

    /// Grants the use of a key for encryption in a domain.
    ///
    /// # Errors
    /// The keyring has no such key, or it is for something else.
    pub fn encryption_key(&self, name: &str, domain: &str) -> Result<EncryptionGrant, KeyError> {
        let (version, key) = self.primary(name, Purpose::Encrypt, domain)?;
        Ok(EncryptionGrant(Granted::shared(name, version, key)))
    }

    /// Grants the use of a key for deterministic encryption in a domain. The same value has other ciphertexts in another.
    ///
    /// # Errors
    /// The keyring has no such key, or it is for something else.
    pub fn deterministic_encryption_key(
        &self,
        name: &str,
        domain: &str,
    ) -> Result<DeterministicEncryptionGrant, KeyError> {
        let (version, key) = self.primary(name, Purpose::EncryptDeterministic, domain)?;
        Ok(DeterministicEncryptionGrant(Granted::shared(name, version, key)))
    }

    /// Grants the use of a key for format-preserving encryption in a domain.
    ///
    /// # Errors
    /// The keyring has no such key, or it is for something else.
    pub fn format_preserving_key(&self, name: &str, domain: &str) -> Result<FormatPreservingGrant, KeyError> {
        let (version, key) = self.primary(name, Purpose::FormatPreserving, domain)?;
        Ok(FormatPreservingGrant(Granted::shared(name, version, key)))
    }

    /// Grants opening what was encrypted in a domain, under every version that is not disabled or destroyed. `purpose` is
    /// that of the key, `encrypt` or `encrypt-deterministic`. Outside it is had by [`Keyring::reveal_key`] alone.
    ///
    /// # Errors
    /// The keyring has no such key, or it is for something else.
    pub(in crate::keys) fn decryption_key(
        &self,
        name: &str,
        purpose: Purpose,
        domain: &str,
    ) -> Result<DecryptionGrant, KeyError> {
        let key = self.key(name, purpose)?;
        let opened = |version: &Version| match version.state {
            VersionState::Primary | VersionState::Enabled => self.sub_key(key, version, domain).map(Ok),
            state => Ok(Err(state)),
        };
        let versions = key.versions.iter().map(|version| Ok((version.version, opened(version)?)));
        let versions = versions.collect::<Result<_, KeyError>>()?;
        Ok(DecryptionGrant(Arc::new(Versions { name: name.to_owned(), purpose, versions })))
    }

    /// Grants sealing new quarantine files.
    ///
    /// # Errors
    /// The keyring has no such key, or it is for something else.
    pub fn quarantine_key(&self, name: &str) -> Result<QuarantineGrant, KeyError> {
        let (version, secret) = self.primary(name, Purpose::Quarantine, "")?;
        Ok(QuarantineGrant(Granted::shared(name, version, secret)))
    }

    /// Grants opening quarantine files that were sealed under this version.
    ///
    /// # Errors
    /// The keyring has no such key or version, it is for something else, disabled or destroyed.
    pub fn quarantine_key_version(&self, name: &str, version: u32) -> Result<QuarantineGrant, KeyError> {
        let key = self.key(name, Purpose::Quarantine)?;
        let of_key = || name.to_owned();
        let Some(found) = key.versions.iter().find(|found| found.version == version) else {
            return Err(KeyError::UnknownVersion { name: of_key(), version });
        };
        match found.state {
            VersionState::Primary | VersionState::Enabled => {}
            VersionState::Disabled => return Err(KeyError::Disabled { name: of_key(), version }),
            VersionState::Destroyed => return Err(KeyError::Destroyed { name: of_key(), version }),
        }
        Ok(QuarantineGrant(Granted::shared(name, version, self.sub_key(key, found, "")?)))
    }

    /// Grants signing an audit trail, and verifying what any version of the key has signed.
    ///
    /// # Errors
    /// The keyring has no such key, or it is for something else.
    pub fn audit_key(&self, name: &str) -> Result<AuditGrant, KeyError> {
        let (version, key) = self.primary(name, Purpose::Audit, "")?;
        let of_key = self.key(name, Purpose::Audit)?;
        let alive = of_key.versions.iter().filter(|version| version.state != VersionState::Destroyed);
        let all = alive.map(|version| self.sub_key(of_key, version, "")).collect::<Result<Vec<_>, _>>()?;
        let signing = || Signing::new(&key, all.into_iter(), self.place());
        Ok(AuditGrant(memory::without_trace(|| Granted::shared(name, version, signing()))))
    }

    /// Grants making and opening token vaults: new values are sealed under the primary version, and those that were
    /// sealed under any enabled one can be opened.
    ///
    /// # Errors
    /// The keyring has no such key, or it is for something else.
    pub fn token_key(&self, name: &str) -> Result<TokenGrant, KeyError> {
        let (version, _) = self.primary(name, Purpose::Token, "")?;
        let versions = self.readable(self.key(name, Purpose::Token)?, "")?;
        Ok(TokenGrant(Granted::shared(name, version, TokenVersions(versions))))
    }

    /// The keyring as it is on disk now, which another process may have changed since it was opened.
    ///
    /// # Errors
    /// It is in memory alone, or those of [`Keyring::open`].
    pub(crate) fn newer(&self) -> Result<Self, KeyError> {
        self.place().ok_or(KeyError::InMemory)?.open()
    }

    fn place(&self) -> Option<KeyringPlace> {
        let directory = self.directory.clone()?;
        Some(KeyringPlace { directory, provider: self.provider.clone() })
    }

    fn try_open(directory: &Path, secrets: &Secrets) -> Result<Self, KeyError> {
        let unverified = file::read(directory)?;
        let open = || provider::open(unverified.settings(), directory, secrets);
        let provider: Arc<dyn Provider> = memory::without_trace(open)?.into();
        let document = Box::new(memory::without_trace(|| unverified.verify(&*provider))?);
        Ok(Self { document, provider, directory: Some(directory.to_owned()) })
    }

    /// The sub-key of the version that new data is made under.
    fn primary(&self, name: &str, purpose: Purpose, domain: &str) -> Result<(u32, Material), KeyError> {
        let key = self.key(name, purpose)?;
        let primary = key.versions.iter().find(|version| version.state == VersionState::Primary);
        let primary = primary.ok_or_else(|| KeyError::NoPrimary(name.to_owned()))?;
        Ok((primary.version, self.sub_key(key, primary, domain)?))
    }

    /// The sub-keys of all versions that may read.
    fn readable(&self, key: &Key, domain: &str) -> Result<Vec<(u32, Material)>, KeyError> {
        let may_read = |version: &&Version| matches!(version.state, VersionState::Primary | VersionState::Enabled);
        let versions = key.versions.iter().filter(may_read);
        versions.map(|version| Ok((version.version, self.sub_key(key, version, domain)?))).collect()
    }

    /// What works in a domain. The data key itself is wiped at once.
    fn sub_key(&self, key: &Key, of: &Version, domain: &str) -> Result<Material, KeyError> {
        let unwrap = || self.document.unwrap(key, of, &*self.provider);
        memory::without_trace(|| Ok(unwrap()?.sub_key(key.purpose, domain, of.version)))
    }

    fn key(&self, name: &str, wanted: Purpose) -> Result<&Key, KeyError> {
        let key = self.document.find(name).ok_or_else(|| KeyError::Unknown(name.to_owned()))?;
        if key.purpose != wanted {
            return Err(KeyError::WrongPurpose { name: name.to_owned(), is: key.purpose, wanted });
        }
        Ok(key)
    }

    fn under(provider: Box<dyn Provider>, keys: &[(&str, Purpose)]) -> Result<Self, KeyError> {
        let mut document = Box::new(Document::new(&*provider)?);
        keys.iter().try_for_each(|(name, purpose)| document.add(name, *purpose, &*provider))?;
        Ok(Self { document, provider: provider.into(), directory: None })
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

/// Whether this can name a key, or an operator: `[a-z][a-z0-9-]*`, up to 64.
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
    use std::os::unix::fs::MetadataExt;
    use std::sync::Arc;

    use crate::keys::wrapped::Context;

    /// A keyring of known keys, for answers that must never change.
    fn known() -> Keyring {
        let from = |first: u8| std::array::from_fn::<u8, 32, _>(|index| first + index as u8);
        let (primary, enabled, disabled) = (VersionState::Primary, VersionState::Enabled, VersionState::Disabled);
        let mut keyring = Keyring::ephemeral(&[]).unwrap();
        for (name, purpose, versions) in [
            ("identity", Purpose::Pseudonym, vec![(enabled, 0x20), (primary, 0x00)]),
            ("dates", Purpose::DateShift, vec![(primary, 0x40)]),
            ("quarantine", Purpose::Quarantine, vec![(disabled, 0x80), (enabled, 0xa0), (primary, 0x60)]),
        ] {
            let wrap = |(index, (state, first)): (usize, (VersionState, u8))| {
                let (version, purpose) = (index as u32 + 1, purpose.to_string());
                let context = Context { keyring: &keyring.document.id, name, purpose: &purpose, version };
                let material = Material::stored(&from(first)).unwrap();
                Version { version, state, key: Some(keyring.provider.wrap(&material, &context).unwrap()) }
            };
            let versions = versions.into_iter().enumerate().map(wrap).collect();
            keyring.document.keys.push(Key { name: name.to_owned(), purpose, versions });
        }
        keyring
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
        assert_eq!(fs::metadata(directory.join("keyring.json")).unwrap().mode() & 0o777, 0o600);
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
        // The keyring, its lock, and one key-encryption key.
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 3);
    }

    #[test]
    fn says_where_there_is_no_keyring() {
        let directory = tempfile::tempdir().unwrap();
        let nowhere = directory.path().join("nowhere");
        assert!(matches!(Keyring::open(directory.path()), Err(KeyError::NoKeyring(path)) if path == directory.path()));
        assert!(matches!(Keyring::open(&nowhere), Err(KeyError::NoKeyring(path)) if path == nowhere));
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
