//! The file of a keyring: read strictly, authenticated as a whole, and replaced as a whole.
//!
//! `{"keyring":2,"body":…,"mac":"…"}`: the MAC is HMAC-SHA-256 over a label and the bytes of the body as they stand.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustix::process::geteuid;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use subtle::ConstantTimeEq;

use super::document::Document;
use super::provider::{Protection, Provider, Settings};
use super::{KeyError, private_file};
use crate::staged::StagedFile;

/// The form that is written. The one before had keys that were not encrypted.
const FORMAT: u32 = 2;
/// What the MAC begins with, so that it is that of nothing else.
const LABEL: &[u8] = b"moretta keyring v2\0";
/// The name of the file in the keyring's directory.
const NAME: &str = "keyring.json";
/// The name of the file that is locked while the keyring is changed.
const LOCK: &str = "keyring.lock";
/// Larger than any keyring: thousands of keys.
const MOST_BYTES: u64 = 1 << 20;

/// What every form of the file begins with, so that another one is told from a damaged one.
#[derive(Deserialize)]
struct Form {
    keyring: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    keyring: u32,
    body: Box<RawValue>,
    mac: String,
}

/// A file that was read, and is not yet known to be genuine.
pub(in crate::keys) struct Unverified {
    path: PathBuf,
    document: Document,
    body: Box<RawValue>,
    mac: [u8; 32],
}

/// Reads the file in a directory.
///
/// # Errors
/// There is none, it is malformed or of another form, others can read it, or put another in its place.
pub(in crate::keys) fn read(directory: &Path) -> Result<Unverified, KeyError> {
    let path = directory.join(NAME);
    let text = private_file::read(&path, MOST_BYTES).map_err(|error| match error {
        KeyError::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => {
            KeyError::NoKeyring(directory.to_owned())
        }
        other => other,
    })?;
    parse(&path, &text)
}

/// Writes the file: the old one stays until the new one is on disk. Without an old one `new` is said, and then one that
/// appears meanwhile is left as it is.
///
/// # Errors
/// It cannot be written, or is another user's; or the provider cannot be used.
pub(in crate::keys) fn write(
    directory: &Path,
    document: &Document,
    provider: &dyn Provider,
    new: bool,
) -> Result<(), KeyError> {
    let path = directory.join(NAME);
    if fs::metadata(&path).is_ok_and(|there| there.uid() != geteuid().as_raw()) {
        return Err(KeyError::NotOwner(path));
    }
    let text = text(document, provider)?;
    let mut file = StagedFile::beside(&path).map_err(KeyError::io("write", &path))?;
    file.write_all(&text).map_err(KeyError::io("write", &path))?;
    match if new { file.commit_new() } else { file.commit() } {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(KeyError::Exists(directory.to_owned())),
        committed => committed.map_err(KeyError::io("write", &path)),
    }
}

/// Whether a directory has the file of a keyring.
pub(in crate::keys) fn is_in(directory: &Path) -> bool {
    fs::symlink_metadata(directory.join(NAME)).is_ok()
}

/// Waits until no other process changes the keyring, and keeps others waiting until it is dropped. Takes away what a
/// process that was killed may have left.
///
/// # Errors
/// The directory cannot be written.
pub(in crate::keys) fn lock(directory: &Path) -> Result<File, KeyError> {
    let path = directory.join(LOCK);
    let opened = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
    let file = opened.map_err(KeyError::io("lock", &path))?;
    file.lock().map_err(KeyError::io("lock", &path))?;
    remove_leftovers(directory);
    Ok(file)
}

impl Unverified {
    /// What the file says of its provider: not yet known to be genuine.
    pub(in crate::keys) fn settings(&self) -> &Settings {
        &self.document.provider
    }

    /// The document, after all of it was verified.
    ///
    /// # Errors
    /// The provider does not open it, or something in it was changed.
    pub(in crate::keys) fn verify(self, provider: &dyn Provider) -> Result<Document, KeyError> {
        let secret = self.settings().protection().map_or("key", Protection::secret);
        let integrity = self.document.integrity_key(provider).map_err(|error| match error {
            KeyError::NotUnwrapped => KeyError::NotOpened { path: self.path.clone(), secret },
            other => other,
        })?;
        let mac = integrity.keyed_digest().digest(LABEL, self.body.get().as_bytes());
        if !bool::from(mac.ct_eq(&self.mac)) {
            return Err(KeyError::Damaged(self.path, "it was changed by something else than moretta; take a backup"));
        }
        self.document.check().map_err(|problem| KeyError::Damaged(self.path, problem))?;
        Ok(self.document)
    }
}

