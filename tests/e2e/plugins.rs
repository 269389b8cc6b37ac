//! The way of a plugin: signed, verified, installed, run, rolled back; and everything that is not let in.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Stdio;
use std::time::Instant;
use std::{fs, thread};

use moretta_tests::command::{Desk, Finished, moretta};
use moretta_tests::forge;
use serde_json::{Value, json};

const POLICY: &str = "version: 1\nrules:\n  - { columns: [a], mask: forged }\n";
const MASK: &str = "mask in.csv --policy policy.yaml --ephemeral-keys --quiet --out out.csv --report report.json";
const IN_STORE: &str = "--plugins plugins --trust-root trust.json";

/// A desk with a table, the keys of Anna and Bruno, a trust root with both, and two versions of a plugin.
fn desk() -> Desk {
    let desk = Desk::with(&[("in.csv", "a\nAda\n"), ("policy.yaml", POLICY)]);
    let key = |name: &str| {
        let made = desk.run(&format!("operators new-key --out {name}.key")).assert_code(0).text();
        json!({ "name": name, "public_key": made.trim(), "plugins": ["*"] })
    };
    let keys = [key("anna"), key("bruno")];
    put_root(&desk, "trust.json", &json!({ "moretta_trust_root": 1, "keys": [keys[0], keys[1]] }));
    put_root(&desk, "both.json", &json!({ "moretta_trust_root": 1, "threshold": 2, "keys": keys }));
    let mut others = json!({ "moretta_trust_root": 1, "keys": [keys[0]] });
    others["keys"][0]["plugins"] = json!(["acme-*"]);
    put_root(&desk, "others.json", &others);
    others["keys"][0]["plugins"] = json!(["*"]);
    others["keys"][0]["expires"] = json!("2026-01-01T00:00:00Z");
    put_root(&desk, "expired.json", &others);
    desk.put("one.wasm", forge::release("1.0.0", "The first."));
    desk.put("two.wasm", forge::release("2.0.0", "The second."));
    desk
}

fn put_root(desk: &Desk, name: &str, root: &Value) {
    desk.put(name, root.to_string());
    fs::set_permissions(desk.path(name), fs::Permissions::from_mode(0o644)).unwrap();
}

fn sign(desk: &Desk, file: &str, who: &str) {
    let signed = desk.run(&format!("plugin sign {file} --key {who}.key")).assert_code(0);
    assert!(signed.text().contains("is signed by ed25519:"), "{}", signed.text());
}

fn install(desk: &Desk, file: &str) -> Finished {
    desk.run(&format!("plugin install {file} {IN_STORE}"))
}

/// A desk with a store in which Anna's first and second version are, the second one current.
fn desk_with_store() -> Desk {
    let desk = desk();
    for file in ["one.wasm", "two.wasm"] {
        sign(&desk, file, "anna");
        install(&desk, file).assert_code(0);
    }
    desk
}

/// The version that a run used.
fn masked(desk: &Desk, more: &str) -> String {
    desk.run(&format!("{MASK} {more}")).assert_code(0);
    assert_eq!(desk.text("out.csv"), "a\n***\n");
    let report: Value = serde_json::from_str(&desk.text("report.json")).unwrap();
    report["revision"]["plugins"]["forged"]["version"].as_str().unwrap().to_owned()
}

fn json_of(run: Finished) -> Value {
    serde_json::from_str(&run.assert_code(0).text()).unwrap()
}

#[track_caller]
fn assert_refused(run: Finished, says: &str) {
    let run = run.assert_code(2);
    assert!(run.stderr.contains(says), "{}", run.stderr);
}

