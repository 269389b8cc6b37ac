//! Compiled code on disk: used while it is whole, made again in any doubt, and never a reason to fail.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use moretta_tests::command::Desk;

const POLICY: &str = "version: 1\nrules:\n  - { columns: [a], mask: redact }\n";

fn desk() -> Desk {
    let desk = Desk::with(&[("in.csv", "a\nAda\n"), ("policy.yaml", POLICY)]);
    mask(&desk);
    desk
}

fn mask(desk: &Desk) {
    desk.run("mask in.csv --policy policy.yaml --cache cache --out out.csv").assert_code(0);
    assert_eq!(desk.text("out.csv"), "a\nREDACTED\n");
}

/// The files of the cache and what they hold.
fn files(desk: &Desk) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(desk.path("cache")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.map(|name| (name.clone(), desk.bytes(&format!("cache/{name}")))).collect()
}

fn code(desk: &Desk) -> (String, Vec<u8>) {
    let mut code = files(desk).into_iter().filter(|(name, _)| name.ends_with(".cwasm"));
    let only = code.next().unwrap();
    assert!(code.next().is_none());
    only
}

#[test]
fn code_is_compiled_once_and_kept_for_its_owner_alone() {
    let desk = desk();
    let (name, _) = code(&desk);
    for file in ["cache.key", name.as_str()] {
        assert_eq!(fs::metadata(desk.path("cache").join(file)).unwrap().permissions().mode() & 0o777, 0o600, "{file}");
    }
    let made = || fs::metadata(desk.path("cache").join(&name)).unwrap().modified().unwrap();
    let (first, kept) = (made(), files(&desk));
    mask(&desk);
    assert!(made() == first && files(&desk) == kept);
}

#[test]
fn a_key_of_another_length_is_made_anew_and_so_is_the_code_under_it() {
    for length in [0, 31, 33] {
        let desk = desk();
        let (name, old) = code(&desk);
        desk.put("cache/cache.key", vec![7; length]);
        mask(&desk);
        assert_eq!(desk.bytes("cache/cache.key").len(), 32, "{length}");
        assert!(desk.bytes(&format!("cache/{name}")) != old, "{length}: code under a key that is gone was kept");
    }
}

#[test]
fn code_that_its_tag_does_not_cover_is_compiled_again() {
    let desk = desk();
    let (name, whole) = code(&desk);
    let path = format!("cache/{name}");
    let flipped = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    for damaged in
        [flipped(0), flipped(whole.len() - 1), whole[..whole.len() / 2].to_vec(), whole[..5].to_vec(), vec![]]
    {
        desk.put(&path, &damaged);
        mask(&desk);
        assert!(desk.bytes(&path) == whole, "{} bytes were left", damaged.len());
    }
    let key = desk.bytes("cache/cache.key");
    desk.put("cache/cache.key", [7; 32]);
    mask(&desk);
    assert!(desk.bytes(&path) != whole && desk.bytes("cache/cache.key") != key, "code under another key was trusted");
}

#[test]
fn a_key_that_others_can_read_and_a_directory_that_others_can_write_are_not_used() {
    let desk = desk();
    let kept = files(&desk);
    for (path, mode, right) in [("cache/cache.key", 0o644, 0o600), ("cache", 0o777, 0o700)] {
        let set = |mode| fs::set_permissions(desk.path(path), fs::Permissions::from_mode(mode)).unwrap();
        fs::remove_file(desk.path("cache").join(code_name(&kept))).unwrap();
        set(mode);
        mask(&desk);
        assert!(!desk.path("cache").join(code_name(&kept)).exists(), "{path}");
        set(right);
        mask(&desk);
        assert!(files(&desk) == kept, "{path}");
    }
}

fn code_name(files: &BTreeMap<String, Vec<u8>>) -> &str {
    files.keys().find(|name| name.ends_with(".cwasm")).unwrap()
}
