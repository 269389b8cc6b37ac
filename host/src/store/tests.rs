//! A store on disk: what it keeps, and what it refuses.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::testing::{key, package};
use super::*;

/// Who changes stores here.
const WHO: &str = "annie at desk";

fn root(names: &[&str]) -> TrustRoot {
    let entry = |(name, byte): (&&str, u8)| {
        format!("{{\"name\": \"{name}\", \"public_key\": \"{}\", \"plugins\": [\"*\"]}}", key(byte).public_key())
    };
    let keys: Vec<_> = names.iter().zip(1..).map(entry).collect();
    TrustRoot::parse(&format!("{{\"moretta_trust_root\": 1, \"keys\": [{}]}}", keys.join(","))).unwrap()
}

fn trusted(directory: &Path) -> Store {
    Store::create(directory, Trust::Required(root(&["anna"]))).unwrap()
}

fn install(store: &Store, version: &str) -> Provenance {
    let package = package(version);
    store.install(&package, &[Envelope::sign(&package, &key(1))], WHO).unwrap()
}

fn store_of(versions: &[&str]) -> (TempDir, PathBuf, Store) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("plugins");
    let store = trusted(&path);
    for version in versions {
        install(&store, version);
    }
    (directory, path, store)
}

/// The versions in force.
fn current(store: &Store) -> Vec<String> {
    store.current().unwrap().into_iter().map(|(_, provenance)| provenance.version).collect()
}

fn names(path: &Path) -> BTreeSet<String> {
    fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn the_last_version_that_was_installed_is_current_and_the_others_stay() {
    let (_directory, path, store) = store_of(&["0.1.0", "0.2.0"]);
    let all = store.current().unwrap();
    let [(package, provenance)] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((package.digest(), provenance.signers[0].name.as_str()), (provenance.digest.as_str(), "anna"));
    assert_eq!(current(&store), ["0.2.0"]);
    let installed: Vec<_> =
        store.installed().unwrap().into_iter().map(|one| (one.release.to_string(), one.current)).collect();
    assert_eq!(installed, [("redact@0.1.0".to_owned(), false), ("redact@0.2.0".to_owned(), true)]);
    let expected = ["history.jsonl", "redact@0.1.0.wasm", "redact@0.2.0.wasm", "store.json", "store.lock"];
    let unsigned: Vec<_> = names(&path).into_iter().filter(|name| !name.contains(".sig-")).collect();
    assert_eq!(unsigned, expected);
    assert_eq!(names(&path).len(), expected.len() + 2);
}

#[test]
fn to_install_the_same_again_changes_nothing() {
    let (_directory, path, store) = store_of(&["0.1.0"]);
    let before = fs::read(path.join("store.json")).unwrap();
    install(&store, "0.1.0");
    assert_eq!(fs::read(path.join("store.json")).unwrap(), before);
}

#[test]
fn a_version_means_the_same_bytes_for_ever() {
    let (_directory, _path, store) = store_of(&["0.1.0"]);
    let mut bytes = package("0.1.0").bytes().to_vec();
    bytes.extend(b"\x00\x02\x01x");
    let other = crate::plugin::Package::read("redact", bytes).unwrap();
    let refused = store.install(&other, &[Envelope::sign(&other, &key(1))], WHO).unwrap_err();
    assert!(matches!(refused, StoreError::OtherDigest(_)), "{refused}");
    assert_eq!(current(&store), ["0.1.0"]);
}

#[test]
fn what_is_not_trusted_is_not_installed() {
    let (_directory, path, store) = store_of(&[]);
    let package = package("0.1.0");
    for envelopes in [vec![], vec![Envelope::sign(&package, &key(2))]] {
        let refused = store.install(&package, &envelopes, WHO).unwrap_err();
        assert!(matches!(refused, StoreError::Untrusted { .. }), "{refused}");
    }
    assert_eq!(names(&path), BTreeSet::from(["store.json".to_owned(), "store.lock".to_owned()]));
}

#[test]
fn rolls_back_step_by_step_and_says_so() {
    let (_directory, _path, store) = store_of(&["0.1.0", "0.2.0", "0.3.0"]);
    assert_eq!(store.rollback("redact", WHO).unwrap().to_string(), "redact@0.2.0");
    assert_eq!(store.rollback("redact", WHO).unwrap().to_string(), "redact@0.1.0");
    assert!(matches!(store.rollback("redact", WHO), Err(StoreError::NothingBefore(_))));
    assert!(matches!(store.rollback("partial", WHO), Err(StoreError::Unknown(_))));
    install(&store, "0.3.0");
    let told: Vec<_> = store.history().unwrap();
    let told: Vec<_> = told.iter().map(|one| (one.serial, one.action, &*one.version, one.before.as_deref())).collect();
    use ChangeKind::{Installed, RolledBack};
    assert_eq!(
        told,
        [
            (1, Installed, "0.1.0", None),
            (2, Installed, "0.2.0", Some("0.1.0")),
            (3, Installed, "0.3.0", Some("0.2.0")),
            (4, RolledBack, "0.2.0", Some("0.3.0")),
            (5, RolledBack, "0.1.0", Some("0.2.0")),
            (6, Installed, "0.3.0", Some("0.1.0")),
        ]
    );
    let last = store.history().unwrap().pop().unwrap();
    assert_eq!(
        (last.who.as_str(), last.signers, last.sha256),
        (WHO, vec!["anna".to_owned()], package("0.3.0").digest().to_owned())
    );
}

#[test]
fn the_current_version_is_removed_only_if_that_is_said() {
    let (_directory, path, store) = store_of(&["0.1.0", "0.2.0"]);
    let release = |version| Release::new("redact", version).unwrap();
    assert!(matches!(store.remove(&release("0.2.0"), false, WHO), Err(StoreError::Current(_))));
    assert!(matches!(store.remove(&release("0.3.0"), true, WHO), Err(StoreError::Unknown(_))));
    store.remove(&release("0.2.0"), true, WHO).unwrap();
    assert!(current(&store).is_empty());
    assert_eq!(store.rollback("redact", WHO).unwrap().version(), "0.1.0");
    install(&store, "0.3.0");
    store.remove(&release("0.1.0"), false, WHO).unwrap();
    assert!(matches!(store.rollback("redact", WHO), Err(StoreError::NothingBefore(_))));
    let left: Vec<_> = names(&path).into_iter().filter(|name| name.starts_with("redact")).collect();
    assert!(left.len() == 2 && left.iter().all(|name| name.starts_with("redact@0.3.0.wasm")), "{left:?}");
}

#[test]
fn only_an_empty_directory_becomes_a_store() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("redact.wasm"), b"").unwrap();
    let refused = Store::create(directory.path(), Trust::Unchecked).unwrap_err();
    assert!(matches!(refused, StoreError::NotEmpty(_)));
    assert!(matches!(Store::open(directory.path(), Trust::Unchecked), Err(StoreError::NoStore(_))));
    assert_eq!(names(directory.path()).len(), 1);
}

