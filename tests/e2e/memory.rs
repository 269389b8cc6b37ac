//! The whole memory of a process that has masked, searched for every secret that it used.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::process::{Child, Stdio};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hkdf::Hkdf;
use moretta_tests::command::{Desk, moretta};
use serde_json::Value;
use sha2::Sha256;

/// The secret that the environment gives, and its bytes.
const KEK: &str = "lq3I5wJZdJOuxeA/WnGMq8YdOFdyiaTDHjVQb4qh/Bs=";

const POLICY: &str = "\
version: 1
domain: clinic
reference_date: 2026-01-01
subject: id
rules:
  - { columns: [id], mask: pseudonym, key: identity }
  - { columns: [born], mask: shift-dates, key: dates, with: { max_days: 300 } }
  - { columns: [ssn], mask: encrypt, key: cells }
  - { columns: [mrn], mask: encrypt-deterministic, key: joins }
  - { columns: [account], mask: token, key: tokens }
  - { columns: [phone], mask: fpe, key: formats }
";

/// Name, purpose, and the domain that its sub-key is for.
const KEYS: [(&str, &str, &str); 8] = [
    ("identity", "pseudonym", "clinic"),
    ("dates", "date-shift", "clinic"),
    ("cells", "encrypt", "clinic"),
    ("joins", "encrypt-deterministic", "clinic"),
    ("tokens", "token", ""),
    ("formats", "fpe", "clinic"),
    ("quarantine", "quarantine", ""),
    ("audit", "audit", ""),
];

fn part(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_be_bytes(), text.as_bytes()].concat()
}

/// A data key, unwrapped as the keyring's documentation says.
fn unwrapped(keyring: &Value, wrapped: &Value, name: &str, purpose: &str, version: u32) -> [u8; 32] {
    let wrapped = STANDARD.decode(wrapped.as_str().unwrap()).unwrap();
    let id = keyring["body"]["id"].as_str().unwrap();
    let context = ["moretta wrapped key v1", id, name, purpose].map(part).concat();
    let context = [context.as_slice(), &version.to_be_bytes()].concat();
    let kek = Aes256Gcm::new_from_slice(&STANDARD.decode(KEK).unwrap()).unwrap();
    let (nonce, sealed) = wrapped.split_at(12);
    let key = kek.decrypt(nonce.try_into().unwrap(), Payload { msg: sealed, aad: &context });
    key.unwrap().try_into().unwrap()
}

/// The sub-key that does the work.
fn sub_key(data_key: &[u8; 32], purpose: &str, domain: &str) -> [u8; 32] {
    let info = [b"moretta sub-key v1\0".to_vec(), part(purpose), part(domain), 1_u32.to_be_bytes().to_vec()];
    expanded(data_key, &info.concat())
}

fn expanded(key: &[u8; 32], info: &[u8]) -> [u8; 32] {
    let mut expanded = [0; 32];
    Hkdf::<Sha256>::new(None, key).expand(info, &mut expanded).unwrap();
    expanded
}

/// Every secret of a keyring, by what it is.
fn secrets(desk: &Desk) -> Vec<(String, [u8; 32])> {
    let keyring: Value = serde_json::from_str(&desk.text("keys/keyring.json")).unwrap();
    let integrity = unwrapped(&keyring, &keyring["body"]["integrity"], "", "integrity", 1);
    let kek = STANDARD.decode(KEK).unwrap().try_into().unwrap();
    let mut secrets = vec![("the key-encryption key".to_owned(), kek), ("the integrity key".to_owned(), integrity)];
    for (index, (name, purpose, domain)) in KEYS.into_iter().enumerate() {
        let wrapped = &keyring["body"]["keys"][index]["versions"][0]["key"];
        let data_key = unwrapped(&keyring, wrapped, name, purpose, 1);
        let sub_key = sub_key(&data_key, purpose, domain);
        secrets.push((format!("the data key of {name}"), data_key));
        secrets.push((format!("the sub-key of {name}"), sub_key));
        if name == "joins" {
            let half = |label: &[u8]| expanded(&sub_key, label);
            secrets.push(("the MAC half of joins".to_owned(), half(b"moretta siv mac v1\0")));
            secrets.push(("the encryption half of joins".to_owned(), half(b"moretta siv encryption v1\0")));
        }
    }
    secrets
}

