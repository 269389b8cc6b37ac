//! Whether a plugin is what somebody who is trusted released. Pure: no file, no clock, and no code of the plugin.

use serde::Serialize;

use super::envelope::PAYLOAD_TYPE;
use super::trust::TrustedKey;
use super::{Envelope, Statement, TrustRoot, Untrusted};
use crate::approval::{PublicKey, Timestamp};
use crate::plugin::Package;

/// Where a plugin comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Provenance {
    /// The plugin's name.
    pub plugin: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of the file, in hexadecimal.
    pub digest: String,
    /// SHA-256 of the manifest in it, in hexadecimal.
    pub manifest: String,
    /// The trusted keys that signed this. None where no signature was asked for and none is there.
    pub signers: Vec<Signer>,
}

/// A key of the trust root that signed a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Signer {
    /// Its name in the trust root.
    pub name: String,
    /// The key.
    pub public_key: PublicKey,
}

impl Provenance {
    /// That of a package whose signatures were not asked for.
    pub fn unsigned(package: &Package) -> Self {
        Self {
            plugin: package.manifest().name.clone(),
            version: package.manifest().version.clone(),
            digest: package.digest().to_owned(),
            manifest: package.manifest_digest().to_owned(),
            signers: Vec::new(),
        }
    }
}

/// Verifies that enough keys of a trust root signed these bytes, with this manifest, as this version of this plugin.
///
/// A payload is looked at only after its signature was verified. Signatures that do not count are no harm where enough
/// others do.
///
/// # Errors
/// Why too few signatures count: the first reason, where none does.
pub fn verify(
    package: &Package,
    envelopes: &[Envelope],
    root: &TrustRoot,
    now: Timestamp,
) -> Result<Provenance, Untrusted> {
    root.check_time(now)?;
    let expected = Statement::of(package);
    let (mut counted, mut refused): (Vec<&TrustedKey>, Vec<Untrusted>) = (Vec::new(), Vec::new());
    for envelope in envelopes {
        for (key, claimed) in envelope.signers(root.keys(), |key| &key.public_key) {
            match counts(envelope, key.ok_or_else(|| unverified(claimed, root)), &expected, package, now) {
                Ok(key) if counted.iter().all(|other| other.public_key != key.public_key) => counted.push(key),
                Ok(_) => {}
                Err(why) => refused.push(why),
            }
        }
    }
    if counted.len() >= root.threshold() {
        let signer = |key: &TrustedKey| Signer { name: key.name.clone(), public_key: key.public_key };
        let signers = counted.into_iter().map(signer).collect();
        return Ok(Provenance { signers, ..Provenance::unsigned(package) });
    }
    if counted.is_empty() {
        return Err(refused.into_iter().next().unwrap_or(Untrusted::Unsigned));
    }
    Err(Untrusted::TooFew { found: counted.len(), needed: root.threshold() })
}

/// The key of a signature, if what it signed is this plugin and it may do so now.
fn counts<'k>(
    envelope: &Envelope,
    key: Result<&'k TrustedKey, Untrusted>,
    expected: &Statement,
    package: &Package,
    now: Timestamp,
) -> Result<&'k TrustedKey, Untrusted> {
    let key = key?;
    if envelope.payload_type() != PAYLOAD_TYPE {
        return Err(Untrusted::PayloadType);
    }
    if let Some(expired) = key.expires.filter(|expires| now >= *expires) {
        return Err(Untrusted::KeyExpired(key.name.clone(), expired));
    }
    Statement::parse(envelope.payload())?.check(expected)?;
    if !key.may_sign(&package.manifest().name) {
        return Err(Untrusted::NotAllowed(key.name.clone()));
    }
    Ok(key)
}

