//! Which module of the host may know which: the arrows of the design, held as data.
//!
//! A new arrow fails here until it stands in the table, and one that is no longer used until it is taken away.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What each module names of the others.
const ARROWS: &[(&str, &[&str])] = &[
    // The vocabulary.
    ("phi", &[]),
    ("fold", &[]),
    ("staged", &[]),
    ("leash", &[]),
    ("steps", &[]),
    ("today", &[]),
    ("workers", &[]),
    ("cast", &["batch"]),
    ("batch", &["error"]),
    ("made_up", &["batch"]),
    ("outcome", &["error"]),
    // Errors gather what can go wrong anywhere.
    ("error", &["audit", "batch", "keys", "outcome", "phi", "plugin", "policy", "reveal", "store", "vault"]),
    // Keys know nothing of ours but who may change them.
    ("approval", &[]),
    ("https", &[]),
    ("keys", &["approval", "https", "staged"]),
    // The trail knows who signs it.
    ("audit", &["keys", "staged"]),
    // A vault knows keys, and nothing of what its tokens are for.
    ("vault", &["keys", "staged"]),
    // From text to a plan, without plugins.
    ("manifest", &["batch", "keys", "outcome"]),
    ("policy", &["batch", "outcome", "phi", "scrub"]),
    ("profile", &["manifest", "phi", "policy"]),
    ("plan", &["batch", "keys", "manifest", "outcome", "phi", "policy", "profile"]),
    // Free text: no plugin, no batch.
    ("scrub", &["fold", "phi"]),
    // The sandbox.
    ("lend", &["keys", "manifest", "vault"]),
    ("contract", &["batch", "keys", "vault"]),
    ("capability", &["contract", "keys", "manifest", "vault"]),
    (
        "plugin",
        &[
            "batch",
            "capability",
            "contract",
            "error",
            "keys",
            "leash",
            "lend",
            "manifest",
            "outcome",
            "plan",
            "staged",
            "vault",
        ],
    ),
    // Where plugins come from: nothing of what they do.
    ("store", &["approval", "https", "plugin", "staged"]),
    ("fuzzing", &["batch", "contract"]),
    // What columns are: no policy, no file.
    ("finder", &["error", "leash", "manifest", "phi", "plugin", "scrub"]),
    ("classify", &["batch", "cast", "error", "finder", "leash", "manifest", "phi", "plugin", "scrub"]),
    ("survey", &["batch", "classify", "error", "finder", "leash", "phi", "plugin", "source", "workers"]),
    ("risk", &["error", "source"]),
    // The path of a batch.
    ("gate", &["batch", "cast", "classify", "error", "leash", "outcome", "phi", "plan", "policy", "source"]),
    ("source", &["batch", "cast", "error"]),
    (
        "snapshot",
        &[
            "batch", "classify", "error", "finder", "keys", "leash", "lend", "manifest", "mask", "plan", "plugin",
            "policy", "today", "vault",
        ],
    ),
    ("mask", &["batch", "cast", "error", "finder", "keys", "leash", "lend", "outcome", "plan", "plugin", "scrub"]),
    ("verify", &["batch", "error", "fold", "mask", "outcome", "plan", "plugin", "scrub"]),
    ("tally", &["batch", "error", "keys", "mask", "plan", "policy", "snapshot"]),
    // What columns are, on their way to others: the names that others have for labels, a file beside the output, events.
    ("vocabulary", &["phi", "policy"]),
    ("sidecar", &["phi", "plan", "policy", "tally"]),
    ("lineage", &["audit", "batch", "error", "phi", "report", "tally"]),
    // The path of a batch without source and sink, for those who try plugins out.
    (
        "conformance",
        &[
            "batch", "error", "keys", "leash", "lend", "made_up", "manifest", "mask", "outcome", "phi", "plan",
            "plugin", "verify",
        ],
    ),
    ("sink", &["batch", "error", "source", "staged", "verify"]),
    ("quarantine", &["error", "keys", "outcome", "staged"]),
    (
        "pipeline",
        &[
            "batch", "error", "gate", "leash", "mask", "outcome", "sink", "snapshot", "source", "steps", "tally",
            "verify", "workers",
        ],
    ),
    ("evidence", &["batch", "manifest", "phi", "plan", "policy"]),
    // The way back, which nothing on the path of masking knows.
    (
        "reveal",
        &[
            "approval", "audit", "batch", "cast", "error", "keys", "policy", "sink", "source", "staged", "vault",
            "verify",
        ],
    ),
    // What puts them together.
    ("report", &["error", "outcome", "risk", "snapshot", "steps", "tally"]),
    ("account", &["audit", "batch", "error", "host", "keys", "outcome", "report", "snapshot", "tally"]),
    (
        "host",
        &[
            "account", "audit", "batch", "error", "keys", "manifest", "outcome", "pipeline", "plan", "plugin",
            "policy", "snapshot", "store", "vault",
        ],
    ),
    (
        "output",
        &[
            "audit",
            "error",
            "host",
            "keys",
            "outcome",
            "pipeline",
            "quarantine",
            "report",
            "sidecar",
            "sink",
            "source",
            "staged",
            "steps",
            "tally",
        ],
    ),
    (
        "dataset",
        &[
            "account", "audit", "batch", "error", "host", "keys", "leash", "made_up", "manifest", "mask", "outcome",
            "pipeline", "plan", "plugin", "policy", "snapshot", "store", "vault", "verify",
        ],
    ),
    (
        "two_passes",
        &[
            "batch", "error", "host", "outcome", "pipeline", "policy", "report", "risk", "sink", "snapshot", "source",
            "verify",
        ],
    ),
    (
        "run",
        &[
            "account",
            "audit",
            "batch",
            "error",
            "host",
            "lineage",
            "output",
            "pipeline",
            "report",
            "sidecar",
            "sink",
            "source",
            "two_passes",
            "workers",
        ],
    ),
    ("inbox", &["audit", "dataset", "error", "outcome", "run", "sink", "source", "staged"]),
    ("stream", &["account", "audit", "error", "host", "output", "report", "run", "sink", "source", "steps", "workers"]),
    ("cli", &["approval", "audit", "keys", "phi", "source", "survey", "vocabulary"]),
    (
        "server",
        &[
            "audit",
            "dataset",
            "error",
            "https",
            "keys",
            "outcome",
            "plugin",
            "policy",
            "quarantine",
            "report",
            "source",
            "staged",
            "stream",
            "workers",
        ],
    ),
];

