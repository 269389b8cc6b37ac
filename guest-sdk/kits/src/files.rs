//! The files of the kits, as they lie in the repository.

use crate::Language;

/// Files by their paths below a folder of `guest-sdk`.
type Files = &'static [(&'static str, &'static str)];

macro_rules! files {
    ($folder:literal: $($path:literal)*) => {
        &[$(($path, include_str!(concat!("../../", $folder, "/", $path)))),*]
    };
}

const RUST: Files = files!(
    "rust":
    "Cargo.toml" "build" "install" "template/Cargo.toml" "template/classifier/src/lib.rs"
    "template/date-shift-masker/src/lib.rs" "template/deterministic-encryption-masker/src/lib.rs"
    "template/encryption-masker/src/lib.rs" "template/format-preserving-masker/src/lib.rs" "template/masker/src/lib.rs"
    "template/pseudonym-masker/src/lib.rs" "template/random-masker/src/lib.rs" "template/text-classifier/src/lib.rs"
    "template/token-masker/src/lib.rs" "test"
);

const C: Files = files!(
    "c":
    "README.md" "build" "contract/classifier/contract.c" "contract/classifier/contract.h" "contract/masker/contract.c"
    "contract/masker/contract.h" "contract/pseudonym-masker/contract.c" "contract/pseudonym-masker/contract.h"
    "contract/text-classifier/contract.c" "contract/text-classifier/contract.h" "include/moretta.h"
    "include/moretta_testing.h" "requirements.txt" "src/config.c" "src/json.c" "src/json.h" "src/moretta.c"
    "src/testing.c" "src/testing.h" "src/testing_classifier.c" "template/classifier/plugin.c"
    "template/classifier/plugin_test.c" "template/masker/plugin.c" "template/masker/plugin_test.c"
    "template/pseudonym-masker/plugin.c" "template/pseudonym-masker/plugin_test.c" "template/text-classifier/plugin.c"
    "template/text-classifier/plugin_test.c" "test" "toolchain" "vendor/jsmn.c" "vendor/jsmn.h"
);

const TYPESCRIPT: Files = files!(
    "typescript":
    "README.md" "build" "contract/contract.ts" "install" "src/index.ts" "src/testing.ts" "src/utf8.ts"
    "template/classifier/plugin.test.ts" "template/classifier/plugin.ts" "template/masker/plugin.test.ts"
    "template/masker/plugin.ts" "template/pseudonym-masker/plugin.test.ts" "template/pseudonym-masker/plugin.ts"
    "template/text-classifier/plugin.test.ts" "template/text-classifier/plugin.ts" "test" "toolchain"
    "tools/package-lock.json" "tools/package.json"
);

const PYTHON: Files = files!(
    "python":
    "README.md" "build" "moretta/__init__.py" "moretta/testing.py" "requirements.txt" "template/classifier/plugin.py"
    "template/classifier/plugin_test.py" "template/masker/plugin.py" "template/masker/plugin_test.py"
    "template/pseudonym-masker/plugin.py" "template/pseudonym-masker/plugin_test.py"
    "template/text-classifier/plugin.py" "template/text-classifier/plugin_test.py" "test" "toolchain"
);