fn parse(path: &Path, text: &[u8]) -> Result<Unverified, KeyError> {
    let damaged = |problem| KeyError::Damaged(path.to_owned(), problem);
    let malformed = || damaged("a field is missing, unknown or malformed");
    match serde_json::from_slice(text).map_err(|_| damaged("it is no keyring, or cut off"))? {
        Form { keyring: FORMAT } => {}
        Form { keyring: 1 } => return Err(KeyError::OldForm(path.to_owned())),
        Form { .. } => return Err(damaged("its form is not known to this version of moretta")),
    }
    let Written { body, mac, .. } = serde_json::from_slice(text).map_err(|_| malformed())?;
    let document = serde_json::from_str(body.get()).map_err(|_| malformed())?;
    let mac = STANDARD.decode(mac).ok().and_then(|mac| mac.try_into().ok()).ok_or_else(malformed)?;
    Ok(Unverified { path: path.to_owned(), document, body, mac })
}

fn text(document: &Document, provider: &dyn Provider) -> Result<Vec<u8>, KeyError> {
    let unwritable = |_| KeyError::OutOfRange("what is to be written");
    let body = serde_json::value::to_raw_value(document).map_err(unwritable)?;
    let mac = document.integrity_key(provider)?.keyed_digest().digest(LABEL, body.get().as_bytes());
    let written = Written { keyring: FORMAT, body, mac: STANDARD.encode(mac) };
    let mut text = serde_json::to_vec(&written).map_err(unwritable)?;
    text.push(b'\n');
    Ok(text)
}

