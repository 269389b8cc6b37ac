//! Packages and keys for tests.

use crate::approval::OperatorKey;
use crate::plugin::Package;

/// The key of 32 equal bytes.
pub(super) fn key(byte: u8) -> OperatorKey {
    OperatorKey::from_random(&[byte; 32])
}

/// A shipped plugin under another version of five characters.
pub(super) fn package(version: &str) -> Package {
    let mut bytes = include_bytes!("../../../plugins/packed/redact.wasm").to_vec();
    let is = br#""version":"0.1.0""#;
    let at = bytes.windows(is.len()).position(|window| window == is).unwrap();
    bytes.splice(at..at + is.len(), format!("\"version\":\"{version}\"").into_bytes());
    Package::read("redact", bytes).unwrap()
}
