//! Plugins that must be signed: what was verified is what runs, and what is trusted no more does not stay.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use moretta::approval::OperatorKey;
use moretta::audit::Trust as TrailTrust;
use moretta::audit::examine;
use moretta::dataset::{Dataset, Gate, Reloaded, Settings, Signatures, Sources, State, Unavailable};
use moretta::error::Error;
use moretta::plugin::Package;
use moretta::store::{Envelope, Release, Store, Trust};
use moretta_tests::forge;
use serde_json::Value;

use crate::place::{Place, batch, constant, engine, masked, reload, wait, who};

const RULES: &str = "{ columns: [name, city], mask: forged }";

/// Somebody's key: Anna's, Bruno's, Mallory's.
fn key(name: &str) -> OperatorKey {
    OperatorKey::from_random(&[name.as_bytes()[0]; 32])
}

/// A release of the plugin `forged`, whose output is always the same.
fn package(version: &str, description: &str) -> Package {
    Package::read("forged", forge::release(version, description)).unwrap()
}

/// A place whose plugins are a store, with a trust root beside it.
struct Signed(Place);

impl Signed {
    /// Anna and Bruno are trusted, and her first version is current.
    fn new() -> Self {
        let signed = Self(Place::new(RULES));
        signed.trust(&["anna", "bruno"]);
        signed.install(&package("1.0.0", "The first."), &["anna"]);
        signed
    }

    fn root(&self) -> PathBuf {
        self.0.path().join("trust.json")
    }

    fn trust(&self, names: &[&str]) {
        let entry = |name: &&str| {
            format!("{{\"name\": \"{name}\", \"public_key\": \"{}\", \"plugins\": [\"*\"]}}", key(name).public_key())
        };
        let keys: Vec<_> = names.iter().map(entry).collect();
        fs::write(self.root(), format!("{{\"moretta_trust_root\": 1, \"keys\": [{}]}}", keys.join(","))).unwrap();
        fs::set_permissions(self.root(), fs::Permissions::from_mode(0o644)).unwrap();
    }

    /// As who may write in the directory, and has no key that counts.
    fn store(&self) -> Store {
        Store::create(&self.0.plugins(), Trust::Unchecked).unwrap()
    }

    fn install(&self, package: &Package, signers: &[&str]) {
        let envelopes: Vec<_> = signers.iter().map(|name| Envelope::sign(package, &key(name))).collect();
        self.store().install(package, &envelopes, "tests").unwrap();
    }

    /// The files of a version in the store: the plugin's first.
    fn files(&self, version: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.0.plugins()).unwrap().map(|entry| entry.unwrap().path());
        let named = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().contains(version);
        let mut files: Vec<_> = entries.filter(named).collect();
        files.sort();
        files
    }

    fn sources(&self) -> Sources {
        Sources { signatures: Signatures::Required(self.root()), ..self.0.sources() }
    }

    fn open(&self, settings: Settings) -> Dataset {
        Dataset::open("patients", engine(), self.sources(), settings).unwrap()
    }
}

/// The version of the plugin that is in force, and who signed it.
fn in_force(dataset: &Dataset) -> (String, String) {
    let plugin = dataset.plugins().1.into_iter().find(|plugin| plugin.name == "forged").unwrap();
    (plugin.version, plugin.signers.join(" "))
}

/// What the last candidate that failed did not reach, and why.
fn refusal(dataset: &Dataset) -> (State, String) {
    let candidate = dataset.status().candidate.unwrap();
    (candidate.failed.unwrap(), candidate.reason.unwrap())
}

#[test]
fn what_a_trusted_key_signed_comes_in_force_and_the_status_says_who_signed_it() {
    let signed = Signed::new();
    let dataset = signed.open(Settings::default());
    assert_eq!((masked(&dataset).as_str(), in_force(&dataset)), ("***", ("1.0.0".into(), "anna".into())));
    assert!(dataset.plugins().1.iter().filter(|plugin| plugin.shipped).all(|plugin| plugin.signers.is_empty()));
    signed.install(&package("2.0.0", "The second."), &["anna", "bruno"]);
    assert_eq!(reload(&dataset).unwrap(), Reloaded::InForce(2));
    assert_eq!(in_force(&dataset), ("2.0.0".into(), "anna bruno".into()));
    let parts = dataset.status().revisions.pop().unwrap().parts;
    assert_eq!((parts.plugins["forged"].len(), parts.trust_root.unwrap().len()), (64, 64));
}

