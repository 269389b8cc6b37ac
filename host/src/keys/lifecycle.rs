//! How keys come, change and go.

use std::path::Path;
use std::sync::Arc;

use super::document::{Document, VersionState};
use super::operators::Approved;
use super::provider::{self, Protection, Provider, Secrets};
use super::{KeyError, Keyring, Purpose, file};
use crate::approval::Action;

impl Keyring {
    /// Adds a key with a first version.
    ///
    /// # Errors
    /// The name is malformed or taken, or the keyring cannot be written.
    pub fn add(&mut self, name: &str, purpose: Purpose) -> Result<(), KeyError> {
        self.change(|document, provider| document.add(name, purpose, provider))
    }

    /// Makes a new version of a key, for new data; what was primary becomes enabled. Gives its number.
    ///
    /// # Errors
    /// There is no such key, or the keyring cannot be written.
    pub fn rotate(&mut self, name: &str) -> Result<u32, KeyError> {
        self.change(|document, provider| document.add_version(name, provider))
    }

    /// Lets an enabled version be used for nothing, until it is enabled again.
    ///
    /// # Errors
    /// There is no such version, it is not enabled, or the keyring cannot be written.
    pub fn disable(&mut self, name: &str, version: u32) -> Result<(), KeyError> {
        self.set_state(name, version, VersionState::Enabled, VersionState::Disabled)
    }

    /// Lets a disabled version read again.
    ///
    /// # Errors
    /// There is no such version, it is not disabled, or the keyring cannot be written.
    pub fn enable(&mut self, name: &str, version: u32) -> Result<(), KeyError> {
        self.set_state(name, version, VersionState::Disabled, VersionState::Enabled)
    }

    /// Destroys a version of a key: what was encrypted under it is gone, for everybody and for ever. Its number and name
    /// stay. A primary version is destroyed with `even_primary` only. A keyring with operators wants two approvals.
    ///
    /// Older copies of the file still hold the wrapped key, for who has the key-encryption key of their time.
    ///
    /// # Errors
    /// There is no such version, it is primary or destroyed, approvals are missing, or the keyring cannot be written.
    pub fn destroy(
        &mut self,
        name: &str,
        version: u32,
        even_primary: bool,
        approved: Option<&Approved<'_>>,
    ) -> Result<(), KeyError> {
        self.change(|document, _| {
            let found = document.find_mut(name)?.version_mut(version)?;
            let refused = |mend| KeyError::State {
                name: name.to_owned(),
                version,
                is: found.state,
                wanted: VersionState::Destroyed,
                mend,
            };
            match found.state {
                VersionState::Destroyed => return Err(refused(": it is gone already")),
                VersionState::Primary if !even_primary => {
                    return Err(refused("; rotate the key first, or say --even-primary to be left without one"));
                }
                _ => {}
            }
            document.authorize_loss(&Action::DestroyKeyVersion { key: name.to_owned(), version }, approved)?;
            let found = document.find_mut(name)?.version_mut(version)?;
            (found.state, found.key) = (VersionState::Destroyed, None);
            Ok(())
        })
    }

    /// Wraps every key anew under another key-encryption key. The old one, and every older file, opens nothing that is
    /// changed from now on. A keyring with operators wants two approvals: who chooses the secret has every key, and can
    /// lose it for everybody.
    ///
    /// # Errors
    /// The new secret is not given or too short, approvals are missing, or the keyring cannot be written: then it is as
    /// it was.
    pub fn rewrap(
        &mut self,
        protection: Protection,
        secrets: &Secrets,
        approved: Option<&Approved<'_>>,
    ) -> Result<(), KeyError> {
        let directory = self.directory.clone().ok_or(KeyError::InMemory)?;
        // Under the lock: another process that rewraps takes away every key file that it does not know.
        let _lock = file::lock(&directory)?;
        let new: Arc<dyn Provider> = provider::establish(protection, &directory, secrets)?.into();
        let mut document = Self::newest(&directory, &*self.provider)?;
        document.authorize_loss(&Action::Rewrap { protection: protection.name().to_owned() }, approved)?;
        document.rewrap(&*self.provider, &*new)?;
        (*self.document, self.provider) = (Self::written(&directory, document, &*new)?, new);
        provider::remove_others(self.provider.settings(), &directory)
    }