/// The command is a user of the library: it may know everything but what makes up the path of a batch.
const COMMAND_KNOWS_NOT: [&str; 8] =
    ["pipeline", "mask", "verify", "snapshot", "capability", "contract", "sink", "tally"];

/// What must never be, whatever the table says: module, and what it knows nothing of.
const NEVER: &[(&str, &[&str])] = &[
    ("pipeline", &["audit", "keys", "plugin", "capability", "contract", "policy", "reveal", "dataset"]),
    ("mask", &["policy", "source", "sink", "reveal"]),
    ("plan", &["plugin", "source", "sink", "snapshot"]),
    ("classify", &["policy", "plan", "source", "sink", "host", "contract", "capability"]),
    ("survey", &["policy", "plan", "host", "sink"]),
    ("verify", &["policy", "source", "sink"]),
    ("snapshot", &["pipeline", "run", "host", "reveal", "dataset"]),
    // Which revision is in force is no concern of what masks under it.
    ("dataset", &["contract", "capability", "source", "sink", "reveal", "run", "output"]),
    ("keys", &["audit", "plugin", "batch", "policy"]),
    ("audit", &["plugin", "batch", "policy", "source", "sink"]),
    ("vault", &["plugin", "batch", "policy", "plan"]),
    ("store", &["keys", "audit", "policy", "plan", "batch", "host", "snapshot", "pipeline"]),
    ("policy", &["plugin", "plan", "source", "sink", "keys"]),
    ("source", &["policy", "plan", "plugin", "keys"]),
    ("sink", &["policy", "plan", "plugin", "keys"]),
    // Decrypting is out of reach for whoever masks, and masking for whoever decrypts.
    ("run", &["reveal", "dataset"]),
    ("host", &["reveal", "dataset"]),
    ("output", &["reveal"]),
    ("quarantine", &["reveal"]),
    ("reveal", &["plugin", "capability", "contract", "mask", "snapshot", "host", "pipeline", "plan"]),
];

/// Exceptions to the rules of the design, and the one thing that each is for.
const ONLY: [(&str, &str, &str); 2] =
    [("verify", "plugin", "crate::plugin::GuestFault"), ("batch", "error", "crate::error::Place")];

/// A source file of the host without its tests and comments.
struct File {
    path: PathBuf,
    module: String,
    code: String,
    lines: usize,
}

fn files() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../host/src");
    let mut files = Vec::new();
    collect(&root, &root, &mut files);
    assert!(files.len() > 90, "{} files", files.len());
    files
}

fn collect(root: &Path, directory: &Path, files: &mut Vec<File>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            collect(root, &path, files);
        } else if !["tests.rs", "testing.rs", "lib.rs", "main.rs"].contains(&name) {
            let text = fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
            let code: Vec<_> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            let path = path.strip_prefix(root).unwrap().to_owned();
            let module = path.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
            files.push(File { module, code: code.join("\n"), lines: text.lines().count(), path });
        }
    }
}

/// The modules that a piece of code names with `crate::`.
fn named(code: &str) -> BTreeSet<String> {
    let mut modules = BTreeSet::new();
    for path in code.split("crate::").skip(1) {
        match path.strip_prefix('{') {
            None => drop(modules.insert(word(path))),
            Some(group) => modules.extend(top_level(group).iter().map(|item| word(item.trim()))),
        }
    }
    modules
}

fn word(text: &str) -> String {
    text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

/// The items of a group in braces, up to the brace that closes it.
fn top_level(group: &str) -> Vec<String> {
    let (mut depth, mut items) = (0, vec![String::new()]);
    for letter in group.chars() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => items.push(String::new()),
            _ => items.last_mut().unwrap().push(letter),
        }
    }
    items.retain(|item| !item.trim().is_empty());
    items
}

