//! The digest of everything that a packed plugin is built from.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::{Error, compile::FLAGS, workspace};

/// The hexadecimal SHA-256 over the sources of the guest in a folder.
///
/// These are the files of the guest (but hidden ones, Markdown and `target`), the SDK (`src` and `Cargo.toml`), the
/// contract (`wit/*.wit`), the version and checksum of each package that the guest depends on by `Cargo.lock`, those of
/// its tests included, and the compiler's flags. The compiler's version is not among them, nor the profile in the
/// workspace's `Cargo.toml`: pack again after changing either.
///
/// # Errors
/// A file cannot be read, or the guest does not lie in the workspace.
pub fn source_digest(guest: &Path) -> Result<String, Error> {
    let root = workspace(guest)?;
    let guest = guest.canonicalize().map_err(Error::file(guest))?;
    let mut files = BTreeSet::from([root.join("guest-sdk/Cargo.toml")]);
    collect(&guest, &mut files)?;
    collect(&root.join("guest-sdk/src"), &mut files)?;
    collect(&root.join("wit"), &mut files)?;
    let mut digest = Sha256::new();
    for path in &files {
        let content = fs::read(path).map_err(Error::file(path))?;
        let name = path.strip_prefix(&root).unwrap_or(path).to_string_lossy().replace('\\', "/");
        feed(&mut digest, name.as_bytes());
        feed(&mut digest, &content);
    }
    let lock = root.join("Cargo.lock");
    let lock = fs::read_to_string(&lock).map_err(Error::file(&lock))?;
    let name = crate::Guest::open(&guest)?.name;
    locked(&lock, &name).iter().chain(&FLAGS.map(str::to_owned)).for_each(|line| feed(&mut digest, line.as_bytes()));
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Adds a part so that no two lists of parts look alike.
fn feed(digest: &mut Sha256, part: &[u8]) {
    digest.update((part.len() as u64).to_le_bytes());
    digest.update(part);
}

fn collect(folder: &Path, files: &mut BTreeSet<PathBuf>) -> Result<(), Error> {
    for entry in fs::read_dir(folder).map_err(Error::file(folder))? {
        let path = entry.map_err(Error::file(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') || name == "target" || name.ends_with(".md") {
            continue;
        }
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.insert(path);
        }
    }
    Ok(())
}

/// One package of a lock file.
#[derive(Default)]
struct Package<'a> {
    identity: String,
    dependencies: Vec<&'a str>,
}

/// The packages that a package depends on, directly or not, each as its name, version and checksum, in order.
fn locked(lock: &str, name: &str) -> BTreeSet<String> {
    let packages = packages(lock);
    let mut found = BTreeSet::new();
    let mut pending = vec![name];
    let mut seen = BTreeSet::new();
    while let Some(next) = pending.pop() {
        // A dependency is named by its name alone, or by name and version where there are several.
        let fits = |key: &str| key == next || key.split(' ').next() == Some(next);
        if let Some((key, package)) = packages.iter().find(|(key, _)| fits(key)).filter(|(key, _)| seen.insert(*key)) {
            pending.extend(&package.dependencies);
            if !key.starts_with(&format!("{name} ")) {
                found.insert(package.identity.clone());
            }
        }
    }
    found
}

/// The packages of a lock file by `name version`.
fn packages(lock: &str) -> BTreeMap<String, Package<'_>> {
    let mut packages = BTreeMap::new();
    for block in lock.split("[[package]]").skip(1) {
        let value = |field: &str| {
            let line = block.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(" = "));
            line.map(|quoted| quoted.trim_matches('"')).unwrap_or_default()
        };
        let list =
            block.split_once("dependencies = [").and_then(|(_, list)| list.split_once(']')).unwrap_or_default().0;
        let dependencies =
            list.lines().map(|line| line.trim().trim_matches([',', '"'])).filter(|name| !name.is_empty());
        let key = format!("{} {}", value("name"), value("version"));
        let identity = format!("{key} {}", value("checksum"));
        packages.insert(key, Package { identity, dependencies: dependencies.collect() });
    }
    packages
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"version = 4

[[package]]
name = "guest"
version = "0.1.0"
dependencies = [
 "digest 2.0.0",
 "serde",
]

[[package]]
name = "digest"
version = "1.0.0"
checksum = "aa"

[[package]]
name = "digest"
version = "2.0.0"
checksum = "bb"
dependencies = [
 "serde",
]

[[package]]
name = "serde"
version = "1.0.0"
checksum = "cc"

[[package]]
name = "other"
version = "1.0.0"
checksum = "dd"
"#;

    fn workspace_with(source: &str, lock: &str) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for folder in ["wit", "guest-sdk/src", "plugins/guest/src"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        for (path, content) in [
            ("wit/worlds.wit", ""),
            ("guest-sdk/Cargo.toml", ""),
            ("guest-sdk/src/lib.rs", ""),
            ("plugins/guest/src/lib.rs", source),
            ("plugins/guest/manifest.json", r#"{"name":"guest","version":"0.1.0","world":"masker"}"#),
            ("Cargo.lock", lock),
        ] {
            fs::write(root.path().join(path), content).unwrap();
        }
        root
    }

    fn digest(root: &tempfile::TempDir) -> String {
        source_digest(&root.path().join("plugins/guest")).unwrap()
    }

    #[test]
    fn finds_the_packages_behind_a_package() {
        let found: Vec<_> = locked(LOCK, "guest").into_iter().collect();
        assert_eq!(found, ["digest 2.0.0 bb", "serde 1.0.0 cc"]);
    }

    #[test]
    fn the_digest_follows_sources_and_dependencies_and_nothing_else() {
        let first = workspace_with("fn a() {}", LOCK);
        let expected = digest(&first);
        assert_eq!(digest(&workspace_with("fn a() {}", LOCK)), expected);
        assert_ne!(digest(&workspace_with("fn b() {}", LOCK)), expected);
        assert_ne!(digest(&workspace_with("fn a() {}", &LOCK.replace("\"cc\"", "\"ce\""))), expected);
        assert_eq!(digest(&workspace_with("fn a() {}", &LOCK.replace("\"dd\"", "\"de\""))), expected);
        fs::write(first.path().join("plugins/guest/README.md"), "more").unwrap();
        assert_eq!(digest(&first), expected);
        fs::write(first.path().join("guest-sdk/src/lib.rs"), "more").unwrap();
        assert_ne!(digest(&first), expected);
    }

    #[test]
    fn refuses_a_guest_outside_the_workspace() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(source_digest(folder.path()), Err(Error::NoWorkspace(_))));
    }
}