#[test]
fn trust_says_how_much_is_asked() {
    let (_directory, path, store) = store_of(&["0.1.0"]);
    let unchecked = Store::open(&path, Trust::Unchecked).unwrap();
    assert!(unchecked.current().unwrap()[0].1.signers.is_empty());
    let optional = Store::open(&path, Trust::Optional(root(&["anna"]))).unwrap();
    assert_eq!(optional.current().unwrap()[0].1.signers[0].name, "anna");
    unchecked.install(&package("0.2.0"), &[], WHO).unwrap();
    assert!(optional.current().unwrap()[0].1.signers.is_empty());
    let why = store.current().unwrap_err();
    assert!(matches!(why, StoreError::Untrusted { why: Untrusted::Unsigned, .. }), "{why}");
    let strange = package("0.2.0");
    unchecked.install(&strange, &[Envelope::sign(&strange, &key(9))], WHO).unwrap();
    let why = optional.current().unwrap_err();
    assert!(matches!(why, StoreError::Untrusted { why: Untrusted::UnknownKey, .. }), "{why}");
}

/// What somebody with an editor, or a fault of the disk, can make of a store, and what is said of it.
#[test]
fn a_store_that_was_changed_by_hand_is_refused() {
    let edit = |path: &Path, from: &str, to: &str| {
        let text = fs::read_to_string(path.join("store.json")).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(path.join("store.json"), text.replace(from, to)).unwrap();
    };
    type Damage<'a> = (&'a str, &'a dyn Fn(&Path));
    let damages: [Damage<'_>; 11] = [
        ("not as a store writes it", &|path| fs::write(path.join("store.json"), b"").unwrap()),
        ("not as a store writes it", &|path| {
            let text = fs::read(path.join("store.json")).unwrap();
            fs::write(path.join("store.json"), &text[..text.len() / 2]).unwrap();
        }),
        ("not as a store writes it", &|path| edit(path, "\"serial\"", "\"cereal\"")),
        ("does not list", &|path| edit(path, "\"current\": \"0.2.0\"", "\"current\": \"0.9.0\"")),
        ("is none", &|path| edit(path, "\"name\": \"redact\"", "\"name\": \"../redact\"")),
        ("is none", &|path| edit(path, package("0.2.0").digest(), "0")),
        ("is not the one that was installed", &|path| {
            edit(path, package("0.2.0").digest(), package("0.1.0").digest());
        }),
        ("not in the store", &|path| edit(path, "\"name\": \"redact\"", "\"name\": \"partial\"")),
        ("is not the one that was installed", &|path| {
            fs::copy(path.join("redact@0.1.0.wasm"), path.join("redact@0.2.0.wasm")).map(drop).unwrap();
        }),
        ("not a WebAssembly component", &|path| fs::write(path.join("redact@0.2.0.wasm"), b"").unwrap()),
        ("not in the store", &|path| fs::remove_file(path.join("redact@0.2.0.wasm")).unwrap()),
    ];
    for (says, damage) in damages {
        let (_directory, path, store) = store_of(&["0.1.0", "0.2.0"]);
        damage(&path);
        let refused = store.current().unwrap_err().to_string();
        assert!(refused.contains(says), "{refused}");
    }
}