const GO: Files = files!(
    "go":
    "README.md" "build" "contract/classifier/export_moretta_plugin_classify/plugin.go" "contract/classifier/go.mod"
    "contract/classifier/moretta_plugin_classify/empty.s" "contract/classifier/moretta_plugin_classify/wit_bindings.go"
    "contract/classifier/moretta_plugin_types/empty.s" "contract/classifier/moretta_plugin_types/wit_bindings.go"
    "contract/classifier/wit_exports/wit_exports.go" "contract/masker/export_moretta_plugin_mask/plugin.go"
    "contract/masker/go.mod" "contract/masker/moretta_plugin_mask/empty.s"
    "contract/masker/moretta_plugin_mask/wit_bindings.go" "contract/masker/moretta_plugin_types/empty.s"
    "contract/masker/moretta_plugin_types/wit_bindings.go" "contract/masker/wit_exports/wit_exports.go"
    "contract/pseudonym-masker/export_moretta_plugin_mask_with_pseudonym_key/plugin.go"
    "contract/pseudonym-masker/go.mod" "contract/pseudonym-masker/moretta_plugin_mask_with_pseudonym_key/empty.s"
    "contract/pseudonym-masker/moretta_plugin_mask_with_pseudonym_key/wit_bindings.go"
    "contract/pseudonym-masker/moretta_plugin_pseudonym/empty.s"
    "contract/pseudonym-masker/moretta_plugin_pseudonym/wit_bindings.go"
    "contract/pseudonym-masker/moretta_plugin_types/empty.s"
    "contract/pseudonym-masker/moretta_plugin_types/wit_bindings.go"
    "contract/pseudonym-masker/wit_exports/wit_exports.go" "contract/runtime/go.mod"
    "contract/runtime/wit/runtime/empty.s" "contract/runtime/wit/runtime/runtime.go"
    "contract/runtime/wit/types/option.go" "contract/runtime/wit/types/result.go" "contract/runtime/wit/types/tuple.go"
    "contract/runtime/wit/types/unit.go" "contract/text-classifier/export_moretta_plugin_find/plugin.go"
    "contract/text-classifier/go.mod" "contract/text-classifier/moretta_plugin_find/empty.s"
    "contract/text-classifier/moretta_plugin_find/wit_bindings.go"
    "contract/text-classifier/moretta_plugin_types/empty.s"
    "contract/text-classifier/moretta_plugin_types/wit_bindings.go"
    "contract/text-classifier/wit_exports/wit_exports.go" "moretta/answer.go" "moretta/call.go" "moretta/column.go"
    "moretta/export_classifier.go" "moretta/export_masker.go" "moretta/export_native.go"
    "moretta/export_pseudonym_masker.go" "moretta/export_text_classifier.go" "moretta/go.mod"
    "moretta/morettatest/cases.go" "moretta/morettatest/classifier.go" "moretta/morettatest/text_classifier.go"
    "requirements.txt" "template/classifier/plugin.go" "template/classifier/plugin_test.go" "template/go.mod"
    "template/masker/plugin.go" "template/masker/plugin_test.go" "template/pseudonym-masker/plugin.go"
    "template/pseudonym-masker/plugin_test.go" "template/text-classifier/plugin.go"
    "template/text-classifier/plugin_test.go" "test" "toolchain"
);

/// The SDK of Rust.
const SDK: Files = files!(
    ".":
    "Cargo.toml" "src/bindings.rs" "src/builder.rs" "src/calendar.rs" "src/column.rs" "src/dates.rs"
    "src/encryption.rs" "src/export.rs" "src/key.rs" "src/lent.rs" "src/lib.rs" "src/pieces.rs" "src/rows.rs"
    "src/testing.rs" "src/testing/classifier.rs" "src/testing/find.rs" "src/testing/key.rs" "src/world.rs"
);

/// The contract.
const CONTRACT: Files = files!(
    "../wit":
    "classify.wit" "date-shift.wit" "encryption.wit" "find.wit" "mask.wit" "pseudonym.wit" "random.wit" "types.wit"
    "vault.wit" "worlds.wit"
);

/// What installs the tools of three languages.
const INSTALL_FROM_PYPI: &str = include_str!("../../install-from-pypi");

const LICENSE: &str = include_str!("../../../LICENSE-MIT");
const GITIGNORE: &str = include_str!("../template/gitignore");
const TEMPLATES: Files = files!(
    "kits/template":
    "README.md" "ci" "classifier.json" "date-shift-masker.json" "deterministic-encryption-masker.json"
    "encryption-masker.json" "format-preserving-masker.json" "masker.json" "pseudonym-masker.json"
    "random-masker.json" "text-classifier.json" "token-masker.json"
);

const MASKER_USAGE: &str = include_str!("../template/usage-masker.md");
const CLASSIFIER_USAGE: &str = include_str!("../template/usage-classifier.md");
const TEXT_CLASSIFIER_USAGE: &str = include_str!("../template/usage-text-classifier.md");

type Owned = Vec<(String, &'static str)>;

/// Whether there is a plugin to begin with.
pub(crate) fn has_template(language: Language, world: &str) -> bool {
    let folder = format!("template/{world}/");
    all(language).iter().any(|(path, _)| path.starts_with(&folder))
}

/// How a plugin of a world is tried, for the README.
pub(crate) fn usage(world: &str) -> &'static str {
    match world {
        "classifier" => CLASSIFIER_USAGE,
        "text-classifier" => TEXT_CLASSIFIER_USAGE,
        _ => MASKER_USAGE,
    }
}