#[test]
fn a_signed_plugin_is_installed_run_replaced_and_brought_back() {
    let desk = desk_with_store();
    assert_eq!(masked(&desk, IN_STORE), "2.0.0");
    let back = desk.run(&format!("plugin rollback forged {IN_STORE}")).assert_code(0);
    assert_eq!(back.text(), "forged@1.0.0 is current again\n");
    assert_eq!(masked(&desk, IN_STORE), "1.0.0");
    desk.run(&format!("check in.csv --policy policy.yaml {IN_STORE}")).assert_code(0);
    let listed = json_of(desk.run(&format!("plugin list {IN_STORE} --json")));
    let states: Vec<_> = listed.as_array().unwrap().iter().map(|one| (&one["version"], &one["current"])).collect();
    assert_eq!(states, [(&json!("1.0.0"), &json!(true)), (&json!("2.0.0"), &json!(false))]);
    assert!(listed[0]["signers"][0]["name"] == "anna" && listed[0]["problem"].is_null(), "{listed}");
    let history = json_of(desk.run("plugin history --plugins plugins --json"));
    let told: Vec<_> = history.as_array().unwrap().iter().map(|one| (&one["action"], &one["version"])).collect();
    let [installed, back] = ["installed", "rolled-back"].map(|action| json!(action));
    let [one, two] = ["1.0.0", "2.0.0"].map(|version| json!(version));
    assert_eq!(told, [(&installed, &one), (&installed, &two), (&back, &one)]);
    assert!(history[2]["who"].as_str().unwrap().contains(" at "), "{history}");
    let text = desk.run("plugin history --plugins plugins").assert_code(0).text();
    assert!(text.contains("rolled back to forged@1.0.0") && text.contains("after 2.0.0"), "{text}");
    desk.run("plugin remove forged@2.0.0 --plugins plugins").assert_code(0);
    assert_refused(desk.run("plugin remove forged@1.0.0 --plugins plugins"), "say --yes");
    desk.run("plugin remove forged@1.0.0 --plugins plugins --yes").assert_code(0);
    assert_refused(desk.run(&format!("{MASK} {IN_STORE}")), "forged");
}

#[test]
fn nothing_is_installed_that_the_trust_root_does_not_accept() {
    let desk = desk();
    let refused = |file: &str, root: &str, says: &str| {
        assert_refused(desk.run(&format!("plugin install {file} --plugins plugins --trust-root {root}")), says);
        assert_refused(desk.run(&format!("plugin verify {file} --trust-root {root}")), says);
        assert!(!desk.names().contains("plugins"));
    };
    refused("one.wasm", "trust.json", "it has no signature");
    assert_refused(desk.run("plugin install one.wasm --plugins plugins"), "--trust-root");
    sign(&desk, "one.wasm", "anna");
    refused("one.wasm", "both.json", "1 of the 2 signatures");
    refused("one.wasm", "others.json", "does not let `anna` sign plugins of this name");
    refused("one.wasm", "expired.json", "the key of `anna` expired at 2026-01-01");
    // The signature of one file under the name of another.
    fs::copy(desk.path("one.wasm.sig"), desk.path("two.wasm.sig")).unwrap();
    refused("two.wasm", "trust.json", "the signature is of another file");
    assert_refused(desk.run("plugin sign two.wasm --key anna.key"), "a signature of something else");
    desk.run("operators new-key --out mallory.key").assert_code(0);
    desk.run("plugin sign two.wasm --key mallory.key --out two.wasm.sig-2").assert_code(0);
    desk.remove("two.wasm.sig");
    refused("two.wasm", "trust.json", "a key that the trust root does not have");
    // A manifest that was exchanged after it was signed.
    desk.put("one.wasm", forge::release("1.0.0", "The f1rst."));
    refused("one.wasm", "trust.json", "the signature is of another file");
    // An envelope of another type, and one of 100 MB.
    desk.put("one.wasm", forge::release("1.0.0", "The first."));
    let envelope = desk.text("one.wasm.sig");
    desk.put("one.wasm.sig", envelope.replace("application/vnd.in-toto+json", "application/json"));
    refused("one.wasm", "trust.json", "says to be of `anna` and is not");
    fs::File::create(desk.path("one.wasm.sig")).unwrap().set_len(100 << 20).unwrap();
    refused("one.wasm", "trust.json", "larger than any such file");
    // A trust root that others can write.
    desk.put("one.wasm.sig", envelope);
    fs::set_permissions(desk.path("trust.json"), fs::Permissions::from_mode(0o666)).unwrap();
    refused("one.wasm", "trust.json", "chmod go-w");
}