/// A signature that no trusted key made: forged, if it says to be of one of them.
fn unverified(claimed: Option<&str>, root: &TrustRoot) -> Untrusted {
    let named = claimed.and_then(|claimed| root.keys().iter().find(|key| key.public_key.to_string() == claimed));
    named.map_or(Untrusted::UnknownKey, |key| Untrusted::Forged(key.name.clone()))
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::{Value, json};

    use super::*;
    use crate::store::testing::{key, package};

    /// Mostly now.
    const NOW: u64 = 1_800_000_000;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(seconds).unwrap()
    }

    /// Anna with key 1 and Bruno with key 2.
    fn root(change: impl FnOnce(&mut Value)) -> TrustRoot {
        let mut root = json!({"moretta_trust_root": 1, "keys": [
            {"name": "anna", "public_key": key(1).public_key(), "plugins": ["*"]},
            {"name": "bruno", "public_key": key(2).public_key(), "plugins": ["*"]},
        ]});
        change(&mut root);
        TrustRoot::parse(&root.to_string()).unwrap()
    }

    fn of_anna(root: &TrustRoot, envelope: Envelope) -> Result<Vec<String>, Untrusted> {
        signers(root, &[envelope])
    }

    fn signers(root: &TrustRoot, envelopes: &[Envelope]) -> Result<Vec<String>, Untrusted> {
        let provenance = verify(&package("0.1.0"), envelopes, root, at(NOW))?;
        Ok(provenance.signers.into_iter().map(|signer| signer.name).collect())
    }

    fn signed(change: impl FnOnce(&mut Value)) -> Envelope {
        let mut envelope: Value = serde_json::from_str(&Envelope::sign(&package("0.1.0"), &key(1)).to_json()).unwrap();
        change(&mut envelope);
        Envelope::parse(envelope.to_string().as_bytes()).unwrap()
    }

    /// Signed by Anna, whatever it states.
    fn stating(change: impl FnOnce(&mut Value)) -> Envelope {
        let mut statement: Value = serde_json::from_slice(&Statement::of(&package("0.1.0")).to_payload()).unwrap();
        change(&mut statement);
        let mut envelope = signed(|envelope| envelope["payload"] = STANDARD.encode(statement.to_string()).into());
        envelope.add(&key(1));
        envelope
    }

    #[test]
    fn a_trusted_signature_says_where_a_plugin_comes_from() {
        let package = package("0.1.0");
        let provenance = verify(&package, &[Envelope::sign(&package, &key(1))], &root(|_| {}), at(NOW)).unwrap();
        assert_eq!(provenance.signers, [Signer { name: "anna".to_owned(), public_key: key(1).public_key() }]);
        assert_eq!((provenance.plugin.as_str(), provenance.version.as_str()), ("redact", "0.1.0"));
        assert_eq!((provenance.digest.as_str(), provenance.manifest.len()), (package.digest(), 64));
    }

    #[test]
    fn nothing_else_is_a_signature_of_this_plugin() {
        let two_types = |envelope: &mut Value| envelope["payloadType"] = "application/json".into();
        let cases = [
            (vec![], Untrusted::Unsigned),
            (vec![Envelope::sign(&package("0.1.0"), &key(3))], Untrusted::UnknownKey),
            (vec![signed(two_types)], Untrusted::Forged("anna".to_owned())),
            (
                vec![signed(|envelope| envelope["signatures"][0]["sig"] = "AAAA".into())],
                Untrusted::Forged("anna".to_owned()),
            ),
            (
                vec![Envelope::sign(&package("0.2.0"), &key(1))],
                Untrusted::OtherFile(package("0.2.0").digest().to_owned()),
            ),
            (
                vec![stating(|it| it["predicate"]["manifest"]["sha256"] = "0".repeat(64).into())],
                Untrusted::OtherManifest,
            ),
            (
                vec![stating(|it| it["subject"][0]["name"] = "partial@0.1.0.wasm".into())],
                Untrusted::OtherRelease("partial@0.1.0.wasm".to_owned()),
            ),
            (
                vec![stating(|it| it["predicate"]["version"] = "0.2.0".into())],
                Untrusted::OtherRelease("redact@0.1.0.wasm".to_owned()),
            ),
        ];
        for (envelopes, expected) in cases {
            assert_eq!(signers(&root(|_| {}), &envelopes).unwrap_err(), expected);
        }
        for change in [
            |it: &mut Value| it["predicateType"] = "https://slsa.dev/provenance/v1".into(),
            |it: &mut Value| it["_type"] = "https://in-toto.io/Statement/v0.1".into(),
            |it: &mut Value| it["predicate"]["valid_until"] = "never".into(),
            |it: &mut Value| it["subject"] = json!([it["subject"][0], it["subject"][0]]),
            |it: &mut Value| *it = json!({}),
        ] {
            assert!(matches!(of_anna(&root(|_| {}), stating(change)), Err(Untrusted::Malformed(_))));
        }
    }

    #[test]
    fn another_type_of_payload_means_something_else_even_if_it_is_signed() {
        let mut envelope = signed(|envelope| envelope["payloadType"] = "application/json".into());
        envelope.add(&key(1));
        assert_eq!(of_anna(&root(|_| {}), envelope), Err(Untrusted::PayloadType));
    }

    #[test]
    fn a_key_counts_until_it_expires_and_for_its_plugins() {
        let envelope = || Envelope::sign(&package("0.1.0"), &key(1));
        let until = |seconds: u64| root(|root| root["keys"][0]["expires"] = json!(at(seconds)));
        assert_eq!(of_anna(&until(NOW + 1), envelope()), Ok(vec!["anna".to_owned()]));
        assert_eq!(of_anna(&until(NOW), envelope()), Err(Untrusted::KeyExpired("anna".to_owned(), at(NOW))));
        let over = root(|root| root["expires"] = json!(at(NOW)));
        assert_eq!(of_anna(&over, envelope()), Err(Untrusted::RootExpired(at(NOW))));
        let others = root(|root| root["keys"][0]["plugins"] = json!(["acme-*", "redactor"]));
        assert_eq!(of_anna(&others, envelope()), Err(Untrusted::NotAllowed("anna".to_owned())));
    }

    #[test]
    fn a_threshold_counts_keys_and_not_signatures() {
        let both = root(|root| root["threshold"] = 2.into());
        let (anna, bruno) = (Envelope::sign(&package("0.1.0"), &key(1)), Envelope::sign(&package("0.1.0"), &key(2)));
        let of = |names: &[&str]| Ok(names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(signers(&both, &[anna.clone(), bruno.clone()]), of(&["anna", "bruno"]));
        let mut joint = anna.clone();
        joint.add(&key(2));
        assert_eq!(signers(&both, &[joint]), of(&["anna", "bruno"]));
        let again = signed(|envelope| {
            let mut second = envelope["signatures"][0].clone();
            second["keyid"] = "another".into();
            envelope["signatures"].as_array_mut().unwrap().push(second);
        });
        assert_eq!(signers(&both, &[anna.clone(), again]), Err(Untrusted::TooFew { found: 1, needed: 2 }));
        let unknown = Envelope::sign(&package("0.1.0"), &key(3));
        assert_eq!(signers(&both, &[unknown.clone(), anna]), Err(Untrusted::TooFew { found: 1, needed: 2 }));
        assert_eq!(signers(&root(|_| {}), &[unknown, bruno]), of(&["bruno"]));
    }
}
