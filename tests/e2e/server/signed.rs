//! Plugins that must be signed, and are changed with the command while the server runs.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use moretta_tests::command::Desk;
use moretta_tests::forge;
use moretta_tests::serving::{Serving, await_that, configuration};
use serde_json::{Value, json};

const POLICY: &str = "version: 1\nrules:\n  - { columns: [name], mask: forged }\n";
const SIGNED: &str = "datasets:\n  patients: { policy: policy.yaml, plugins: [plugins], trust_root: trust.json }\n";
const IN_STORE: &str = "--plugins plugins --trust-root trust.json";
const TABLE: &str = "name\nAda\n";

/// A desk with two releases, the keys of Anna and Mallory, and a trust root with that of Anna.
fn desk(datasets: &str) -> Desk {
    let desk = Desk::with(&[("policy.yaml", POLICY), ("moretta.yaml", &configuration(datasets))]);
    for (version, file) in [("1.0.0", "one.wasm"), ("2.0.0", "two.wasm"), ("3.0.0", "three.wasm")] {
        desk.put(file, forge::release(version, "A release."));
    }
    let key = |name: &str| desk.run(&format!("operators new-key --out {name}.key")).assert_code(0).text();
    let (anna, _) = (key("anna"), key("mallory"));
    trust(&desk, anna.trim());
    desk.put("anna.pub", anna.trim());
    desk
}

fn trust(desk: &Desk, public_key: &str) {
    let keys = json!([{ "name": "anna", "public_key": public_key, "plugins": ["*"] }]);
    desk.put("trust.json", json!({ "moretta_trust_root": 1, "keys": keys }).to_string());
    fs::set_permissions(desk.path("trust.json"), fs::Permissions::from_mode(0o644)).unwrap();
}

fn sign_and_install(desk: &Desk, file: &str, who: &str, how: &str) {
    desk.run(&format!("plugin sign {file} --key {who}.key")).assert_code(0);
    desk.run(&format!("plugin install {file} {how}")).assert_code(0);
}

/// Set when this is dropped, also where a test fails: whoever waits for it ends.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The version in force, and who signed it.
fn in_force(serving: &Serving) -> (Value, Value) {
    let plugins = serving.get("anna", "/v1/datasets/patients/plugins").assert_status(200).json();
    let forged = plugins["plugins"].as_array().unwrap().iter().find(|plugin| plugin["name"] == "forged").cloned();
    forged.map_or_else(Default::default, |forged| (forged["version"].clone(), forged["signers"].clone()))
}

fn becomes(serving: &Serving, version: &str) {
    await_that(version, || in_force(serving) == (json!(version), json!(["anna"])));
}

fn reason(serving: &Serving) -> String {
    let status = serving.get("anna", "/v1/datasets/patients").assert_status(200).json();
    status["candidate"]["reason"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn what_is_installed_rolled_back_and_removed_is_in_force_without_a_request_that_fails() {
    let desk = desk(SIGNED);
    sign_and_install(&desk, "one.wasm", "anna", IN_STORE);
    let serving = Serving::start(&desk);
    becomes(&serving, "1.0.0");
    let over = AtomicBool::new(false);
    thread::scope(|threads| {
        let load = threads.spawn(|| {
            let mut done = 0;
            while !over.load(Ordering::Relaxed) {
                assert_eq!(serving.mask("etl", TABLE).assert_whole().text(), "name\n***\n");
                done += 1;
                // Far below the quota of a principal.
                thread::sleep(Duration::from_millis(20));
            }
            done
        });
        let over = Over(&over);
        sign_and_install(&desk, "two.wasm", "anna", IN_STORE);
        becomes(&serving, "2.0.0");
        desk.run(&format!("plugin rollback forged {IN_STORE}")).assert_code(0);
        becomes(&serving, "1.0.0");
        desk.run("plugin remove forged@2.0.0 --plugins plugins").assert_code(0);
        // What no trusted key signed stays out, and says why.
        desk.run("plugin install three.wasm --plugins plugins --unsigned").assert_code(0);
        await_that("the refusal", || {
            reason(&serving).contains("forged@3.0.0.wasm is not trusted: it has no signature")
        });
        desk.run("plugin sign three.wasm --key mallory.key").assert_code(0);
        fs::copy(desk.path("three.wasm.sig"), desk.path("plugins/forged@3.0.0.wasm.sig-mallory")).unwrap();
        await_that("the refusal", || {
            reason(&serving).contains("forged@3.0.0.wasm is not trusted: it is signed by a key")
        });
        assert_eq!(in_force(&serving), (json!("1.0.0"), json!(["anna"])));
        sign_and_install(&desk, "three.wasm", "anna", IN_STORE);
        becomes(&serving, "3.0.0");
        // A rule names it, so that there is no revision without it.
        desk.run("plugin remove forged@3.0.0 --plugins plugins --yes").assert_code(0);
        await_that("the refusal", || reason(&serving).contains("forged"));
        assert_eq!(in_force(&serving), (json!("3.0.0"), json!(["anna"])));
        drop(over);
        println!("{} requests meanwhile", load.join().unwrap());
    });
}

#[test]
fn a_key_that_is_revoked_while_the_server_runs_takes_its_plugin_out_of_force() {
    let desk = desk(SIGNED);
    sign_and_install(&desk, "one.wasm", "anna", IN_STORE);
    let serving = Serving::start(&desk);
    serving.mask("etl", TABLE).assert_whole();
    let stranger = desk.run("operators new-key --out stranger.key").assert_code(0).text();
    trust(&desk, stranger.trim());
    await_that("the end of it", || serving.mask("etl", TABLE).status == 503);
    let status = serving.get("anna", "/v1/datasets/patients").json();
    assert_eq!((&status["gate"], &status["current"]), (&json!("closed"), &Value::Null), "{status}");
    await_that("the reason", || reason(&serving).contains("a key that the trust root does not have"));
    trust(&desk, &desk.text("anna.pub"));
    becomes(&serving, "1.0.0");
    serving.mask("etl", TABLE).assert_whole();
}

#[test]
fn a_server_does_not_begin_with_plugins_that_nobody_signed_unless_that_is_said() {
    let told = |datasets: &str| {
        let desk = desk(datasets);
        fs::create_dir(desk.path("plugins")).unwrap();
        desk.put("plugins/forged.wasm", forge::honest());
        desk.put("jwks.json", moretta_tests::serving::jwks().to_string());
        desk.run("serve --check moretta.yaml")
    };
    let unsaid = told(&SIGNED.replace(", trust_root: trust.json", "")).assert_code(2);
    assert!(
        unsaid.stderr.contains("add `trust_root: FILE`") && unsaid.stderr.contains("moretta.yaml"),
        "{}",
        unsaid.stderr
    );
    let unsigned = told(SIGNED).assert_code(2);
    assert!(unsigned.stderr.contains("is no store of plugins"), "{}", unsigned.stderr);
    told(&SIGNED.replace("trust_root: trust.json", "require_signatures: false")).assert_code(0);
}
