//! The secret bytes themselves, and everything that is ever computed from them.
//!
//! Bytes go in, and keyed states, ciphers and sub-keys come out. The bytes themselves come out to be stored, and for
//! nothing else.

use std::fmt;

use aes::{Aes256, Aes256Enc};
use aes_gcm::{Aes256Gcm, KeyInit};
use aes_siv::siv::Aes256Siv;
use ed25519_dalek::SigningKey;
use fpe::ff1::FF1;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::keyed_digest::KeyedDigest;
use super::{KeyError, Purpose, memory};

/// How many bytes a key has.
pub(in crate::keys) const LENGTH: usize = 32;

/// What the sub-keys that do the work are derived under. Changing it, or what follows it, changes every pseudonym.
const SUB_KEY: &[u8] = b"moretta sub-key v1\0";
/// What the key of one call's ciphertexts is derived under.
const CALL_KEY: &[u8] = b"moretta call v1\0";
/// What the two halves of a key for AES-SIV are derived under.
const SIV_HALVES: [&[u8]; 2] = [b"moretta siv mac v1\0", b"moretta siv encryption v1\0"];
/// What the key of one quarantine file is derived under.
const FILE_KEY: &[u8] = b"moretta quarantine file v1\0";

/// A secret of 32 bytes. On the heap, so that moving it leaves no copy behind, kept from swap, and wiped when dropped.
#[derive(ZeroizeOnDrop)]
pub(in crate::keys) struct Material(Box<[u8; LENGTH]>);

impl Material {
    /// A new secret from the system's generator.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub(in crate::keys) fn random() -> Result<Self, KeyError> {
        Self::made_by(|bytes| getrandom::fill(bytes)).map_err(|_| KeyError::NoRandomness)
    }

    /// A secret that is put where it will stay.
    ///
    /// # Errors
    /// What `fill` fails with.
    pub(in crate::keys) fn made_by<E>(fill: impl FnOnce(&mut [u8; LENGTH]) -> Result<(), E>) -> Result<Self, E> {
        let mut material = Self::blank();
        fill(&mut material.0)?;
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

    /// The bytes, for one use: to store them, wrapped, or as the file of a key-encryption key.
    pub(in crate::keys) fn to_store(&self) -> &[u8; LENGTH] {
        &self.0
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

    /// AES-256-GCM under this very key, for a key-encryption key. It is wiped when dropped.
    pub(in crate::keys) fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(self.0.as_ref().into())
    }

    /// The cipher of one quarantine file: AES-256-GCM under a key of the file's own.
    pub(in crate::keys) fn file_cipher(&self, file: &[u8; 16]) -> Aes256Gcm {
        self.expand(&[FILE_KEY, file]).cipher()
    }

    /// The cipher of one call: AES-256-GCM under a key of the call's own.
    pub(in crate::keys) fn call_cipher(&self, call: &[u8; 16]) -> Aes256Gcm {
        self.expand(&[CALL_KEY, call]).cipher()
    }

    /// AES-SIV (RFC 5297) with keys of 256 bits.
    pub(in crate::keys) fn siv(&self) -> Aes256Siv {
        let halves = SIV_HALVES.map(|label| self.expand(&[label]));
        let mut key = aes_siv::Key::<Aes256Siv>::default();
        let bytes = halves.iter().flat_map(|half| half.0.iter());
        key.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        let siv = Aes256Siv::new(&key);
        key.zeroize();
        siv
    }

    /// AES-256 itself: a permutation of blocks of 16 bytes.
    pub(in crate::keys) fn permutation(&self) -> Aes256 {
        Aes256::new(self.0.as_ref().into())
    }

    /// One way of it, for the rounds of FF1.
    pub(in crate::keys) fn block_cipher(&self) -> Aes256Enc {
        Aes256Enc::new(self.0.as_ref().into())
    }

    /// FF1 (NIST SP 800-38G) with AES-256. `None` for a radix that it does not have.
    pub(in crate::keys) fn ff1(&self, radix: u32) -> Option<FF1<Aes256Enc>> {
        FF1::new(self.0.as_ref(), radix).ok()
    }

    /// HMAC-SHA-256 (RFC 2104, FIPS 198-1) with this key already taken in.
    pub(in crate::keys) fn keyed_digest(&self) -> KeyedDigest {
        KeyedDigest::new(&self.0)
    }

    /// The key that signs, with this as its seed (RFC 8032).
    pub(in crate::keys) fn signing_key(&self) -> SigningKey {
        SigningKey::from_bytes(&self.0)
    }

    /// A key of its own for what `info` says (HKDF-SHA-256).
    pub(in crate::keys) fn expand(&self, info: &[&[u8]]) -> Self {
        let mut derived = Self::blank();
        hkdf(&[], self.0.as_ref(), info, &mut derived.0);
        derived
    }

    /// Where bytes are put, so that they are nowhere else before.
    fn blank() -> Self {
        let place = Box::new([0; LENGTH]);
        memory::keep_from_swap(&*place);
        Self(place)
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
pub(in crate::keys) fn hkdf<const N: usize>(salt: &[u8], secret: &[u8], info: &[&[u8]], derived: &mut [u8; N]) {
    const { assert!(N <= 255 * 32, "HKDF gives no more than 255 blocks") };
    let (mut extracted, expander) = Hkdf::<Sha256>::extract(Some(salt), secret);
    extracted.as_mut_slice().zeroize();
    #[expect(clippy::expect_used, reason = "the length is checked when this is compiled")]
    expander.expand_multi_info(info, derived).expect("HKDF gives this many bytes");
}

#[cfg(test)]
impl Material {
    /// Whether two secrets are the same.
    pub(in crate::keys) fn same(&self, other: &Self) -> bool {
        self.0 == other.0
    }
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
            sub_key(Purpose::Audit, "patients", 1),
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
