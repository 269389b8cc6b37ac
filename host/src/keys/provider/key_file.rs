//! A key-encryption key in a file beside the keyring.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::secrets;
use crate::keys::material::Material;
use crate::keys::{KeyError, private_file};

/// What the names of such files begin with.
const PREFIX: &str = "kek-";
/// More than base64 of a key and a line ending.
const MOST_BYTES: u64 = 64;

/// The name of the file: `kek-` and 16 hexadecimal digits. Each key-encryption key has a new one, so that an old file
/// is never in the way of a new keyring, nor a new file in that of the old keyring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::keys) struct Name {
    file: String,
}

/// Makes a key-encryption key and its file.
///
/// # Errors
/// The system gives no random bytes, or the file cannot be written.
pub(super) fn make(directory: &Path) -> Result<(Name, Material), KeyError> {
    let mut number = [0; 8];
    getrandom::fill(&mut number).map_err(|_| KeyError::NoRandomness)?;
    let name = Name { file: format!("{PREFIX}{:016x}", u64::from_be_bytes(number)) };
    let (kek, path) = (Material::random()?, directory.join(&name.file));
    // Of the whole size at once: a text that grows would leave a copy behind.
    let mut text = Zeroizing::new(String::with_capacity(64));
    STANDARD.encode_string(kek.to_store(), &mut text);
    text.push('\n');
    private_file::write_new(&path, text.as_bytes())?;
    Ok((name, kek))
}

/// Reads the key-encryption key of this file.
///
/// # Errors
/// It is gone, can be read by others, or holds no key.
pub(super) fn read(directory: &Path, name: &Name) -> Result<Material, KeyError> {
    if !is_name(&name.file) {
        return Err(KeyError::OutOfRange("the name of its key file"));
    }
    let path = directory.join(&name.file);
    let text = private_file::read(&path, MOST_BYTES)?;
    secrets::decode(&text).ok_or(KeyError::Damaged(path, "it is not base64 of 32 bytes"))
}

/// Removes the files of key-encryption keys that are no longer used.
///
/// # Errors
/// One cannot be removed.
pub(super) fn remove_others(directory: &Path, used: Option<&Name>) -> Result<(), KeyError> {
    let entries = fs::read_dir(directory).map_err(KeyError::io("read", directory))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let unused = names.filter(|name| is_name(name) && used.is_none_or(|used| used.file != *name));
    let paths: Vec<PathBuf> = unused.map(|name| directory.join(name)).collect();
    paths.iter().try_for_each(|path| fs::remove_file(path).map_err(KeyError::io("remove", path)))
}

fn is_name(name: &str) -> bool {
    let digits = name.strip_prefix(PREFIX);
    digits.is_some_and(|digits| digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    #[test]
    fn reads_what_it_made_and_is_the_owners_alone() {
        let directory = tempfile::tempdir().unwrap();
        let (name, kek) = make(directory.path()).unwrap();
        assert!(read(directory.path(), &name).unwrap().same(&kek));
        let path = directory.path().join(&name.file);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(read(directory.path(), &name), Err(KeyError::Readable(_))));
    }

    #[test]
    fn reads_no_other_file_whatever_the_keyring_says() {
        let directory = tempfile::tempdir().unwrap();
        for file in ["../kek-0123456789abcdef", "kek-../../../../etc", "/etc/passwd", "kek-0123456789abcde", ""] {
            let name = Name { file: file.to_owned() };
            assert!(matches!(read(directory.path(), &name), Err(KeyError::OutOfRange(_))), "{file}");
        }
    }

    #[test]
    fn removes_the_unused_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let (used, _) = make(directory.path()).unwrap();
        let (unused, _) = make(directory.path()).unwrap();
        fs::write(directory.path().join("kek-notes.txt"), "mine").unwrap();
        remove_others(directory.path(), Some(&used)).unwrap();
        assert!(read(directory.path(), &used).is_ok() && read(directory.path(), &unused).is_err());
        remove_others(directory.path(), None).unwrap();
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
