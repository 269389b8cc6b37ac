//! The way of somebody who writes a plugin: a new project, built, tried out, and masking; and what is said where that fails.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use moretta_tests::command::{Desk, Finished};
use moretta_tests::forge;

/// Where the kits find their tools, and the SDK of Rust what it compiled before.
fn settings() -> String {
    let tools = env::var_os("MORETTA_TOOLS").map_or_else(|| folder("kits"), PathBuf::from);
    format!("MORETTA_TOOLS='{}' CARGO_TARGET_DIR='{}'", tools.display(), folder("author-target").display())
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Makes a project and runs all that its own check runs: its tools, its tests, its build, `moretta plugin test`.
fn check_project(desk: &Desk, name: &str, options: &str) -> Finished {
    let told = desk.run(&format!("plugin new {name} {options}")).assert_code(0).text();
    assert!(told.contains("moretta plugin build"), "{told}");
    // The versions of packages that this repository is built with: nothing has to be fetched.
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    if desk.path(&format!("{name}/Cargo.toml")).is_file() {
        fs::copy(lock, desk.path(&format!("{name}/Cargo.lock"))).unwrap();
    }
    let line = format!("ln -sf \"$MORETTA\" moretta && PATH=\"$PWD:$PATH\" {} {name}/ci", settings());
    desk.run_in_shell(&line)
}

/// Runs what the README of a project says, from there, and gives back what it prints. What its check ended with, the first
/// command, is not run again: compiling a plugin is what takes the time.
#[track_caller]
fn follow_readme(desk: &Desk, name: &str) -> String {
    let readme = desk.text(&format!("{name}/README.md"));
    let (_, commands) = readme.rsplit_once("```sh\n").unwrap();
    let (commands, _) = commands.split_once("```").unwrap();
    let (first, commands) = commands.split_once('\n').unwrap();
    let (first, _) = first.split_once(" #").unwrap();
    assert!(desk.text(&format!("{name}/ci")).lines().any(|line| line == first.trim_end()), "{first}");
    desk.put("follow", format!("set -eu\nPATH=\"$PWD:$PATH\"\ncd {name}\n{commands}"));
    desk.run_in_shell("sh follow").assert_code(0).text()
}

/// Every kind of plugin that a kit can make, from nothing to what it does to a file, and signed.
#[track_caller]
fn plugins_of(language: &str) {
    let desk = Desk::new();
    check_project(&desk, "short-names", &format!("--lang {language}")).assert_code(0);
    let told = follow_readme(&desk, "short-names");
    assert!(told.contains("name\nA*\n"), "{told}");
    check_project(&desk, "codes-of-names", &format!("--lang {language} --key pseudonym")).assert_code(0);
    let told = follow_readme(&desk, "codes-of-names");
    assert!(told.contains("name\nC"), "{told}");
    let checked = check_project(&desk, "finds-numbers", &format!("--lang {language} --kind classifier"));
    let checked = checked.assert_code(0).text();
    assert!(checked.contains("ok     classify adds-up"), "{checked}");
    let told = follow_readme(&desk, "finds-numbers");
    assert!(told.contains("us-ssn") && told.contains("have the form of social security numbers"), "{told}");
    let checked = check_project(&desk, "finds-records", &format!("--lang {language} --kind text-classifier"));
    let checked = checked.assert_code(0).text();
    assert!(checked.contains("ok     find adds-up") && checked.contains(" MB/s of text"), "{checked}");
    let told = follow_readme(&desk, "finds-records");
    assert!(told.contains("Moved from [MRN] to ward 3"), "{told}");
    for name in ["short-names", "codes-of-names", "finds-numbers", "finds-records"] {
        assert!(desk.path(&format!("{name}/packed/{name}.wasm.sig")).is_file(), "{name}");
    }
}

#[test]
fn a_new_project_in_rust_builds_is_tried_out_and_does_its_work() {
    plugins_of("rust");
}

#[test]
fn a_new_project_with_any_key_builds_is_tried_out_and_masks() {
    let desk = Desk::new();
    type IsMasked = fn(&str) -> bool;
    let is_masked: [(&str, &str, IsMasked); 6] = [
        ("date-shift", "born", |date| form(date) == "0000-00-00" && date != "1980-02-29"),
        ("encrypt", "name", |sealed| sealed.len() > 40 && !sealed.contains("Ada")),
        ("encrypt-deterministic", "name", |sealed| sealed.starts_with("E-") && sealed.len() > 20),
        ("fpe", "number", |number| form(number) == "000-00-0000" && number != "123-45-6789"),
        ("token", "name", |token| token.starts_with("T-") && token.len() == 28),
        ("random", "age", |age| age.parse::<i64>().is_ok_and(|age| age != 36 && (31..=41).contains(&age))),
    ];
    for (key, column, is_masked) in is_masked {
        let name = format!("with-{key}");
        check_project(&desk, &name, &format!("--lang rust --key {key}")).assert_code(0);
        let told = follow_readme(&desk, &name);
        let value = told.lines().skip_while(|line| *line != column).nth(1);
        assert!(value.is_some_and(is_masked), "{key}: {told}");
    }
}

/// A text with a zero for each digit.
fn form(text: &str) -> String {
    text.chars().map(|character| if character.is_ascii_digit() { '0' } else { character }).collect()
}

#[test]
#[ignore = "needs the tools that guest-sdk/check-kits installs, which runs it"]
fn a_new_project_in_c_builds_is_tried_out_and_does_its_work() {
    plugins_of("c");
}

#[test]
#[ignore = "needs the tools that guest-sdk/check-kits installs, which runs it"]
fn a_new_project_in_typescript_builds_is_tried_out_and_does_its_work() {
    plugins_of("ts");
}

#[test]
#[ignore = "needs the tools that guest-sdk/check-kits installs, which runs it"]
fn a_new_project_in_python_builds_is_tried_out_and_does_its_work() {
    plugins_of("python");
}

#[test]
#[ignore = "needs the tools that guest-sdk/check-kits installs, which runs it"]
fn a_new_project_in_go_builds_is_tried_out_and_does_its_work() {
    plugins_of("go");
}

#[test]
fn a_project_that_cannot_be_is_refused_and_leaves_nothing() {
    let desk = Desk::new();
    for (arguments, said) in [
        ("Names --lang rust", "lower-case letters, digits and hyphens"),
        ("../names --lang rust", "lower-case letters, digits and hyphens"),
        ("names --lang cobol", "there are kits for rust, c, ts, python, go"),
        (
            "names --lang go --key token",
            "there is no project of the world token-masker in go: take rust, or one of masker,",
        ),
        ("names --lang rust --key quarantine", "a plugin can be lent pseudonym, date-shift"),
        ("names --lang rust --kind classifier --key pseudonym", "a classifier is lent no key"),
        ("names --lang rust --kind text-classifier --key pseudonym", "a classifier is lent no key"),
    ] {
        let refused = desk.run(&format!("plugin new {arguments}")).assert_code(2);
        assert!(refused.stderr.contains(said), "{arguments}: {}", refused.stderr);
        assert!(desk.names().is_empty(), "{arguments}");
    }
}

#[test]
fn a_new_project_overwrites_nothing() {
    let desk = Desk::new();
    desk.run("plugin new names --lang c").assert_code(0);
    desk.put("names/plugin.c", "mine");
    let refused = desk.run("plugin new names --lang c").assert_code(2);
    assert!(refused.stderr.contains("names is there already, and nothing is overwritten"), "{}", refused.stderr);
    assert_eq!(desk.text("names/plugin.c"), "mine");
}

#[test]
fn a_missing_tool_is_named_with_the_way_to_get_it() {
    for (language, tool) in
        [("rust", "cargo"), ("c", "Zig"), ("ts", "Node.js"), ("python", "componentize-py"), ("go", "Go")]
    {
        let desk = Desk::new();
        desk.run(&format!("plugin new names --lang {language}")).assert_code(0);
        fs::create_dir(desk.path("bin")).unwrap();
        // What every system has, and no language.
        let line = "for tool in sh sed dirname mkdir rm basename cat tr; do ln -s \"$(command -v $tool)\" bin/; done; \
                    PATH=\"$PWD/bin\" MORETTA_TOOLS=\"$PWD/none\" \"$MORETTA\" plugin build names";
        let failed = desk.run_in_shell(line).assert_code(1);
        assert!(failed.stderr.contains(&format!("{tool} is missing")), "{language}: {}", failed.stderr);
        assert!(failed.stderr.contains("install"), "{language}: {}", failed.stderr);
        assert!(failed.stderr.contains("names/kit/build failed"), "{language}: {}", failed.stderr);
    }
}

#[test]
fn what_is_no_project_is_not_built() {
    let refused = Desk::new().run("plugin build").assert_code(2);
    assert!(refused.stderr.contains("`moretta plugin new` makes one"), "{}", refused.stderr);
}

#[test]
fn a_transform_is_measured_beside_partial_and_a_text_classifier_in_megabytes_beside_the_shipped_one() {
    let desk = Desk::new();
    let header = |plugin: &str| {
        let told = desk.run(&format!("plugin bench {plugin} --rows 64")).assert_code(0).text();
        told.lines().next().unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(header("redact"), "TRANSFORM TYPE MILLION VALUES/S PARTIAL TIMES PARTIAL MEMORY, MIB");
    assert_eq!(header("clinical-text"), "TRANSFORM TYPE MB/S CLINICAL-TEXT TIMES CLINICAL-TEXT MEMORY, MIB");
    let told = desk.run("plugin bench clinical-text --rows 64 --json").assert_code(0).text();
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert!(told[0]["speed"]["bytes_per_second"].as_f64() > Some(0.0), "{told}");
    desk.run("plugin bench identifiers --rows 64").assert_code(2);
}

#[test]
fn a_module_is_packed_with_a_manifest_that_the_host_takes_and_no_other() {
    let manifest = pack::section(&forge::honest(), pack::MANIFEST_SECTION).unwrap().unwrap();
    let manifest = String::from_utf8(manifest).unwrap();
    let desk = Desk::with(&[("manifest.json", &manifest), ("broken.json", "{"), ("in.csv", "name\nAda\n")]);
    desk.put("module.wasm", forge::core_module());
    let packed = desk.run("plugin pack module.wasm --manifest manifest.json --out packed").assert_code(0);
    assert!(packed.text().starts_with("packed/forged.wasm "), "{}", packed.text());
    desk.run("plugin inspect packed/forged.wasm").assert_code(0);
    desk.put("unknown.json", manifest.replacen('{', "{\"network\": true,", 1));
    desk.put("text.wasm", "no module");
    for (arguments, code, said) in [
        ("packed/forged.wasm --manifest manifest.json", 1, "it has a manifest already"),
        ("text.wasm --manifest manifest.json", 1, "text.wasm cannot be packed"),
        ("module.wasm --manifest broken.json", 1, "manifest"),
        ("module.wasm --manifest unknown.json", 2, "`network`"),
        ("module.wasm --manifest missing.json", 2, "cannot read missing.json"),
    ] {
        let refused = desk.run(&format!("plugin pack {arguments} --out other")).assert_code(code);
        assert!(refused.stderr.contains(said), "{arguments}: {}", refused.stderr);
        assert!(!desk.path("other").exists(), "{arguments}");
    }
}