#[test]
fn what_lies_in_the_directory_and_was_never_installed_is_not_looked_at() {
    let signed = Signed::new();
    let dataset = signed.open(Settings::default());
    signed.0.plugin("redact.wasm", &forge::failing_case());
    signed.0.plugin("forged@9.0.0.wasm", &forge::release("9.0.0", "Nobody signed it."));
    assert_eq!(reload(&dataset).unwrap(), Reloaded::Unchanged(1));
}

/// What an attack does, and what is said of it.
type Attack = (&'static str, State, &'static str, fn(&Signed));

/// Puts bytes in the place of those of the first version.
fn replace(signed: &Signed, description: &str) -> Package {
    let other = package("1.0.0", description);
    fs::write(&signed.files("1.0.0")[0], other.bytes()).unwrap();
    other
}

/// Has the index agree with a file.
fn list(signed: &Signed, other: &Package) {
    let index = signed.0.plugins().join("store.json");
    let text = fs::read_to_string(&index).unwrap();
    fs::write(&index, text.replace(package("1.0.0", "The first.").digest(), other.digest())).unwrap();
}

const ATTACKS: [Attack; 14] = [
    ("no signature", State::Verified, "forged@2.0.0.wasm is not trusted: it has no signature", |signed| {
        signed.install(&package("2.0.0", "x"), &[]);
    }),
    ("the key of a stranger", State::Verified, "a key that the trust root does not have", |signed| {
        signed.install(&package("2.0.0", "x"), &["mallory"]);
    }),
    ("a signature in the name of Anna", State::Verified, "says to be of `anna` and is not", |signed| {
        let package = package("2.0.0", "x");
        let [anna, mallory] = ["anna", "mallory"].map(|name| key(name).public_key().to_string());
        let envelope = Envelope::sign(&package, &key("mallory")).to_json().replace(&mallory, &anna);
        let envelope = Envelope::parse(envelope.as_bytes()).unwrap();
        signed.store().install(&package, &[envelope], "tests").unwrap();
    }),
    ("a signature of another version", State::Verified, "the signature is of another file", |signed| {
        let envelope = Envelope::sign(&package("1.0.0", "The first."), &key("anna"));
        signed.store().install(&package("2.0.0", "x"), &[envelope], "tests").unwrap();
    }),
    ("a signature that is none", State::Verified, "it is no DSSE envelope", |signed| {
        signed.install(&package("2.0.0", "x"), &["anna"]);
        fs::write(&signed.files("2.0.0")[1], "{}").unwrap();
    }),
    ("the signature taken away", State::Verified, "forged@1.0.0.wasm is not trusted: it has no signature", |signed| {
        fs::remove_file(&signed.files("1.0.0")[1]).unwrap();
    }),
    ("other bytes in its place", State::Verified, "is not the one that was installed", |signed| {
        replace(signed, "x");
    }),
    ("other bytes, and the index says so", State::Verified, "the signature is of another file", |signed| {
        list(signed, &replace(signed, "x"));
    }),
    ("half of the file", State::Verified, "forged@1.0.0", |signed| {
        let bytes = forge::release("1.0.0", "The first.");
        fs::write(&signed.files("1.0.0")[0], &bytes[..bytes.len() / 2]).unwrap();
    }),
    ("the file taken away", State::Noticed, "forged@1.0.0 is not in the store", |signed| {
        fs::remove_file(&signed.files("1.0.0")[0]).unwrap();
    }),
    ("no store any more", State::Noticed, "is no store of plugins; `moretta plugin install` makes one", |signed| {
        fs::remove_file(signed.0.plugins().join("store.json")).unwrap();
    }),
    ("a trust root that others can write", State::Noticed, "`chmod go-w`", |signed| {
        fs::set_permissions(signed.root(), fs::Permissions::from_mode(0o666)).unwrap();
    }),
    ("half of the trust root", State::Noticed, "trust.json: this is no trust root", |signed| {
        let text = fs::read_to_string(signed.root()).unwrap();
        fs::write(signed.root(), &text[..text.len() / 2]).unwrap();
    }),
    ("no trust root", State::Noticed, "trust.json", |signed| fs::remove_file(signed.root()).unwrap()),
];