fn arrows() -> BTreeMap<String, BTreeSet<String>> {
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files() {
        let mut named = named(&file.code);
        named.remove(&file.module);
        arrows.entry(file.module).or_default().extend(named);
    }
    arrows
}

#[test]
fn reads_the_arrows_that_are_written() {
    let code = "use crate::{a, b::{c, d::e},\n f};\nuse crate::g::h;\nfn i(j: crate::k::L) {}\npub(crate) m: N";
    assert_eq!(named(code).into_iter().collect::<Vec<_>>(), ["a", "b", "f", "g", "k"]);
}

#[test]
fn every_arrow_is_allowed_and_every_allowed_one_is_used() {
    let mut arrows = arrows();
    let command = arrows.remove("command").unwrap();
    assert!(COMMAND_KNOWS_NOT.iter().all(|module| !command.contains(*module)), "command: {command:?}");
    let table = ARROWS.iter().map(|(module, known)| ((*module).to_owned(), known.iter().map(|to| (*to).to_owned())));
    let table: BTreeMap<String, BTreeSet<String>> = table.map(|(module, known)| (module, known.collect())).collect();
    assert_eq!(table.len(), ARROWS.len(), "a module stands in the table twice");
    for module in arrows.keys().chain(table.keys()) {
        assert_eq!(arrows.get(module), table.get(module), "{module}: what it names, and what the table allows");
    }
}

#[test]
fn the_rules_of_the_design_hold_whatever_the_table_allows() {
    let arrows = arrows();
    for &(module, unknown) in NEVER {
        for other in unknown {
            assert!(!arrows[module].contains(*other), "{module} knows {other}");
        }
    }
    for file in files() {
        for (module, other, only) in ONLY.iter().filter(|(module, ..)| *module == file.module) {
            let others = file.code.replace(only, "").contains(&format!("crate::{other}"));
            assert!(!others, "{module} names more of {other} than {only}");
        }
    }
}

#[test]
fn no_arrow_goes_around_the_table() {
    for File { path, code, .. } in files() {
        let of_the_root = path.iter().count() == 1 || path.ends_with("mod.rs") && path.iter().count() == 2;
        assert!(!code.contains("super::super"), "{}", path.display());
        assert!(!of_the_root || !code.contains("super::"), "{}", path.display());
    }
}

#[test]
fn the_sandbox_is_named_by_the_modules_that_are_it() {
    let naming: BTreeSet<_> =
        files().into_iter().filter(|file| file.code.contains("wasmtime")).map(|file| file.module).collect();
    assert_eq!(naming.into_iter().collect::<Vec<_>>(), ["capability", "contract", "plugin"]);
}

#[test]
fn what_is_pure_touches_no_file_and_no_clock() {
    for File { path, module, code, .. } in files() {
        let pure = [
            "approval", "classify", "phi", "batch", "outcome", "policy", "profile", "manifest", "plan", "mask",
            "verify", "tally",
        ];
        if pure.contains(&&*module) {
            for outside in ["std::fs", "std::io", "std::time", "std::env", "std::net", "getrandom"] {
                assert!(!code.contains(outside), "{}: {outside}", path.display());
            }
        }
    }
}

#[test]
fn only_verify_makes_a_verified_batch() {
    for File { path, module, code, .. } in files().into_iter().filter(|file| file.module != "verify") {
        assert!(!code.contains("VerifiedBatch {"), "{} in {module}", path.display());
    }
}

#[test]
fn only_the_audit_trail_proves_that_something_is_recorded() {
    for File { path, module, code, .. } in files().into_iter().filter(|file| file.module != "audit") {
        assert!(!code.contains("Recorded("), "{} in {module}", path.display());
        let without = code.contains("Recorded::without_trail");
        assert!(!without || module == "account", "{} in {module}", path.display());
    }
}

#[test]
fn only_reveal_opens_cells() {
    let of_keys = |file: &File| file.module == "keys";
    for File { path, module, code, .. } in files().into_iter().filter(|file| !of_keys(file)) {
        let opens =
            ["DecryptionGrant", "reveal_key", "reveal_tokens", "decryption_key"].iter().any(|name| code.contains(name));
        assert!(!opens || module == "reveal", "{} in {module}", path.display());
        let tokens = code.contains("values_of(");
        assert!(!tokens || ["reveal", "vault"].contains(&&*module), "{} in {module}", path.display());
        let unverified = ["unrevealed", "revealed("].iter().any(|name| code.contains(name));
        assert!(!unverified || ["reveal", "verify"].contains(&&*module), "{} in {module}", path.display());
    }
}

#[test]
fn unsafe_code_is_where_compiled_code_is_loaded() {
    let with: Vec<_> =
        files().into_iter().filter(|file| file.code.contains("unsafe {")).map(|file| file.path).collect();
    assert_eq!(with, [Path::new("plugin/cache.rs")]);
}

#[test]
fn no_file_is_longer_than_400_lines() {
    for File { path, lines, .. } in files() {
        assert!(lines <= 400, "{}: {lines} lines without tests", path.display());
    }
}
