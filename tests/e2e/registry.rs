//! Plugins from a real OCI registry: Docker's `registry`, as Debian packages it.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{fs, io::Read as _, io::Write as _};

use moretta_tests::command::{Desk, Finished};
use moretta_tests::counterpart::{find, on_path};
use moretta_tests::forge;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// `moretta:secret`, as htpasswd writes it with bcrypt.
const PASSWORDS: &str = "moretta:$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW\n";
const AUTHORIZATION: &str = "Basic bW9yZXR0YTpzZWNyZXQ=";

/// A registry with its files on a desk. It ends with the test.
struct Registry {
    process: Child,
    desk: Desk,
    port: u16,
}

impl Registry {
    /// A registry with more settings. `None` where this machine has no such server.
    fn start(settings: &str) -> Option<Self> {
        let program =
            find("the server `docker-registry`", &on_path("docker-registry"), "apt-get install docker-registry")?;
        find("the program `openssl`", &on_path("openssl"), "apt-get install openssl")?;
        let desk = Desk::with(&[("passwords", PASSWORDS)]);
        make_certificate(&desk);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let root = desk.path("").display().to_string();
        let settings = settings.replace("DESK", &root);
        let config = format!(
            "version: 0.1\nstorage: {{ filesystem: {{ rootdirectory: {root}/data }}, delete: {{ enabled: true }} }}\n\
             http: {{ addr: '127.0.0.1:{port}'{settings}"
        );
        desk.put("registry.yml", config);
        let mut command = Command::new(program);
        command.arg("serve").arg(desk.path("registry.yml")).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().unwrap();
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(60), "the registry does not start");
            sleep(Duration::from_millis(50));
        }
        Some(Self { process, desk, port })
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/v2/acme/forged/{path}", self.port)
    }

    /// Puts a blob there and gives what a manifest says of it.
    fn put_blob(&self, media_type: &str, bytes: &[u8]) -> Value {
        let digest = digest(bytes);
        let begun =
            ureq::post(self.url("blobs/uploads/")).header("Authorization", AUTHORIZATION).send(&[][..]).unwrap();
        let place = begun.headers().get("location").unwrap().to_str().unwrap();
        let join = if place.contains('?') { '&' } else { '?' };
        let put = ureq::put(format!("{place}{join}digest={digest}")).header("Authorization", AUTHORIZATION);
        put.header("Content-Type", "application/octet-stream").send(bytes).unwrap();
        json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() })
    }

    /// Puts an artifact there under a tag and gives its digest.
    fn put(&self, tag: &str, layers: &[Value]) -> String {
        let config = self.put_blob("application/vnd.wasm.config.v0+json", b"{}");
        let manifest =
            json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers }).to_string();
        let put = ureq::put(self.url(&format!("manifests/{tag}"))).header("Authorization", AUTHORIZATION);
        put.header("Content-Type", MANIFEST).send(manifest.as_bytes()).unwrap();
        digest(manifest.as_bytes())
    }

    /// The file that holds a blob.
    fn file_of(&self, blob: &Value) -> String {
        let hex = blob["digest"].as_str().unwrap().strip_prefix("sha256:").unwrap().to_owned();
        format!("data/docker/registry/v2/blobs/sha256/{}/{hex}/data", &hex[..2])
    }

    fn install(&self, artifact: &str, more: &str) -> Finished {
        let port = self.port;
        let settings = [("MORETTA_REGISTRY_USER", "moretta"), ("MORETTA_REGISTRY_PASSWORD", "secret")];
        let install = format!("plugin install oci://127.0.0.1:{port}/acme/forged{artifact} --plugins plugins {more}");
        self.desk.run_with_settings(&install, &settings)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold("sha256:".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

fn make_certificate(desk: &Desk) {
    let line = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout tls.key -out tls.pem \
                -subj /CN=localhost -addext basicConstraints=critical,CA:FALSE -addext subjectAltName=DNS:localhost,IP:127.0.0.1";
    desk.run_in_shell(&format!("{line} 2>/dev/null")).assert_code(0);
}

/// A signed plugin on the desk: its bytes, and those of its signature.
fn signed(desk: &Desk, version: &str) -> (Vec<u8>, Vec<u8>) {
    if !desk.names().contains("anna.key") {
        let public_key = desk.run("operators new-key --out anna.key").assert_code(0).text();
        let root = json!({ "moretta_trust_root": 1, "keys": [
            { "name": "anna", "public_key": public_key.trim(), "plugins": ["*"] },
        ] });
        desk.put("trust.json", root.to_string());
        desk.run_in_shell("chmod go-w trust.json").assert_code(0);
    }
    desk.put("forged.wasm", forge::release(version, "From a registry."));
    drop(fs::remove_file(desk.path("forged.wasm.sig")));
    desk.run("plugin sign forged.wasm --key anna.key").assert_code(0);
    (desk.bytes("forged.wasm"), desk.bytes("forged.wasm.sig"))
}

#[track_caller]
fn assert_refused(run: Finished, says: &str) {
    let run = run.assert_code(2);
    assert!(run.stderr.contains(says), "{}", run.stderr);
}

const TRUSTED: &str = "--trust-root trust.json";
const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
const WITH_PASSWORDS: &str = " }\nauth: { htpasswd: { realm: moretta, path: DESK/passwords } }\n";

#[test]
fn a_plugin_is_installed_from_a_registry_with_the_signatures_attached_to_it() {
    let Some(registry) = Registry::start(WITH_PASSWORDS) else { return };
    let (component, envelope) = signed(&registry.desk, "1.0.0");
    let component = registry.put_blob("application/wasm", &component);
    let envelope = registry.put_blob(ENVELOPE, &envelope);
    // As further layer of the artifact.
    let digest = registry.put("1.0.0", &[component.clone(), envelope.clone()]);
    let run = registry.install(":1.0.0", TRUSTED).assert_code(0);
    assert!(
        run.text().contains(&format!("pulled {digest}")) && run.text().contains("signed by: anna"),
        "{}",
        run.text()
    );
    registry.install(&format!("@{digest}"), TRUSTED).assert_code(0);
    // Without one; then as an attestation.
    let bare = registry.put("bare", &[component]);
    assert_refused(registry.install(":bare", TRUSTED), "it has no signature");
    registry.put(&format!("{}.att", bare.replace(':', "-")), &[envelope]);
    registry.install(":bare", TRUSTED).assert_code(0);
    registry.install(&format!(":other@{bare}"), TRUSTED).assert_code(0);
    let listed = registry.desk.run("plugin list --plugins plugins --trust-root trust.json").assert_code(0).text();
    assert!(listed.contains("1.0.0") && listed.contains("anna"), "{listed}");
}

#[test]
fn what_a_registry_gives_is_believed_by_its_digest_alone() {
    let Some(registry) = Registry::start(WITH_PASSWORDS) else { return };
    let (component, _) = signed(&registry.desk, "1.0.0");
    let (other, _) = signed(&registry.desk, "2.0.0");
    let layer = registry.put_blob("application/wasm", &component);
    registry.put("1.0.0", std::slice::from_ref(&layer));
    let says = "expected oci://HOST";
    assert_refused(registry.install("", "--unsigned"), says);
    assert_refused(registry.install(":missing", "--unsigned"), "has no such artifact");
    registry.put("two", &[layer.clone(), layer.clone()]);
    assert_refused(registry.install(":two", "--unsigned"), "not exactly one layer");
    registry.put("none", &[registry.put_blob("text/plain", b"x")]);
    assert_refused(registry.install(":none", "--unsigned"), "not exactly one layer");
    let text = registry.put_blob("application/wasm", b"no plugin");
    registry.put("text", &[text]);
    assert_refused(registry.install(":text", "--unsigned"), "not a WebAssembly component");
    let huge = registry.put_blob(ENVELOPE, &vec![b' '; 1 << 17]);
    registry.put("huge", &[layer.clone(), huge]);
    assert_refused(registry.install(":huge", "--unsigned"), "larger than any such file");
    // Somebody changes the files of the registry.
    registry.desk.put(&registry.file_of(&layer), &other);
    assert_refused(registry.install(":1.0.0", "--unsigned"), "other bytes than those of the layer's digest");
    assert!(!registry.desk.names().contains("plugins"));
}

#[test]
fn a_registry_wants_its_password_and_its_certificate_is_verified() {
    let Some(registry) = Registry::start(WITH_PASSWORDS) else { return };
    let (component, _) = signed(&registry.desk, "1.0.0");
    registry.put("1", &[registry.put_blob("application/wasm", &component)]);
    let install =
        format!("plugin install oci://127.0.0.1:{}/acme/forged:1 --plugins plugins --unsigned", registry.port);
    assert_refused(registry.desk.run(&install), "does not let us read this");
    let wrong = [("MORETTA_REGISTRY_USER", "moretta"), ("MORETTA_REGISTRY_PASSWORD", "guess")];
    assert_refused(registry.desk.run_with_settings(&install, &wrong), "does not let us read this");
    let tls = ", tls: { certificate: DESK/tls.pem, key: DESK/tls.key } }\n";
    let Some(encrypted) = Registry::start(tls) else { return };
    let missing = encrypted.install(":1", "--unsigned --registry-authority tls.pem");
    assert_refused(missing, "has no such artifact");
    make_certificate(&encrypted.desk);
    assert_refused(encrypted.install(":1", "--unsigned --registry-authority tls.pem"), "certificate");
    assert_refused(encrypted.install(":1", "--unsigned --registry-authority passwords"), "no file of PEM certificates");
}

/// A service that gives a token for a name and a password, and a registry that wants that token: the way of the large
/// public registries.
#[test]
fn a_token_is_fetched_where_the_registry_says() {
    let desk = Desk::new();
    let (component, _) = signed(&desk, "1.0.0");
    let layer = json!({ "mediaType": "application/wasm", "digest": digest(&component), "size": component.len() });
    let manifest = json!({ "schemaVersion": 2, "layers": [layer] }).to_string().into_bytes();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in server.incoming() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                head.push(byte[0]);
            }
            let head = String::from_utf8(head).unwrap().to_lowercase();
            let (status, body) = if head.starts_with("get /token?service=here&scope=repository%3aacme%2fforged%3apull")
            {
                let known = head.contains(&format!("authorization: {}", AUTHORIZATION.to_lowercase()));
                if known { (200, br#"{"token":"t0ken"}"#.to_vec()) } else { (401, Vec::new()) }
            } else if !head.contains("authorization: bearer t0ken") {
                (401, Vec::new())
            } else if head.starts_with("get /v2/acme/forged/manifests/1 ") {
                (200, manifest.clone())
            } else if head.starts_with("get /v2/acme/forged/blobs/") {
                (200, component.clone())
            } else {
                (404, Vec::new())
            };
            let challenge = format!(
                "Bearer realm=\"http://127.0.0.1:{port}/token\",service=\"here\",scope=\"repository:acme/forged:pull\""
            );
            let answer = format!(
                "HTTP/1.1 {status} x\r\nContent-Length: {}\r\nConnection: close\r\nWWW-Authenticate: {challenge}\r\n\r\n",
                body.len()
            );
            stream.write_all(&[answer.as_bytes(), &body].concat()).unwrap();
        }
    });
    let install = format!("plugin install oci://127.0.0.1:{port}/acme/forged:1 --plugins plugins --unsigned");
    assert_refused(desk.run(&install), "gives us none");
    let settings = [("MORETTA_REGISTRY_USER", "moretta"), ("MORETTA_REGISTRY_PASSWORD", "secret")];
    desk.run_with_settings(&install, &settings).assert_code(0);
}