#[test]
fn what_is_not_signed_by_a_trusted_key_is_refused_and_what_is_in_force_stays() {
    for (what, failed, says, attack) in ATTACKS {
        let signed = Signed::new();
        let dataset = signed.open(Settings::default());
        attack(&signed);
        let refused = reload(&dataset).unwrap_err();
        println!("{what:<40} {}", refused.error);
        assert!(refused.failed == failed && refused.error.to_string().contains(says), "{what}: {refused}");
        let status = dataset.status();
        assert_eq!(
            (status.current, status.gate, status.swaps, status.rollbacks),
            (Some(1), Gate::Open, 1, 0),
            "{what}"
        );
        assert!(refusal(&dataset).0 == failed && refusal(&dataset).1.contains(says), "{what}");
        assert_eq!((masked(&dataset).as_str(), in_force(&dataset)), ("***", ("1.0.0".into(), "anna".into())), "{what}");
        let refused = Dataset::open("again", engine(), signed.sources(), Settings::default()).unwrap_err();
        assert!(refused.to_string().contains(says), "{what}: nothing begins with it: {refused}");
    }
}

#[test]
fn a_directory_that_is_no_store_is_refused_where_signatures_are_asked_for() {
    let place = Place::new(RULES);
    place.plugin("forged.wasm", &forge::honest());
    let signed = Signed(place);
    signed.trust(&["anna"]);
    let refused = Dataset::open("plain", engine(), signed.sources(), Settings::default()).unwrap_err();
    assert!(refused.to_string().contains("is no store of plugins"), "{refused}");
    let sources = Sources { signatures: Signatures::Unchecked, ..signed.sources() };
    assert_eq!(masked(&Dataset::open("plain", engine(), sources, Settings::default()).unwrap()), "***");
}

#[test]
fn where_signatures_are_optional_a_wrong_one_is_refused_and_none_is_not() {
    let signed = Signed::new();
    let sources = Sources { signatures: Signatures::Optional(signed.root()), ..signed.sources() };
    let dataset = Dataset::open("optional", engine(), sources, Settings::default()).unwrap();
    signed.install(&package("2.0.0", "x"), &[]);
    assert_eq!(reload(&dataset).unwrap(), Reloaded::InForce(2));
    assert_eq!(in_force(&dataset), ("2.0.0".into(), String::new()));
    signed.install(&package("3.0.0", "x"), &["mallory"]);
    assert_eq!(reload(&dataset).unwrap_err().failed, State::Verified);
}

/// Somebody exchanges the file all the time while revisions are made of it: only what was signed is ever compiled.
#[test]
fn bytes_that_are_exchanged_while_they_are_read_never_run() {
    let signed = Signed::new();
    let dataset = signed.open(Settings::default());
    let (honest, other) = (package("1.0.0", "The first."), package("1.0.0", "The other."));
    let (file, over) = (signed.files("1.0.0")[0].clone(), AtomicBool::new(false));
    let (mut in_force_of, mut refused) = (0, 0);
    thread::scope(|threads| {
        threads.spawn(|| {
            let beside = file.with_extension("new");
            for bytes in [&other, &honest].into_iter().cycle() {
                fs::write(&beside, bytes.bytes()).unwrap();
                fs::rename(&beside, &file).unwrap();
                if over.load(Ordering::Relaxed) {
                    return;
                }
            }
        });
        for number in 0..300 {
            signed.0.rules(&format!("{RULES}\n{{ columns: [x{number}], drop: true }}"));
            match reload(&dataset) {
                Ok(_) => in_force_of += 1,
                Err(_) => refused += 1,
            }
            assert_eq!(dataset.status().revisions.last().unwrap().parts.plugins["forged"], honest.digest());
            assert_eq!(in_force(&dataset).1, "anna");
        }
        over.store(true, Ordering::Relaxed);
    });
    println!("{in_force_of} candidates read what was signed, {refused} something else or both");
    assert!(refused > 0, "nothing was exchanged in time");
    assert_eq!(masked(&dataset), "***");
}

#[test]
fn a_revoked_key_closes_the_dataset_where_there_is_nothing_to_go_back_to() {
    let signed = Signed::new();
    signed.0.keyring();
    let dataset = signed.open(Settings::default());
    let lease = dataset.lease().unwrap();
    signed.trust(&["bruno"]);
    let refused = reload(&dataset).unwrap_err();
    assert!(refused.to_string().contains("a key that the trust root does not have"), "{refused}");
    assert_eq!(dataset.lease().unwrap_err(), Unavailable::Closed);
    assert!(matches!(lease.mask(batch(&["Ada"])), Err(Error::Ended)), "what is under way ends without output");
    let status = dataset.status();
    assert_eq!((status.current, status.gate, status.rollbacks), (None, Gate::Closed, 1));
    assert!(dataset.rollback(&who()).is_err());
    let mut actions = Vec::new();
    let trail = signed.0.path().join("keys/audit");
    examine(&trail, TrailTrust::default(), &mut |record, _| {
        actions
            .push((record.action, record.details.get("step").and_then(Value::as_str).unwrap_or_default().to_owned()));
    })
    .unwrap();
    assert!(actions.contains(&("dataset-closed".into(), "verified".into())), "{actions:?}");
    // Bruno vouches for the same bytes.
    signed.install(&package("1.0.0", "The first."), &["bruno"]);
    assert_eq!(reload(&dataset).unwrap(), Reloaded::InForce(3));
    assert_eq!((masked(&dataset).as_str(), in_force(&dataset).1.as_str()), ("***", "bruno"));
}