#[test]
fn several_sign_one_after_the_other() {
    let desk = desk();
    sign(&desk, "one.wasm", "anna");
    sign(&desk, "one.wasm", "bruno");
    sign(&desk, "one.wasm", "bruno");
    let verified = json_of(desk.run("plugin verify one.wasm --trust-root both.json --json"));
    let names: Vec<_> = verified["signers"].as_array().unwrap().iter().map(|signer| &signer["name"]).collect();
    assert_eq!(names, ["anna", "bruno"]);
    desk.run("plugin install one.wasm --plugins plugins --trust-root both.json").assert_code(0);
    assert_eq!(masked(&desk, "--plugins plugins --trust-root both.json"), "1.0.0");
}

#[test]
fn a_run_that_asks_for_signatures_takes_nothing_else() {
    let desk = desk();
    desk.run("plugin install one.wasm --plugins plugins --unsigned").assert_code(0);
    assert_eq!(masked(&desk, "--plugins plugins"), "1.0.0");
    desk.remove("out.csv");
    assert_refused(
        desk.run(&format!("{MASK} {IN_STORE}")),
        "plugins/forged@1.0.0.wasm is not trusted: it has no signature",
    );
    assert!(!desk.names().contains("out.csv"));
    assert_refused(desk.run(&format!("plugin verify {IN_STORE}")), "it has no signature");
    // A directory of files is as it always was, and has no signatures.
    fs::create_dir(desk.path("plain")).unwrap();
    fs::copy(desk.path("two.wasm"), desk.path("plain/two.wasm")).unwrap();
    assert_eq!(masked(&desk, "--plugins plain"), "2.0.0");
    assert_refused(desk.run(&format!("{MASK} --plugins plain --trust-root trust.json")), "is no store");
    assert_refused(desk.run("plugin install one.wasm --plugins plain --unsigned"), "holds other files");
    assert_refused(desk.run(&format!("{MASK} --trust-root trust.json")), "--plugins");
    assert_refused(
        desk.run(&format!("{MASK} --plugins plugins").replace("out.csv", "plugins/out.csv")),
        "lies among keys or plugins",
    );
}

#[test]
fn a_store_that_somebody_changed_is_noticed() {
    let desk = desk_with_store();
    let put_aside = desk.bytes("plugins/forged@2.0.0.wasm");
    fs::copy(desk.path("plugins/forged@1.0.0.wasm"), desk.path("plugins/forged@2.0.0.wasm")).unwrap();
    assert_refused(desk.run(&format!("{MASK} {IN_STORE}")), "forged@2.0.0 is not the one that was installed");
    let listed = desk.run(&format!("plugin list {IN_STORE}")).assert_code(0).text();
    assert!(listed.contains("is not the one that was installed") && listed.contains("anna"), "{listed}");
    fs::remove_file(desk.path("plugins/forged@2.0.0.wasm")).unwrap();
    desk.put("elsewhere.wasm", put_aside);
    symlink(desk.path("elsewhere.wasm"), desk.path("plugins/forged@2.0.0.wasm")).unwrap();
    assert_refused(desk.run(&format!("{MASK} {IN_STORE}")), "symbolic link");
    desk.put("plugins/store.json", "{");
    assert_refused(desk.run(&format!("{MASK} {IN_STORE}")), "not as a store writes it");
    desk.remove("plugins/store.json");
    assert_refused(desk.run(&format!("{MASK} {IN_STORE}")), "is no store");
}