    fn set_state(
        &mut self,
        name: &str,
        version: u32,
        from: VersionState,
        wanted: VersionState,
    ) -> Result<(), KeyError> {
        self.change(|document, _| {
            let found = document.find_mut(name)?.version_mut(version)?;
            if found.state != from {
                let mend = match found.state {
                    VersionState::Primary => "; rotate the key first",
                    VersionState::Destroyed => ": it is gone",
                    _ => ": it is already",
                };
                let (name, is) = (name.to_owned(), found.state);
                return Err(KeyError::State { name, version, is, wanted, mend });
            }
            found.state = wanted;
            Ok(())
        })
    }

    /// Changes what is on disk now, and not what was there when it was opened: no other process's change is lost.
    pub(in crate::keys) fn change<T>(
        &mut self,
        change: impl FnOnce(&mut Document, &dyn Provider) -> Result<T, KeyError>,
    ) -> Result<T, KeyError> {
        let directory = self.directory.clone().ok_or(KeyError::InMemory)?;
        let _lock = file::lock(&directory)?;
        let mut document = Self::newest(&directory, &*self.provider)?;
        let outcome = change(&mut document, &*self.provider)?;
        *self.document = Self::written(&directory, document, &*self.provider)?;
        Ok(outcome)
    }

    pub(in crate::keys) fn newest(directory: &Path, provider: &dyn Provider) -> Result<Document, KeyError> {
        let unverified = file::read(directory)?;
        if unverified.settings() != provider.settings() {
            return Err(KeyError::Rewrapped);
        }
        unverified.verify(provider)
    }

