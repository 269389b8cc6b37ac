//! Keyrings under a key in a token, against SoftHSM.

use std::path::PathBuf;
use std::process::Command;

use moretta_tests::command::{Desk, Finished};
use moretta_tests::counterpart::{find, on_path, put_private};
use serde_json::Value;

const POLICY: &str = "version: 1\ndomain: keys\nrules:\n  - { columns: [id], mask: pseudonym, key: identity }\n";
/// Changes of the environment, the exit code, and what is said.
type Case<'a> = (&'a [(&'a str, &'a str)], i32, &'a str);

const TABLE: &str = "id\np1\np2\n";
/// Where Debian, and Fedora, put the module.
const MODULES: [&str; 2] = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so"];

/// Tokens of this test's own, in files.
struct SoftHsm {
    desk: Desk,
    module: PathBuf,
}

impl SoftHsm {
    /// `None` where it is not installed.
    fn new() -> Option<Self> {
        let install = "apt-get install softhsm2";
        let module = find("SoftHSM", &MODULES.map(PathBuf::from), install)?;
        let program = find("`softhsm2-util`", &on_path("softhsm2-util"), install)?;
        let desk = Desk::with(&[("in.csv", TABLE), ("policy.yaml", POLICY)]);
        std::fs::create_dir(desk.path("tokens")).unwrap();
        desk.put("softhsm.conf", format!("directories.tokendir = {}\n", desk.path("tokens").display()));
        for token in ["hospital", "other"] {
            let mut command = Command::new(&program);
            command.args(["--init-token", "--free", "--so-pin", "11112222", "--pin", "33334444", "--label", token]);
            let output = command.env("SOFTHSM2_CONF", desk.path("softhsm.conf")).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        Some(Self { desk, module })
    }

    /// Runs `moretta` with the environment of the token, with changes: an empty value takes a setting away.
    fn run_with(&self, arguments: &str, changes: &[(&str, &str)]) -> Finished {
        let configuration = self.desk.path("softhsm.conf");
        let mut settings = vec![
            ("SOFTHSM2_CONF", configuration.to_str().unwrap()),
            ("MORETTA_PKCS11_MODULE", self.module.to_str().unwrap()),
            ("MORETTA_PKCS11_TOKEN", "hospital"),
            ("MORETTA_PKCS11_KEY", "moretta"),
            ("MORETTA_PKCS11_PIN", "33334444"),
        ];
        settings.retain(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
        settings.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
        self.desk.run_with_settings(arguments, &settings)
    }

    fn run(&self, arguments: &str) -> Finished {
        self.run_with(arguments, &[])
    }

    fn mask(&self, changes: &[(&str, &str)]) -> String {
        let arguments = "mask in.csv --policy policy.yaml --keyring keys --out out.csv --quiet";
        self.run_with(arguments, changes).assert_code(0);
        self.desk.text("out.csv")
    }
}

#[test]
fn a_keyring_lives_under_a_key_that_is_made_in_the_token() {
    let Some(token) = SoftHsm::new() else { return };
    let made = token.run("keys init --keyring keys --protect pkcs11").assert_code(0);
    assert!(made.text().contains("protected by a key in a token (PKCS #11)"), "{}", made.text());
    let listed = token.run("keys list --json --keyring keys").assert_code(0).text();
    assert_eq!(serde_json::from_str::<Value>(&listed).unwrap()["protection"], "pkcs11");
    let before = token.mask(&[]);
    token.run("keys rotate quarantine --keyring keys").assert_code(0);
    assert_eq!(token.mask(&[]), before);
    assert!(!token.desk.text("keys/keyring.json").contains("33334444"));

    // A second keyring under the same key; neither file can take the place of the other's keys.
    token.run("keys init --keyring second --protect pkcs11").assert_code(0);
    let file = |name: &str| serde_json::from_str::<Value>(&token.desk.text(name)).unwrap();
    let (mut one, other) = (file("keys/keyring.json"), file("second/keyring.json"));
    one["body"]["integrity"] = other["body"]["integrity"].clone();
    put_private(&token.desk.path("keys/keyring.json"), &one.to_string());
    let swapped = token.run("keys list --keyring keys").assert_code(2);
    assert!(swapped.stderr.contains("does not open with the key of the token given"), "{}", swapped.stderr);
}

#[test]
fn a_keyring_moves_into_a_token_and_out_with_the_same_keys() {
    let Some(token) = SoftHsm::new() else { return };
    token.desk.make_keys("keys");
    let file_alone = [("MORETTA_PKCS11_KEY", "")];
    let before = token.mask(&file_alone);
    let into = [("MORETTA_PKCS11_KEY", ""), ("MORETTA_NEW_PKCS11_KEY", "moretta")];
    token.run_with("keys rewrap --keyring keys", &into).assert_code(0);
    assert_eq!(token.mask(&[]), before);
    // From one token to another, in one process. The PIN of the one is not shown to the other.
    let mut other = vec![("MORETTA_NEW_PKCS11_KEY", "moretta"), ("MORETTA_NEW_PKCS11_TOKEN", "other")];
    let refused = token.run_with("keys rewrap --keyring keys", &other).assert_code(2);
    assert!(refused.stderr.contains("set MORETTA_NEW_PKCS11_PIN"), "{}", refused.stderr);
    other.push(("MORETTA_NEW_PKCS11_PIN", "33334444"));
    token.run_with("keys rewrap --keyring keys", &other).assert_code(0);
    let other = [("MORETTA_PKCS11_TOKEN", "other")];
    assert_eq!(token.mask(&other), before);
    let refused = token.run("keys list --keyring keys").assert_code(2);
    assert!(refused.stderr.contains("under `other`, and MORETTA_PKCS11_TOKEN says `hospital`"), "{}", refused.stderr);
    token.run_with("keys rewrap --protect key-file --keyring keys", &other).assert_code(0);
    assert_eq!(token.mask(&file_alone), before);
}

#[test]
fn every_refusal_says_whose_fault_it_is() {
    let Some(token) = SoftHsm::new() else { return };
    token.run("keys init --keyring keys --protect pkcs11").assert_code(0);
    put_private(&token.desk.path("pin"), "33334444\n");
    let from_file = [("MORETTA_PKCS11_PIN", ""), ("MORETTA_PKCS11_PIN_FILE", "pin")];
    token.run_with("keys list --keyring keys", &from_file).assert_code(0);
    let no_module = token.desk.path("no-module.so");
    let no_tokens = token.desk.path("no-tokens.conf");
    std::fs::create_dir(token.desk.path("empty")).unwrap();
    token.desk.put("no-tokens.conf", format!("directories.tokendir = {}\n", token.desk.path("empty").display()));

    let cases: [Case<'_>; 9] = [
        (&[("MORETTA_PKCS11_MODULE", "")], 2, "the path of the module of the token is not given"),
        (&[("MORETTA_PKCS11_MODULE", "libsofthsm2.so")], 2, "MORETTA_PKCS11_MODULE is not an absolute path"),
        (&[("MORETTA_PKCS11_MODULE", no_module.to_str().unwrap())], 1, "cannot be reached"),
        (&[("MORETTA_PKCS11_TOKEN", "")], 2, "set MORETTA_PKCS11_TOKEN"),
        (&[("MORETTA_PKCS11_KEY", "another")], 2, "under `moretta`, and MORETTA_PKCS11_KEY says `another`"),
        (&[("MORETTA_PKCS11_PIN", "")], 2, "the PIN is not given; set MORETTA_PKCS11_PIN"),
        (
            &[("MORETTA_PKCS11_PIN", "55556666")],
            2,
            "the token `hospital` does not take the PIN given (it is another one)",
        ),
        (&[("MORETTA_PKCS11_PIN", ""), ("MORETTA_PKCS11_PIN_FILE", "in.csv")], 2, "chmod 600"),
        (&[("SOFTHSM2_CONF", no_tokens.to_str().unwrap())], 2, "has no token labelled `hospital`"),
    ];
    for (changes, code, said) in cases {
        let refused = token.run_with("keys list --keyring keys", changes).assert_code(code);
        assert!(refused.stderr.contains(said), "{changes:?} {said}: {}", refused.stderr);
        assert!(!refused.stderr.contains("33334444") && !refused.stderr.contains("55556666"));
    }
    // Under another key of the same label it does not open.
    token.run_with("keys init --keyring other --protect pkcs11", &[("MORETTA_PKCS11_TOKEN", "other")]).assert_code(0);
    let body = token.desk.text("keys/keyring.json").replace("hospital", "other");
    put_private(&token.desk.path("keys/keyring.json"), &body);
    let another = token.run_with("keys list --keyring keys", &[("MORETTA_PKCS11_TOKEN", "other")]).assert_code(2);
    assert!(another.stderr.contains("does not open with the key of the token given"), "{}", another.stderr);
}