#[test]
fn no_name_leads_out_of_the_store() {
    let desk = desk();
    for version in ["../../1", "/etc/x", "..", "1\n2"] {
        desk.put("one.wasm", forge::release(version, "Elsewhere."));
        assert_refused(desk.run("plugin install one.wasm --plugins plugins --unsigned"), "this is no NAME@VERSION");
        assert_refused(desk.run("plugin sign one.wasm --key anna.key"), "this is no NAME@VERSION");
    }
    desk.put("one.wasm", forge::release("1.0.0", "Here."));
    desk.run("plugin install one.wasm --plugins plugins --unsigned").assert_code(0);
    for release in ["../trust.json", "forged@../../trust", "forged"] {
        assert_refused(
            desk.run(&format!("plugin remove {release} --plugins plugins --yes")),
            "this is no NAME@VERSION",
        );
    }
    assert_refused(desk.run("plugin rollback ../forged --plugins plugins --unsigned"), "is not in the store");
    desk.put("other.wasm", forge::release("1.0.0", "Another."));
    assert_refused(
        desk.run("plugin install other.wasm --plugins plugins --unsigned"),
        "another file is installed as forged@1.0.0",
    );
}

#[test]
fn golden_cases_are_run_before_installing_where_that_is_asked() {
    let desk = desk();
    desk.put("failing.wasm", forge::failing_case());
    assert_refused(desk.run("plugin install failing.wasm --plugins plugins --unsigned --cases"), "one is missing");
    desk.put("foreign.wasm", forge::import_of_wasi());
    assert_refused(desk.run("plugin install foreign.wasm --plugins plugins --unsigned"), "its world does not give");
    assert!(!desk.names().contains("plugins"));
    desk.run("plugin install one.wasm --plugins plugins --unsigned --cases").assert_code(0);
}

#[test]
fn inspect_tells_what_a_plugin_can_use_and_who_signed_it() {
    let desk = desk_with_store();
    let shipped = desk.run("plugin inspect pseudonym").assert_code(0).text();
    for says in [
        "can use     one pseudonym key; cannot: anything else",
        "it is part of this moretta",
        "wit-component",
        "\"type\": \"object\"",
    ] {
        assert!(shipped.contains(says), "{shipped}");
    }
    assert!(desk.run("plugin list").assert_code(0).text().contains("shift-dates"));
    let text = desk.run("plugin inspect one.wasm").assert_code(0).text();
    assert!(text.contains("nothing but the columns of each call") && text.contains("NOT VERIFIED"), "{text}");
    let text = desk.run("plugin inspect one.wasm --trust-root trust.json").assert_code(0).text();
    assert!(text.contains("by anna, verified against the trust root"), "{text}");
    let text = desk.run("plugin inspect one.wasm --trust-root expired.json").assert_code(0).text();
    assert!(text.contains("not as the trust root asks: the key of `anna` expired"), "{text}");
    let value = json_of(desk.run(&format!("plugin inspect forged {IN_STORE} --json")));
    assert_eq!(
        (&value["version"], &value["world"], &value["signatures"]["trusted"]),
        (&json!("2.0.0"), &json!("masker"), &json!(true))
    );
    assert_eq!(value["file"]["manifest"]["transforms"][0]["name"], "forged");
    let value = json_of(desk.run("plugin inspect forged@1.0.0 --plugins plugins --json"));
    assert!(value["version"] == "1.0.0" && value["signatures"]["unverified_keys"][0].is_string(), "{value}");
    assert_refused(desk.run("plugin inspect forged@9 --plugins plugins"), "is not in the store");
    assert_refused(desk.run("plugin inspect nothing"), "no shipped plugin has this name");
}

#[test]
fn what_a_plugin_says_of_itself_does_not_command_the_terminal() {
    let desk = desk();
    let evil = "\u{1b}[2J\u{9b}31m\u{7}\u{202e}safe\u{2028}\ncan use     nothing\r";
    desk.put("evil.wasm", forge::release("1.0.0", evil));
    for arguments in ["plugin inspect evil.wasm", "plugin inspect evil.wasm --json"] {
        let text = desk.run(arguments).assert_code(0).text();
        let obeyed = |letter: &char| letter.is_control() && *letter != '\n' || "\u{202e}\u{2028}".contains(*letter);
        assert!(!text.contains("\ncan use     nothing\n") && text.chars().find(obeyed).is_none(), "{text:?}");
    }
    let value = json_of(desk.run("plugin inspect evil.wasm --json"));
    assert_eq!(value["file"]["manifest"]["description"], evil);
}

