//! The servers and programs that tests need beside them, which are not part of this workspace.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// Where something is that a test needs, the first of these places that has it. `None` where none does: then the test is
/// to be left out, and says so. On a machine that checks everything (`CI=true`) it fails.
///
/// # Panics
/// It is not there, and must be.
pub fn find(what: &str, places: &[PathBuf], installed_by: &str) -> Option<PathBuf> {
    let found = places.iter().find(|place| fs::metadata(place).is_ok_and(|file| file.is_file())).cloned();
    if found.is_none() {
        let missing = format!("{what} is missing, which `{installed_by}` installs");
        assert!(env::var("CI").as_deref() != Ok("true"), "{missing}");
        eprintln!("left out: {missing}");
    }
    found
}

/// The places where a program of this name can be.
pub fn on_path(program: &str) -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).map(|directory| directory.join(program)).collect()
}

/// A file with a secret, readable by its owner alone.
///
/// # Panics
/// It cannot be written.
pub fn put_private(path: &Path, content: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, content).expect("the file can be written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("its owner can protect it");
}