    fn written(directory: &Path, mut document: Document, provider: &dyn Provider) -> Result<Document, KeyError> {
        document.serial = document.serial.saturating_add(1);
        file::write(directory, &document, provider, false)?;
        Ok(document)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::DEFAULT_KEYS;
    use std::fs;

    fn keyring() -> (tempfile::TempDir, Keyring) {
        let directory = tempfile::tempdir().unwrap();
        let keyring = Keyring::create(directory.path(), &DEFAULT_KEYS).unwrap();
        (directory, keyring)
    }

    fn states(keyring: &Keyring, name: &str) -> Vec<VersionState> {
        let key = keyring.list().into_iter().find(|key| key.name == name).unwrap();
        key.versions.iter().map(|version| version.state).collect()
    }

    fn seal(keyring: &Keyring) -> String {
        keyring.quarantine_key("quarantine").unwrap().file_cipher(&[9; 16]).seal(1, b"", b"row".to_vec()).unwrap()
    }

    fn opens(keyring: &Keyring, version: u32, sealed: &str) -> bool {
        let grant = keyring.quarantine_key_version("quarantine", version);
        grant.is_ok_and(|grant| grant.file_cipher(&[9; 16]).open(1, b"", sealed).is_ok())
    }

    #[test]
    fn a_rotated_key_still_reads_what_it_sealed() {
        let (directory, mut keyring) = keyring();
        let first = seal(&keyring);
        assert_eq!(keyring.rotate("quarantine").unwrap(), 2);
        let second = seal(&keyring);
        let opened = Keyring::open(directory.path()).unwrap();
        for keyring in [&keyring, &opened] {
            assert_eq!(states(keyring, "quarantine"), [VersionState::Enabled, VersionState::Primary]);
            assert!(opens(keyring, 1, &first) && opens(keyring, 2, &second) && !opens(keyring, 1, &second));
        }
    }

    #[test]
    fn versions_go_from_state_to_state_as_they_may() {
        let (_directory, mut keyring) = keyring();
        let sealed = seal(&keyring);
        let refused = |result| matches!(result, Err(KeyError::State { .. }));
        assert!(refused(keyring.disable("quarantine", 1)) && refused(keyring.enable("quarantine", 1)));
        keyring.rotate("quarantine").unwrap();
        keyring.disable("quarantine", 1).unwrap();
        assert!(!opens(&keyring, 1, &sealed) && refused(keyring.disable("quarantine", 1)));
        keyring.enable("quarantine", 1).unwrap();
        assert!(opens(&keyring, 1, &sealed));
        keyring.destroy("quarantine", 1, false, None).unwrap();
        assert!(refused(keyring.enable("quarantine", 1)) && refused(keyring.destroy("quarantine", 1, true, None)));
        assert!(matches!(keyring.disable("quarantine", 3), Err(KeyError::UnknownVersion { version: 3, .. })));
        assert!(matches!(keyring.rotate("nobody"), Err(KeyError::Unknown(_))));
    }

    #[test]
    fn what_is_destroyed_is_gone_from_the_file_and_its_number_is_not_used_again() {
        let (directory, mut keyring) = keyring();
        let file = || fs::read_to_string(directory.path().join("keyring.json")).unwrap();
        let body: serde_json::Value = serde_json::from_str(&file()).unwrap();
        let wrapped = body["body"]["keys"][2]["versions"][0]["key"].as_str().unwrap().to_owned();
        assert!(file().contains(&wrapped));
        assert!(matches!(keyring.destroy("quarantine", 1, false, None), Err(KeyError::State { .. })));
        keyring.destroy("quarantine", 1, true, None).unwrap();
        assert!(!file().contains(&wrapped));
        let why = keyring.quarantine_key_version("quarantine", 1).unwrap_err();
        assert!(matches!(why, KeyError::Destroyed { version: 1, .. }));
        assert!(matches!(keyring.quarantine_key("quarantine"), Err(KeyError::NoPrimary(_))));
        assert_eq!(keyring.rotate("quarantine").unwrap(), 2);
        let opened = Keyring::open(directory.path()).unwrap();
        assert_eq!(states(&opened, "quarantine"), [VersionState::Destroyed, VersionState::Primary]);
    }

    #[test]
    fn no_change_of_another_process_is_lost() {
        let (directory, mut one) = keyring();
        let mut other = Keyring::open(directory.path()).unwrap();
        assert_eq!((one.rotate("dates").unwrap(), other.rotate("dates").unwrap()), (2, 3));
        let rotate = || Keyring::open(directory.path()).unwrap().rotate("dates").unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| [(); 5].map(|()| rotate()));
            }
        });
        let keyring = Keyring::open(directory.path()).unwrap();
        assert_eq!((states(&keyring, "dates").len(), keyring.serial()), (23, 23));
    }

    #[test]
    fn adds_keys_and_refuses_a_name_that_is_taken() {
        let (directory, mut keyring) = keyring();
        keyring.add("site-2", Purpose::Pseudonym).unwrap();
        assert!(matches!(keyring.add("site-2", Purpose::DateShift), Err(KeyError::Twice(_))));
        assert!(matches!(keyring.add("Site 2", Purpose::DateShift), Err(KeyError::InvalidName(_))));
        assert!(Keyring::open(directory.path()).unwrap().pseudonym_key("site-2", "").is_ok());
    }

    #[test]
    fn a_rewrapped_keyring_opens_with_the_new_secret_alone_and_its_keys_are_the_same() {
        let (directory, mut keyring) = keyring();
        let sealed = seal(&keyring);
        let mut elsewhere = Keyring::open(directory.path()).unwrap();
        let secret = |text: &str| {
            let path = directory.path().join(text);
            crate::keys::private_file::write_new(&path, text.as_bytes()).unwrap();
            Secrets::from_environment().passphrase_file(Some(path))
        };
        let (long, other) = (secret("a passphrase of some words"), secret("another passphrase of words"));
        assert!(matches!(
            keyring.rewrap(Protection::Passphrase, &secret("too short"), None),
            Err(KeyError::ShortPassphrase(_))
        ));
        keyring.rewrap(Protection::Passphrase, &long, None).unwrap();
        assert!(opens(&keyring, 1, &sealed) && keyring.rotate("dates").is_ok());
        assert!(matches!(elsewhere.rotate("dates"), Err(KeyError::Rewrapped)));
        assert!(opens(&Keyring::open_with(directory.path(), &long).unwrap(), 1, &sealed));
        assert!(matches!(
            Keyring::open_with(directory.path(), &other),
            Err(KeyError::NotOpened { secret: "passphrase", .. })
        ));
        let names = || fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name());
        assert!(!names().any(|name| name.to_string_lossy().starts_with("kek-")));
        keyring.rewrap(Protection::KeyFile, &Secrets::from_environment(), None).unwrap();
        assert!(opens(&Keyring::open(directory.path()).unwrap(), 1, &sealed));
    }

    #[test]
    fn a_keyring_in_memory_is_not_changed() {
        let mut keyring = Keyring::ephemeral(&DEFAULT_KEYS).unwrap();
        assert!(matches!(keyring.rotate("dates"), Err(KeyError::InMemory)));
    }
}
