//! A trust root or an envelope is read or refused, and nothing that was not signed with a trusted key is trusted.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use moretta::approval::{OperatorKey, Timestamp};
use moretta::plugin::Package;
use moretta::store::{Envelope, TrustRoot, verify};

struct Signed {
    package: Package,
    envelope: Envelope,
    root: TrustRoot,
}

fuzz_target!(|text: &str| {
    let Signed { package, envelope, root } = signed();
    let now = Timestamp::from_seconds(1_800_000_000).expect("a time");
    if let Ok(other) = TrustRoot::parse(text) {
        assert!(other.threshold() > 0 && verify(package, &[envelope.clone()], &other, now).is_err());
    }
    if let Ok(other) = Envelope::parse(text.as_bytes()) {
        assert!(verify(package, &[other.clone()], root, now).is_err());
        let again = Envelope::parse(other.to_json().as_bytes()).expect("an envelope is read as it was written");
        assert!(again.to_json() == other.to_json() && again.is_about(package) == other.is_about(package));
    }
});

/// A package that is trusted for the signature of a key that no input can know.
fn signed() -> &'static Signed {
    static SIGNED: OnceLock<Signed> = OnceLock::new();
    SIGNED.get_or_init(|| {
        let key = OperatorKey::from_random(&[7; 32]);
        let bytes = include_bytes!("../../guests/packed/forged/honest.wasm").as_slice();
        let package = Package::read("honest.wasm", bytes).expect("the honest component is a package");
        let entry = format!(r#"{{"name":"anna","public_key":"{}","plugins":["*"]}}"#, key.public_key());
        let root = TrustRoot::parse(&format!(r#"{{"moretta_trust_root":1,"keys":[{entry}]}}"#)).expect("a root");
        let envelope = Envelope::sign(&package, &key);
        verify(&package, &[envelope.clone()], &root, Timestamp::from_seconds(0).expect("a time")).expect("trusted");
        Signed { package, envelope, root }
    })
}
