//! Keyrings under a key of KMS, against moto, which knows its interface and checks signatures and permissions.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use moretta_tests::command::{Desk, Finished};
use moretta_tests::counterpart::{find, on_path, put_private};
use serde_json::Value;

const POLICY: &str = "version: 1\ndomain: keys\nrules:\n  - { columns: [id], mask: pseudonym, key: identity }\n";
const TABLE: &str = "id\np1\np2\n";
/// What our identity may.
const ALLOWED: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C\
                       %22Action%22%3A%5B%22kms%3AEncrypt%22%2C%22kms%3ADecrypt%22%5D%2C%22Resource%22%3A%22*%22%7D%5D%7D";

/// Changes of the environment, the exit code, and what is said.
type Case<'a> = (&'a [(&'a str, &'a str)], i32, &'a str);

/// A server in memory with two keys, and one identity or two. It ends with the test.
struct Moto {
    process: Child,
    desk: Desk,
    address: String,
    /// The ARNs of two keys.
    keys: [String; 2],
    /// Id and secret of who may encrypt and decrypt, and of who may nothing.
    ours: [String; 2],
    others: [String; 2],
}

impl Moto {
    /// `None` where it is not installed.
    fn start() -> Option<Self> {
        let program = find("the server `moto_server`", &on_path("moto_server"), "pip install moto[server]==5.2.5")?;
        let desk = Desk::with(&[("in.csv", TABLE), ("policy.yaml", POLICY)]);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(program);
        // What sets it up is taken unsigned; what follows is checked.
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]).env("INITIAL_NO_AUTH_ACTION_COUNT", "7");
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let (keys, ours, others) = Default::default();
        let mut server = Self { process, desk, address: format!("127.0.0.1:{port}"), keys, ours, others };
        let started = Instant::now();
        while TcpStream::connect(&server.address).is_err() {
            assert!(started.elapsed() < Duration::from_secs(60), "moto does not listen");
            sleep(Duration::from_millis(50));
        }
        server.keys = [(); 2].map(|()| server.make_key());
        server.ours = server.make_identity("moretta");
        server.others = server.make_identity("stranger");
        server.ask(
            "iam",
            "",
            &format!("Action=PutUserPolicy&UserName=moretta&PolicyName=use&PolicyDocument={ALLOWED}"),
        );
        Some(server)
    }

    fn make_key(&self) -> String {
        let made = self.ask("kms", "X-Amz-Target: TrentService.CreateKey\r\n", "{}");
        let made: Value = serde_json::from_str(&made).unwrap();
        made["KeyMetadata"]["Arn"].as_str().unwrap().to_owned()
    }

    fn make_identity(&self, name: &str) -> [String; 2] {
        self.ask("iam", "", &format!("Action=CreateUser&UserName={name}"));
        let made = self.ask("iam", "", &format!("Action=CreateAccessKey&UserName={name}"));
        ["AccessKeyId", "SecretAccessKey"].map(|field| {
            let (_, rest) = made.split_once(&format!("<{field}>")).unwrap();
            rest.split_once('<').unwrap().0.to_owned()
        })
    }

    /// One request, unsigned. Gives the body of the answer.
    fn ask(&self, service: &str, headers: &str, body: &str) -> String {
        let form = if service == "kms" { "application/x-amz-json-1.1" } else { "application/x-www-form-urlencoded" };
        let scope = format!("x/20260101/eu-west-1/{service}/aws4_request");
        let request = format!(
            "POST / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: {form}\r\nContent-Length: {}\r\n{headers}\
             Authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=x\r\n\r\n{body}",
            self.address,
            body.len()
        );
        let mut connection = TcpStream::connect(&self.address).unwrap();
        connection.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    /// Runs `moretta` with the environment of the service, with changes: an empty value takes a setting away.
    fn run_with(&self, arguments: &str, changes: &[(&str, &str)]) -> Finished {
        let address = format!("http://{}", self.address);
        let mut settings = vec![
            ("MORETTA_KMS_ENDPOINT", address.as_str()),
            ("MORETTA_KMS_KEY", &self.keys[0]),
            ("AWS_ACCESS_KEY_ID", &self.ours[0]),
            ("AWS_SECRET_ACCESS_KEY", &self.ours[1]),
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

impl Drop for Moto {
    fn drop(&mut self) {
        let ended = self.process.kill().and_then(|()| self.process.wait());
        assert!(ended.is_ok() || std::thread::panicking(), "{ended:?}");
    }
}

#[test]
fn a_keyring_lives_under_a_key_of_kms_and_moves_to_another_and_back() {
    let Some(server) = Moto::start() else { return };
    server.desk.make_keys("keys");
    let file_alone = [("MORETTA_KMS_KEY", "")];
    let before = server.mask(&file_alone);
    let to_kms = [("MORETTA_KMS_KEY", ""), ("MORETTA_NEW_KMS_KEY", server.keys[0].as_str())];
    let moved = server.run_with("keys rewrap --keyring keys", &to_kms).assert_code(0);
    assert!(moved.text().contains("protected by a key of AWS KMS"), "{}", moved.text());
    assert_eq!(server.mask(&[]), before);
    server.run("keys rotate quarantine --keyring keys").assert_code(0);
    let listed = server.run("keys list --json --keyring keys").assert_code(0).text();
    assert_eq!(serde_json::from_str::<Value>(&listed).unwrap()["protection"], "aws-kms");
    assert!(!server.desk.text("keys/keyring.json").contains(&server.ours[0]));
    let to_other = [("MORETTA_NEW_KMS_KEY", server.keys[1].as_str())];
    server.run_with("keys rewrap --keyring keys", &to_other).assert_code(0);
    let other = [("MORETTA_KMS_KEY", server.keys[1].as_str())];
    assert_eq!(server.mask(&other), before);
    server.run_with("keys rewrap --protect key-file --keyring keys", &other).assert_code(0);
    assert_eq!(server.mask(&file_alone), before);
}

#[test]
fn every_refusal_says_whose_fault_it_is() {
    let Some(server) = Moto::start() else { return };
    server.run("keys init --keyring keys --protect aws-kms").assert_code(0);
    put_private(&server.desk.path("secret"), &format!("{}\n", server.ours[1]));
    let from_file = [("AWS_SECRET_ACCESS_KEY", ""), ("AWS_SECRET_ACCESS_KEY_FILE", "secret")];
    server.run_with("keys list --keyring keys", &from_file).assert_code(0);
    let missing = format!("{}/00000000-0000-0000-0000-000000000000", server.keys[0].rsplit_once('/').unwrap().0);
    let stranger =
        [("AWS_ACCESS_KEY_ID", server.others[0].as_str()), ("AWS_SECRET_ACCESS_KEY", server.others[1].as_str())];
    let cases: [Case<'_>; 8] = [
        (&[("MORETTA_KMS_KEY", "")], 2, "set MORETTA_KMS_KEY"),
        (&[("MORETTA_KMS_KEY", "alias/moretta")], 2, "MORETTA_KMS_KEY is not as arn:aws:kms:REGION:ACCOUNT:key/ID"),
        (&[("MORETTA_KMS_KEY", &server.keys[1])], 2, "and MORETTA_KMS_KEY says"),
        (&[("MORETTA_KMS_ENDPOINT", "http://127.0.0.1:1")], 1, "AWS KMS at http://127.0.0.1:1 cannot be reached"),
        (&[("AWS_ACCESS_KEY_ID", "")], 2, "set AWS_ACCESS_KEY_ID"),
        (&[("AWS_ACCESS_KEY_ID", "AKIAUNKNOWN")], 2, "does not take the AWS credentials given"),
        (&[("AWS_SECRET_ACCESS_KEY", "wrong")], 2, "does not take the AWS credentials given"),
        // Moto refuses who may not in a form of its own; that of KMS is held in the host's own tests.
        (&stranger, 2, "does not take the AWS credentials given"),
    ];
    for (changes, code, said) in cases {
        let refused = server.run_with("keys list --keyring keys", changes).assert_code(code);
        assert!(refused.stderr.contains(said), "{changes:?} {said}: {}", refused.stderr);
        assert!(!refused.stderr.contains(&server.ours[1]) && !refused.stderr.contains(&server.others[1]));
    }
    let gone = server.run_with("keys init --keyring other --protect aws-kms", &[("MORETTA_KMS_KEY", &missing)]);
    assert!(gone.assert_code(2).stderr.contains(&format!("has no key `{missing}`")));

    // The encryption context holds each key in its keyring.
    server.run("keys init --keyring second --protect aws-kms").assert_code(0);
    let file = |name: &str| serde_json::from_str::<Value>(&server.desk.text(name)).unwrap();
    let (mut one, other) = (file("keys/keyring.json"), file("second/keyring.json"));
    one["body"]["integrity"] = other["body"]["integrity"].clone();
    put_private(&server.desk.path("keys/keyring.json"), &one.to_string());
    let swapped = server.run("keys list --keyring keys").assert_code(2);
    assert!(swapped.stderr.contains("does not open with the key of AWS KMS given"), "{}", swapped.stderr);
}