/// How often a process holds each of these in memory that it can write. `None` if its memory may not be read.
fn held(process: &Child, secrets: &[(String, [u8; 32])]) -> Option<Vec<usize>> {
    let mut memory = File::open(format!("/proc/{}/mem", process.id())).ok()?;
    let maps = fs::read_to_string(format!("/proc/{}/maps", process.id())).ok()?;
    let mut held = vec![0; secrets.len()];
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let (start, end) = line.split(' ').next()?.split_once('-')?;
        let [start, end] = [start, end].map(|address| u64::from_str_radix(address, 16).unwrap());
        let mut content = Vec::new();
        memory.seek(SeekFrom::Start(start)).ok()?;
        // What is reserved for the sandbox and not in use is left out.
        drop(Read::by_ref(&mut memory).take((end - start).min(1 << 28)).read_to_end(&mut content));
        for (held, (_, secret)) in held.iter_mut().zip(secrets) {
            *held += content.windows(32).filter(|window| window[0] == secret[0] && *window == secret).count();
        }
    }
    Some(held)
}

fn row(row: usize) -> String {
    format!("P-{row},1980-03-04,999-55-{row:04},MRN/{row},account {},555{row:07}\n", row % 500)
}

/// A process that has read and masked all its input with every kind of key, and waits: nobody reads what it writes.
fn masked_and_waiting(desk: &Desk) -> Child {
    let keys: String = KEYS.iter().map(|(name, purpose, _)| format!(" --key {name}={purpose}")).collect();
    let settings = [("MORETTA_KEK", KEK)];
    desk.run_with_settings(&format!("keys init --keyring keys{keys}"), &settings).assert_code(0);
    desk.run_with_settings("vault init --vault vault.db --keyring keys", &settings).assert_code(0);
    let arguments = "mask - --input-format csv --policy policy.yaml --keyring keys --vault vault.db --out - --format csv \
                     --quarantine rows.q --max-quarantined 10 --batch-bytes 100000";
    let mut command = desk.command(&moretta());
    command.args(arguments.split_whitespace()).envs(settings).stderr(Stdio::null());
    let mut running = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = running.stdin.take().unwrap();
    // It may stop reading before the end, as nobody reads: then this thread ends with it.
    thread::spawn(move || {
        let rows: String = (0..20_000).map(row).collect();
        drop(input.write_all(format!("id,born,ssn,mrn,account,phone\n{rows}").as_bytes()));
    });
    // The first rows are out, so every key has been at work.
    running.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
    until_it_rests(&running);
    running
}

/// Waits until a process uses no processor but for the ticks of its clock.
fn until_it_rests(process: &Child) {
    let ticks = || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", process.id())).unwrap();
        let fields = stat.rsplit_once(") ").unwrap().1.split(' ').skip(11).take(2);
        fields.map(|ticks| ticks.parse::<u64>().unwrap()).sum::<u64>()
    };
    let (started, mut before) = (Instant::now(), ticks());
    loop {
        sleep(Duration::from_millis(1500));
        let now = ticks();
        if now - before <= 2 {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "it never rests");
        before = now;
    }
}

/// The superuser may look, and finds of each secret at most the one that is in use; others may not look at all.
#[test]
fn a_process_that_has_masked_holds_each_secret_once_at_most() {
    let desk = Desk::with(&[("policy.yaml", POLICY)]);
    let mut running = masked_and_waiting(&desk);
    let secrets = secrets(&desk);
    let held = held(&running, &secrets);
    running.kill().unwrap();
    running.wait().unwrap();
    let Some(held) = held else { return };
    let found: Vec<_> = secrets.iter().zip(&held).map(|((what, _), held)| format!("{what}: {held}")).collect();
    println!("{}", found.join("\n"));
    assert!(held.iter().all(|held| *held <= 1), "copies: {found:#?}");
    // The key-encryption key is in use, so that a search that finds nothing at all is not taken for a clean one.
    assert_eq!(held[0], 1, "{found:#?}");
}
