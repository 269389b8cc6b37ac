//! Signing the audit trail: Ed25519 (RFC 8032).

use std::fmt;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use super::keyring::KeyringPlace;
use super::material::Material;
use super::{AuditGrant, KeyError};

/// The length of a signature in bytes.
pub(crate) const SIGNATURE: usize = 64;

/// May sign checkpoints of an audit trail, and knows what the key's other versions have signed.
pub(in crate::keys) struct Signing {
    key: SigningKey,
    public: Vec<AuditPublicKey>,
    /// The keyring that it is of, unless that is in memory alone.
    keyring: Option<KeyringPlace>,
}

impl Signing {
    /// Signs under this sub-key, and trusts what these have signed.
    pub(in crate::keys) fn new(
        key: &Material,
        all: impl Iterator<Item = Material>,
        keyring: Option<KeyringPlace>,
    ) -> Self {
        let public = all.map(|key| AuditPublicKey(key.signing_key().verifying_key())).collect();
        Self { key: key.signing_key(), public, keyring }
    }
}

impl AuditGrant {
    /// Signs a message.
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; SIGNATURE] {
        self.0.secret.key.sign(message).to_bytes()
    }

    /// The public half of the version that signs.
    pub fn public_key(&self) -> AuditPublicKey {
        AuditPublicKey(self.0.secret.key.verifying_key())
    }

    /// The key as the keyring has it now, if another process rotated it since it was granted.
    ///
    /// # Errors
    /// The keyring cannot be read, or does not grant it any more.
    pub(crate) fn newer(&self) -> Result<Option<Self>, KeyError> {
        let Some(keyring) = &self.0.secret.keyring else { return Ok(None) };
        let newer = keyring.open()?.audit_key(self.key_id())?;
        Ok((newer.version() != self.version()).then_some(newer))
    }

    /// The public halves of all versions of the key: what they signed can still be verified.
    pub fn public_keys(&self) -> &[AuditPublicKey] {
        &self.0.secret.public
    }
}

/// The public half of an audit key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AuditPublicKey(VerifyingKey);

impl AuditPublicKey {
    /// The key with these bytes. `None` if they are no key.
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        VerifyingKey::from_bytes(bytes).ok().filter(|key| !key.is_weak()).map(Self)
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Whether the key signed the message. Only one signature of a message is taken, and no weak key.
    pub fn has_signed(&self, message: &[u8], signature: &[u8; SIGNATURE]) -> bool {
        self.0.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }
}

impl fmt::Debug for AuditPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuditPublicKey(")?;
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Purpose;
    use crate::keys::grant::Granted;
    use crate::keys::material::LENGTH;
    use std::sync::Arc;

    fn hex<const N: usize>(text: &str) -> [u8; N] {
        std::array::from_fn(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
    }

    /// RFC 8032, 7.1, test 2.
    #[test]
    fn signs_as_rfc_8032_does() {
        let seed: [u8; LENGTH] = hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
        let key = Material::stored(&seed).unwrap().signing_key();
        let public = AuditPublicKey(key.verifying_key());
        assert_eq!(public.as_bytes(), &hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"));
        let signature = key.sign(&[0x72]).to_bytes();
        let expected = concat!(
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da",
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        );
        assert_eq!(signature, hex(expected));
        assert!(public.has_signed(&[0x72], &signature) && !public.has_signed(&[0x73], &signature));
    }

    #[test]
    fn what_an_earlier_version_signed_is_verified_after_a_new_one_signs() {
        let material = Material::stored(&[7; LENGTH]).unwrap();
        let version = |number| material.sub_key(Purpose::Audit, "", number);
        let grant = |number: u32| {
            let secret = Signing::new(&version(number), (1..=number).map(version), None);
            AuditGrant(Arc::new(Granted { name: "audit".to_owned(), version: number, secret }))
        };
        let (earlier, now) = (grant(1), grant(2));
        let signature = earlier.sign(b"text");
        let [first, second] = now.public_keys() else { panic!("two versions") };
        assert!(first.has_signed(b"text", &signature) && !second.has_signed(b"text", &signature));
        assert_eq!((*first, *second), (earlier.public_key(), now.public_key()));
    }

    #[test]
    fn the_point_that_verifies_everything_is_no_key() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert!(AuditPublicKey::from_bytes(&identity).is_none());
    }
}