/// A file that was staged by a process that was killed can hold a wrapped key that is destroyed since. Others may stage
/// files here as well, so its beginning is looked at, and one that is empty is left. What cannot be removed is tried again with the next change.
fn remove_leftovers(directory: &Path) {
    let begins = format!("{{\"keyring\":{FORMAT},");
    for path in StagedFile::leftovers_in(directory) {
        if fs::read(&path).is_ok_and(|text| text.starts_with(begins.as_bytes())) {
            drop(fs::remove_file(&path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approval::OperatorKey;
    use crate::keys::{DEFAULT_KEYS, Keyring, Secrets};
    use serde_json::Value;

    /// A keyring with every state and an operator, and the text of its file.
    fn keyring() -> (tempfile::TempDir, String) {
        let directory = tempfile::tempdir().unwrap();
        let mut keyring = Keyring::create(directory.path(), &DEFAULT_KEYS).unwrap();
        for name in ["quarantine", "quarantine", "quarantine", "identity"] {
            keyring.rotate(name).unwrap();
        }
        keyring.disable("quarantine", 2).unwrap();
        keyring.destroy("quarantine", 1, false, None).unwrap();
        let public_key = OperatorKey::from_random(&[7; 32]).public_key();
        let anna = crate::approval::Operator { name: "anna".to_owned(), public_key, break_glass: false };
        keyring.add_operator(anna, None).unwrap();
        let text = fs::read_to_string(directory.path().join(NAME)).unwrap();
        (directory, text)
    }

    fn put(directory: &Path, text: impl AsRef<[u8]>) -> Result<Keyring, KeyError> {
        fs::write(directory.join(NAME), text).unwrap();
        Keyring::open(directory)
    }

    /// The text after a change of its body, which keeps its old MAC.
    fn with_body(text: &str, change: impl FnOnce(&mut Value)) -> String {
        let mut whole: Value = serde_json::from_str(text).unwrap();
        change(&mut whole["body"]);
        whole.to_string()
    }

    #[test]
    fn reads_what_it_wrote() {
        let (directory, text) = keyring();
        let keyring = put(directory.path(), &text).unwrap();
        assert_eq!(keyring.serial(), 8);
        assert_eq!(with_body(&text, |_| {}) + "\n", text);
        let states: Vec<_> = keyring.list()[2].versions.iter().map(|version| version.state.to_string()).collect();
        assert_eq!(states, ["destroyed", "disabled", "enabled", "primary"]);
        let body: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(body["body"]["keys"][2]["versions"][0].get("key"), None);
    }

    #[test]
    fn notices_every_bit_that_is_flipped() {
        let (directory, text) = keyring();
        let provider = crate::keys::provider::open(
            read(directory.path()).unwrap().settings(),
            directory.path(),
            &Secrets::from_environment(),
        );
        let (provider, path) = (provider.unwrap(), directory.path().join(NAME));
        let mut flipped = text.clone().into_bytes();
        assert!(parse(&path, &flipped).unwrap().verify(&*provider).is_ok());
        for bit in 0..text.trim_end().len() * 8 {
            flipped[bit / 8] ^= 1 << (bit % 8);
            let opened = parse(&path, &flipped).and_then(|unverified| unverified.verify(&*provider));
            let refused =
                matches!(opened, Err(KeyError::Damaged(..) | KeyError::OldForm(_) | KeyError::NotOpened { .. }));
            assert!(refused, "bit {} of byte {}, {:?}", bit % 8, bit / 8, &text[bit / 8..bit / 8 + 1]);
            flipped[bit / 8] ^= 1 << (bit % 8);
        }
    }

    #[test]
    fn notices_whatever_is_changed_by_hand() {
        let (directory, text) = keyring();
        type Change = fn(&mut Value);
        let changes: [(&str, Change); 13] = [
            ("a state", |body| body["keys"][2]["versions"][1]["state"] = "enabled".into()),
            ("a name", |body| body["keys"][0]["name"] = "other".into()),
            ("a purpose", |body| body["keys"][0]["purpose"] = "date-shift".into()),
            ("a number", |body| body["keys"][2]["versions"][1]["version"] = 9.into()),
            ("a version", |body| drop(body["keys"][2]["versions"].as_array_mut().unwrap().remove(2))),
            ("a key", |body| drop(body["keys"].as_array_mut().unwrap().remove(1))),
            ("moved between versions", |body| {
                let other = body["keys"][0]["versions"][1]["key"].take();
                let one = std::mem::replace(&mut body["keys"][0]["versions"][0]["key"], other);
                body["keys"][0]["versions"][1]["key"] = one;
            }),
            ("moved between names", |body| {
                let other = body["keys"][1]["versions"][0]["key"].clone();
                body["keys"][0]["versions"][1]["key"] = other;
            }),
            ("an operator more", |body| {
                let key = OperatorKey::from_random(&[8; 32]).public_key().to_string();
                let operator = serde_json::json!({"name": "mallory", "public_key": key});
                body["operators"].as_array_mut().unwrap().push(operator);
            }),
            ("an operator's key", |body| {
                body["operators"][0]["public_key"] = OperatorKey::from_random(&[8; 32]).public_key().to_string().into();
            }),
            ("no operator", |body| body["operators"] = serde_json::json!([])),
            ("the serial", |body| body["serial"] = 9.into()),
            ("the id", |body| body["id"] = "0".repeat(32).into()),
        ];
        for (what, change) in changes {
            let changed = with_body(&text, change);
            assert_ne!(changed + "\n", text, "{what}");
            let opened = put(directory.path(), with_body(&text, change));
            assert!(matches!(opened, Err(KeyError::Damaged(..) | KeyError::NotOpened { .. })), "{what}");
        }
        assert!(put(directory.path(), &text).is_ok());
    }

    #[test]
    fn what_is_damaged_is_named_and_not_quoted() {
        let (directory, text) = keyring();
        let path = directory.path().join(NAME);
        let problem = |text: String| match put(directory.path(), text) {
            Err(KeyError::Damaged(named, problem)) if named == path => problem,
            other => panic!("{other:?}"),
        };
        let malformed = "a field is missing, unknown or malformed";
        assert_eq!(problem(String::new()), "it is no keyring, or cut off");
        assert_eq!(problem(text[..text.len() / 2].to_owned()), "it is no keyring, or cut off");
        assert_eq!(
            problem(text.replace("\"keyring\":2", "\"keyring\":3")),
            "its form is not known to this version of moretta"
        );
        assert_eq!(problem(text.replace("\"enabled\"", "\"secret-word\"")), malformed);
        assert_eq!(problem(text.replace("\"mac\"", "\"color\":1,\"mac\"")), malformed);
        assert_eq!(problem(text.replace("\"state\"", "\"color\":1,\"state\"")), malformed);
        let changed = text.replace("\"disabled\"", "\"enabled\"");
        assert_eq!(problem(changed), "it was changed by something else than moretta; take a backup");
    }

    #[test]
    fn the_form_without_encryption_is_refused_with_a_way_on() {
        let (directory, _) = keyring();
        let refused = put(directory.path(), r#"{"keyring":1,"keys":[]}"#).unwrap_err();
        assert!(matches!(refused, KeyError::OldForm(_)));
        assert!(refused.to_string().contains("moretta keys init"), "{refused}");
    }

    #[test]
    fn an_older_file_opens_with_a_lower_number() {
        let (directory, older) = keyring();
        Keyring::open(directory.path()).unwrap().rotate("dates").unwrap();
        assert_eq!(Keyring::open(directory.path()).unwrap().serial(), 9);
        assert_eq!(put(directory.path(), older).unwrap().serial(), 8);
    }

    #[test]
    fn what_a_killed_process_left_is_gone_after_the_next_change() {
        let (directory, text) = keyring();
        let leave = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
        leave(".moretta-a.tmp", &text);
        leave(".moretta-b.tmp", "the staged output of a run");
        Keyring::open(directory.path()).unwrap().rotate("dates").unwrap();
        assert!(!directory.path().join(".moretta-a.tmp").exists());
        assert!(directory.path().join(".moretta-b.tmp").exists());
    }
}