#[test]
fn one_name_is_one_plugin() {
    let (_directory, path, store) = store_of(&["0.1.0"]);
    let text = fs::read_to_string(path.join("store.json")).unwrap();
    let mut index: serde_json::Value = serde_json::from_str(&text).unwrap();
    let again = index["plugins"][0].clone();
    index["plugins"].as_array_mut().unwrap().push(again);
    fs::write(path.join("store.json"), index.to_string()).unwrap();
    assert!(store.current().unwrap_err().to_string().contains("stands in it twice"));
    // Another plugin under the name of this one: the index, the file and the digest agree, and the manifest does not.
    let (_directory, path, _) = store_of(&["0.1.0"]);
    let partial = include_bytes!("../../../plugins/packed/partial.wasm").as_slice();
    fs::write(path.join("redact@0.1.0.wasm"), partial).unwrap();
    let text = fs::read_to_string(path.join("store.json")).unwrap();
    let digest = crate::plugin::Package::read("partial", partial).unwrap().digest().to_owned();
    fs::write(path.join("store.json"), text.replace(package("0.1.0").digest(), &digest)).unwrap();
    let unchecked = Store::open(&path, Trust::Unchecked).unwrap();
    assert!(matches!(unchecked.current(), Err(StoreError::Changed(_))));
}

#[test]
fn no_link_leads_out_of_a_store() {
    let (directory, path, store) = store_of(&["0.1.0"]);
    for name in names(&path).into_iter().filter(|name| name != "store.lock") {
        let (inside, outside) = (path.join(&name), directory.path().join(&name));
        fs::rename(&inside, &outside).unwrap();
        symlink(&outside, &inside).unwrap();
        let refused = store.current().and(store.history().map(drop)).unwrap_err().to_string();
        assert!(refused.contains(&name) && refused.contains("symbolic link"), "{refused}");
        fs::remove_file(&inside).unwrap();
        fs::rename(&outside, &inside).unwrap();
    }
    assert_eq!(current(&store), ["0.1.0"]);
    fs::remove_file(path.join("store.lock")).unwrap();
    symlink(directory.path().join("elsewhere"), path.join("store.lock")).unwrap();
    assert!(store.rollback("redact", WHO).unwrap_err().to_string().starts_with("cannot lock"));
    assert!(!directory.path().join("elsewhere").exists());
    fs::remove_file(path.join("store.lock")).unwrap();
    // The directory itself may be one: it is a place that the operator names.
    symlink(&path, directory.path().join("link")).unwrap();
    assert_eq!(current(&trusted(&directory.path().join("link"))), ["0.1.0"]);
}

