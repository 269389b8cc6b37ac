//! The secret bytes themselves, and everything that is ever computed from them.
//!
//! Bytes go in, and keyed states, ciphers and sub-keys come out. The bytes themselves come out to be stored, and for
//! nothing else.

use std::fmt;

use aes_gcm::{Aes256Gcm, KeyInit};
use hkdf::Hkdf;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::keyed_digest::KeyedDigest;
use super::{KeyError, Purpose};

/// How many bytes a key has.
pub(in crate::keys) const LENGTH: usize = 32;

/// What the sub-keys that do the work are derived under. Changing it, or what follows it, changes every pseudonym.
const SUB_KEY: &[u8] = b"moretta sub-key v1\0";
/// What the key of one quarantine file is derived under.
const FILE_KEY: &[u8] = b"moretta quarantine file v1\0";

/// A secret of 32 bytes. On the heap, so that moving it leaves no copy behind, and wiped when dropped.
#[derive(ZeroizeOnDrop)]
pub(in crate::keys) struct Material(Box<[u8; LENGTH]>);

impl Material {
    /// A new secret from the system's generator.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub(in crate::keys) fn random() -> Result<Self, KeyError> {
        let mut material = Self::blank();
        getrandom::fill(material.0.as_mut()).map_err(|_| KeyError::NoRandomness)?;
        Ok(material)
    }

    /// A secret that was stored. `None` if it is not of 32 bytes.
    pub(in crate::keys) fn stored(bytes: &[u8]) -> Option<Self> {
        let mut material = Self::blank();
        if bytes.len() != LENGTH {
            return None;
        }
        material.0.copy_from_slice(bytes);
        Some(material)
    }

    /// The bytes, for one use: to store them in the keyring's file.
    pub(in crate::keys) fn to_store(&self) -> &[u8; LENGTH] {
        &self.0
    }

    /// Whether two secrets are the same, in constant time.
    pub(in crate::keys) fn same(&self, other: &Self) -> bool {
        self.0.ct_eq(other.0.as_ref()).into()
    }

    /// The key that works for one purpose in one domain. Nothing that is done under it says anything of the others.
    pub(in crate::keys) fn sub_key(&self, purpose: Purpose, domain: &str, version: u32) -> Self {
        let purpose = purpose.to_string();
        let info: [&[u8]; 6] = [
            SUB_KEY,
            &length_prefix(&purpose),
            purpose.as_bytes(),
            &length_prefix(domain),
            domain.as_bytes(),
            &version.to_be_bytes(),
        ];
        self.expand(&info)
    }

    /// The cipher of one quarantine file: AES-256-GCM under a key of the file's own.
    pub(in crate::keys) fn file_cipher(&self, file: &[u8; 16]) -> Aes256Gcm {
        self.expand(&[FILE_KEY, file]).cipher()
    }

    /// AES-256-GCM under this key.
    pub(in crate::keys) fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(self.0.as_ref().into())
    }

    /// HMAC-SHA-256 (RFC 2104, FIPS 198-1) with this key already taken in.
    pub(in crate::keys) fn keyed_digest(&self) -> KeyedDigest {
        KeyedDigest::new(&self.0)
    }

    /// A key of its own for what `info` says (HKDF-SHA-256).
    pub(in crate::keys) fn expand(&self, info: &[&[u8]]) -> Self {
        let mut derived = Self::blank();
        hkdf(&[], self.0.as_ref(), info, &mut derived.0);
        derived
    }

    /// Where bytes are put, so that they are nowhere else before.
    fn blank() -> Self {
        Self(Box::new([0; LENGTH]))
    }
}

impl fmt::Debug for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Material(..)")
    }
}

/// Eight bytes that say how many follow, so that two parts cannot be cut in two ways.
pub(in crate::keys) fn length_prefix(part: &str) -> [u8; 8] {
    (part.len() as u64).to_be_bytes()
}

/// HKDF-SHA-256, extract and expand (RFC 5869). An empty salt is the salt of zeros.
fn hkdf<const N: usize>(salt: &[u8], secret: &[u8], info: &[&[u8]], derived: &mut [u8; N]) {
    const { assert!(N <= 255 * 32, "HKDF gives no more than 255 blocks") };
    let (mut extracted, expander) = Hkdf::<Sha256>::extract(Some(salt), secret);
    extracted.as_mut_slice().zeroize();
    #[expect(clippy::expect_used, reason = "the length is checked when this is compiled")]
    expander.expand_multi_info(info, derived).expect("HKDF gives this many bytes");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    #[test]
    fn hkdf_gives_the_answers_of_rfc_5869() {
        let mut derived = [0; 42];
        let secret = [0x0b; 22];
        hkdf(&hex("000102030405060708090a0b0c"), &secret, &[&hex("f0f1f2f3f4"), &hex("f5f6f7f8f9")], &mut derived);
        let case_1 = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865";
        assert_eq!(derived.to_vec(), hex(case_1));

        hkdf(&[], &secret, &[], &mut derived);
        let case_3 = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8";
        assert_eq!(derived.to_vec(), hex(case_3));
    }

    #[test]
    fn sub_keys_differ_in_purpose_domain_and_version() {
        let material = Material::stored(&[7; LENGTH]).unwrap();
        let sub_key = |purpose, domain, version| *material.sub_key(purpose, domain, version).to_store();
        let all = [
            sub_key(Purpose::Pseudonym, "patients", 1),
            sub_key(Purpose::Pseudonym, "patients", 2),
            sub_key(Purpose::Pseudonym, "", 1),
            sub_key(Purpose::DateShift, "patients", 1),
            sub_key(Purpose::Quarantine, "patients", 1),
            [7; LENGTH],
        ];
        for (index, one) in all.iter().enumerate() {
            assert!(all[index + 1..].iter().all(|other| one != other));
        }
    }

    #[test]
    fn takes_no_other_length() {
        assert!(Material::stored(&[7; 31]).is_none());
        assert!(Material::stored(&[7; 33]).is_none());
    }

    #[test]
    fn shows_no_bytes() {
        assert_eq!(format!("{:?}", Material::stored(&[7; LENGTH]).unwrap()), "Material(..)");
    }
}