/// What projects of all languages have.
pub(crate) fn shared(world: &str) -> Owned {
    let manifest = format!("{world}.json");
    let of_the_world = |path: &str| match path {
        "README.md" | "ci" => Some(path.to_owned()),
        _ => (path == manifest).then(|| "manifest.json".to_owned()),
    };
    let templates = TEMPLATES.iter().filter_map(|(path, text)| Some((of_the_world(path)?, *text)));
    templates.chain([(".gitignore".to_owned(), GITIGNORE)]).collect()
}

/// The templates of a language for a world, and its kit with the bindings of that world.
pub(crate) fn of(language: Language, world: &str) -> (Owned, Owned) {
    let (mut own, mut kit) = (Owned::new(), vec![("LICENSE".to_owned(), LICENSE)]);
    for (path, text) in all(language).iter().copied() {
        match path.split('/').collect::<Vec<_>>()[..] {
            ["template", file] => own.push((file.to_owned(), text)),
            ["template", of, ref rest @ ..] if of == world => own.push((rest.join("/"), text)),
            ["template", ..] => {}
            ["contract", of, _, ..] if of != world && of != "runtime" => {}
            _ => kit.push((path.to_owned(), text)),
        }
    }
    let below = |folder: &'static str| move |(path, text): &(&str, &'static str)| (format!("{folder}/{path}"), *text);
    if language == Language::Rust {
        kit.extend(SDK.iter().map(below("guest-sdk")));
    }
    if matches!(language, Language::Rust | Language::TypeScript | Language::Python) {
        kit.extend(CONTRACT.iter().map(below("wit")));
    }
    if kit.iter().any(|(path, _)| path == "requirements.txt") {
        kit.push(("install".to_owned(), INSTALL_FROM_PYPI));
    }
    (own, kit)
}

fn all(language: Language) -> Files {
    match language {
        Language::Rust => RUST,
        Language::C => C,
        Language::TypeScript => TYPESCRIPT,
        Language::Python => PYTHON,
        Language::Go => GO,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Every file below a folder but those of examples, hidden ones, and what is built.
    fn files_in(folder: &Path, prefix: &str, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if name.starts_with('.') || ["examples", "build", "__pycache__"].contains(&name) && path.is_dir() {
                continue;
            }
            if path.is_dir() {
                files_in(&path, &format!("{prefix}{name}/"), found);
            } else {
                found.insert(format!("{prefix}{name}"));
            }
        }
    }

    #[test]
    fn every_file_of_a_kit_is_in_the_binary() {
        let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let kits = [("rust", RUST), ("c", C), ("typescript", TYPESCRIPT), ("python", PYTHON), ("go", GO)];
        for (folder, files) in kits {
            let mut found = BTreeSet::new();
            files_in(&sdk.join(folder), "", &mut found);
            assert_eq!(found, files.iter().map(|(path, _)| (*path).to_owned()).collect(), "{folder}");
        }
        let mut found = BTreeSet::from(["Cargo.toml".to_owned()]);
        files_in(&sdk.join("src"), "src/", &mut found);
        assert_eq!(found, SDK.iter().map(|(path, _)| (*path).to_owned()).collect());
        let mut found = BTreeSet::new();
        files_in(&sdk.join("../wit"), "", &mut found);
        found.retain(|path| path.ends_with(".wit"));
        assert_eq!(found, CONTRACT.iter().map(|(path, _)| (*path).to_owned()).collect());
    }

    #[test]
    fn the_copy_of_the_sdk_builds_with_the_versions_of_the_repository() {
        let repository = include_str!("../../../Cargo.toml");
        let (_, copy) = RUST.iter().find(|(path, _)| *path == "Cargo.toml").unwrap();
        let (_, shared) = copy.split_once("[workspace.package]").unwrap();
        for line in shared.lines().filter(|line| line.contains('=')) {
            assert!(repository.lines().any(|there| there == line), "{line}");
        }
        let used = SDK[0].1.lines().filter_map(|line| line.split_once(".workspace = true"));
        for (package, _) in used.filter(|(name, _)| !["version", "edition", "rust-version"].contains(name)) {
            assert!(shared.contains(&format!("\n{package} = ")), "{package}");
        }
    }
}