/// Whatever moment an installation is killed at: the version in force is the one from before or the new one, everything is
/// as it was signed, and to do it again is enough.
#[test]
fn an_installation_that_is_killed_leaves_the_old_version_or_the_new_one() {
    let desk = desk_with_store();
    let (mut killed, started) = (0, Instant::now());
    install(&desk, "two.wasm").assert_code(0);
    let whole = started.elapsed();
    for number in 0..40 {
        let (version, before) = (format!("3.{number}.0"), masked(&desk, IN_STORE));
        desk.put("next.wasm", forge::release(&version, "The next."));
        drop(fs::remove_file(desk.path("next.wasm.sig")));
        sign(&desk, "next.wasm", "bruno");
        let arguments = format!("plugin install next.wasm {IN_STORE}");
        let mut command = desk.command(&moretta());
        let mut process =
            command.args(arguments.split(' ')).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(whole.mul_f64(f64::from(number) / 32.0));
        process.kill().unwrap();
        killed += u32::from(process.wait().unwrap().code().is_none());
        let after = masked(&desk, IN_STORE);
        assert!(after == before || after == version, "{before} {after} {version}");
        desk.run(&format!("plugin verify {IN_STORE}")).assert_code(0);
        install(&desk, "next.wasm").assert_code(0);
        assert_eq!(masked(&desk, IN_STORE), version);
    }
    assert!(killed >= 10, "only {killed} of 40 installations were killed before their end");
    let left = fs::read_dir(desk.path("plugins")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(left.into_iter().all(|name| !name.to_string_lossy().starts_with('.')));
    let history = json_of(desk.run("plugin history --plugins plugins --json"));
    assert_eq!(history.as_array().unwrap().len(), 42);
}

#[test]
fn installations_of_several_processes_all_count() {
    let desk = desk();
    let versions: Vec<_> = (0..8).map(|number| format!("1.{number}.0")).collect();
    for version in &versions {
        desk.put(&format!("{version}.wasm"), forge::release(version, "One of many."));
        sign(&desk, &format!("{version}.wasm"), "anna");
    }
    thread::scope(|threads| {
        for version in &versions {
            let desk = &desk;
            threads.spawn(move || install(desk, &format!("{version}.wasm")).assert_code(0));
        }
    });
    let listed = json_of(desk.run(&format!("plugin list {IN_STORE} --json")));
    assert_eq!(listed.as_array().unwrap().len(), versions.len());
    assert_eq!(listed.as_array().unwrap().iter().filter(|one| one["current"] == true).count(), 1);
    let history = json_of(desk.run("plugin history --plugins plugins --json"));
    assert_eq!(history.as_array().unwrap().len(), versions.len());
}

#[test]
fn a_folder_that_is_watched_asks_for_signatures_too() {
    let desk = desk_with_store();
    ["inbox", "out", "done"].iter().for_each(|name| fs::create_dir(desk.path(name)).unwrap());
    desk.put("inbox/in.csv", "a\nAda\n");
    let watch = "watch inbox --out out --done done --policy policy.yaml --settle 0 --once";
    let signatures: Vec<_> = names_in(&desk).into_iter().filter(|name| name.contains("2.0.0.wasm.sig")).collect();
    let [signature] = signatures.as_slice() else { panic!("{signatures:?}") };
    fs::rename(desk.path(signature), desk.path("kept.sig")).unwrap();
    assert_refused(desk.run(&format!("{watch} {IN_STORE}")), "plugins/forged@2.0.0.wasm is not trusted");
    assert!(desk.path("inbox/in.csv").exists());
    fs::rename(desk.path("kept.sig"), desk.path(signature)).unwrap();
    desk.run(&format!("{watch} {IN_STORE}")).assert_code(0);
    assert_eq!(desk.text("out/in.csv"), "a\n***\n");
}

/// What lies in the store.
fn names_in(desk: &Desk) -> Vec<String> {
    let entries = fs::read_dir(desk.path("plugins")).unwrap();
    entries.map(|entry| format!("plugins/{}", entry.unwrap().file_name().to_str().unwrap())).collect()
}