#[test]
fn a_revoked_key_brings_back_what_is_trusted_still() {
    let signed = Signed::new();
    signed.0.rules(&constant("one"));
    let dataset = signed.open(Settings::default());
    signed.0.rules(RULES);
    assert_eq!(reload(&dataset).unwrap(), Reloaded::InForce(2));
    signed.trust(&["bruno"]);
    reload(&dataset).unwrap_err();
    // What lies in the store and no rule names was never run.
    assert_eq!((masked(&dataset).as_str(), dataset.status().current), ("one", Some(1)));
    assert_eq!(dataset.status().rollbacks, 1);
}

#[test]
fn nothing_goes_back_to_what_a_revoked_key_signed() {
    let signed = Signed::new();
    let dataset = signed.open(Settings::default());
    signed.install(&package("2.0.0", "The second."), &["bruno"]);
    reload(&dataset).unwrap();
    assert_eq!(dataset.status().fallback, Some(1));
    signed.trust(&["bruno"]);
    assert_eq!(reload(&dataset).unwrap(), Reloaded::InForce(3));
    assert_eq!(dataset.rollback(&who()).unwrap(), 2, "and not 1");
    assert_eq!(in_force(&dataset), ("2.0.0".into(), "bruno".into()));
}

#[test]
fn a_candidate_that_a_revoked_key_signed_is_tried_no_more() {
    let signed = Signed::new();
    let dataset = signed.open(Settings { shadow: 1_000, ..Settings::default() });
    signed.install(&package("2.0.0", "The second."), &["bruno"]);
    assert_eq!(reload(&dataset).unwrap(), Reloaded::Shadow(2));
    signed.trust(&["anna"]);
    reload(&dataset).unwrap_err();
    let status = dataset.status();
    assert_eq!((status.current, status.revisions.len(), status.gate), (Some(1), 1, Gate::Open));
    assert!(dataset.promote(2, &who()).is_err());
}

/// A key is exchanged: before, after or at once, nobody notices.
#[test]
fn who_signs_anew_before_a_key_is_revoked_interrupts_nothing() {
    for at_once in [false, true] {
        let signed = Signed::new();
        let dataset = signed.open(Settings::default());
        let lease = dataset.lease().unwrap();
        signed.install(&package("1.0.0", "The first."), &["bruno"]);
        if !at_once {
            assert_eq!(reload(&dataset).unwrap(), Reloaded::InForce(2));
            assert_eq!(in_force(&dataset).1, "anna bruno");
        }
        signed.trust(&["bruno"]);
        reload(&dataset).unwrap();
        assert_eq!((in_force(&dataset).1.as_str(), dataset.status().rollbacks), ("bruno", 0));
        lease.mask(batch(&["Ada"])).unwrap();
    }
}

#[test]
fn a_change_of_the_store_or_of_the_trust_root_is_noticed() {
    let signed = Signed::new();
    let dataset = signed.open(Settings::default());
    let _watcher = dataset.watch().unwrap();
    let becomes = |version: &str| wait(version, || in_force(&dataset).0 == version);
    signed.install(&package("2.0.0", "The second."), &["anna"]);
    println!("from installed to in force: {:?}", becomes("2.0.0"));
    signed.store().rollback("forged", "tests").unwrap();
    becomes("1.0.0");
    signed.store().remove(&Release::new("forged", "2.0.0").unwrap(), false, "tests").unwrap();
    signed.install(&package("3.0.0", "The third."), &["bruno"]);
    becomes("3.0.0");
    wait("the count", || dataset.status().swaps > 3);
    assert_eq!(dataset.status().swaps, 4, "to remove what is not current changes nothing");
    signed.trust(&["anna"]);
    wait("the refusal", || dataset.lease().is_err() || in_force(&dataset).0 != "3.0.0");
    signed.trust(&["anna", "bruno"]);
    wait("3.0.0", || dataset.lease().is_ok() && in_force(&dataset).0 == "3.0.0");
    assert_eq!(masked(&dataset), "***");
}