#[test]
fn signatures_are_bounded() {
    let (_directory, path, store) = store_of(&["0.1.0"]);
    let add = |name: &str, bytes: &[u8]| fs::write(path.join(format!("redact@0.1.0.wasm.sig{name}")), bytes).unwrap();
    add(".huge", &vec![b' '; (Envelope::MOST_BYTES + 1) as usize]);
    assert!(store.current().unwrap_err().to_string().contains("larger than any such file"));
    add(".huge", b"{}");
    assert!(store.current().unwrap_err().to_string().contains("no DSSE envelope"));
    fs::remove_file(path.join("redact@0.1.0.wasm.sig.huge")).unwrap();
    let unknown = Envelope::sign(&package("0.1.0"), &key(7)).to_json();
    (0..15).for_each(|number| add(&number.to_string(), unknown.as_bytes()));
    assert_eq!(current(&store), ["0.1.0"]);
    add("16", unknown.as_bytes());
    assert!(store.current().unwrap_err().to_string().contains("more than 16"));
}

#[test]
fn a_history_that_was_changed_is_neither_shown_nor_continued() {
    let (_directory, path, store) = store_of(&["0.1.0"]);
    let file = path.join("history.jsonl");
    let true_text = fs::read_to_string(&file).unwrap();
    for text in [true_text.replace("annie", "nobody"), String::new()] {
        fs::write(&file, text).unwrap();
        assert!(store.history().unwrap_err().to_string().contains("changed it"));
        let package = package("0.2.0");
        assert!(store.install(&package, &[Envelope::sign(&package, &key(1))], WHO).is_err());
        assert_eq!(current(&store), ["0.1.0"]);
    }
    // A line whose change never was in force is no part of it, and gives way to the next one.
    fs::write(&file, format!("{true_text}{{\"serial\":2,")).unwrap();
    assert_eq!(store.history().unwrap().len(), 1);
    install(&store, "0.3.0");
    assert_eq!(store.history().unwrap().len(), 2);
}

/// The disk as it is after each step of an installation that was killed: files first, then the line, then the index.
#[test]
fn an_installation_that_was_killed_is_done_again_and_leaves_nothing() {
    let (_directory, path, store) = store_of(&["0.1.0"]);
    let before = fs::read(path.join("store.json")).unwrap();
    install(&store, "0.2.0");
    fs::write(path.join("store.json"), before).unwrap();
    fs::write(path.join(".moretta-x.tmp"), b"half").unwrap();
    assert_eq!((current(&store), store.history().unwrap().len()), (vec!["0.1.0".to_owned()], 1));
    install(&store, "0.2.0");
    assert_eq!((current(&store), store.history().unwrap().len()), (vec!["0.2.0".to_owned()], 2));
    assert!(!names(&path).contains(".moretta-x.tmp"));
    // What nobody installed can be removed, and is not installed over.
    fs::write(path.join("redact@0.3.0.wasm"), b"half").unwrap();
    let package = package("0.3.0");
    let refused = store.install(&package, &[Envelope::sign(&package, &key(1))], WHO).unwrap_err();
    assert!(matches!(refused, StoreError::OtherDigest(_)), "{refused}");
    store.remove(&Release::new("redact", "0.3.0").unwrap(), false, WHO).unwrap();
    install(&store, "0.3.0");
}

#[test]
fn installations_at_the_same_time_wait_for_each_other_and_readers_for_nobody() {
    let (_directory, path, _) = store_of(&["0.0.0"]);
    std::thread::scope(|threads| {
        for thread in 1..=4 {
            let path = &path;
            threads.spawn(move || {
                (0..5).for_each(|number| drop(install(&trusted(path), &format!("0.{thread}.{number}"))))
            });
        }
        let reader = trusted(&path);
        threads.spawn(move || (0..50).for_each(|_| assert_eq!(current(&reader).len(), 1)));
    });
    let store = trusted(&path);
    assert_eq!(store.installed().unwrap().len(), 21);
    let serials: Vec<_> = store.history().unwrap().into_iter().map(|change| change.serial).collect();
    assert_eq!(serials, (1..=21).collect::<Vec<_>>());
}
