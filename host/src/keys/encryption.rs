//! Ciphertexts of cells: `wit/encryption.wit`, and opening them again.
//!
//! Both forms begin with a byte for the format and the version of the key in four, big-endian, so that a cell says
//! itself what opens it. Then:
//! - `encrypt`: 16 random bytes for the call, the number of the cell in it in four, AES-256-GCM ciphertext and tag.
//! - `encrypt-deterministic`: the synthetic IV and the ciphertext of AES-SIV (RFC 5297).
//!
//! The key of `encrypt` is derived anew for each call, from the call's random bytes (HKDF-SHA-256), and the nonce is the
//! number of the cell, which is refused where it would come again. So no nonce is drawn at random, and the 2^32 uses that
//! NIST SP 800-38D, 8.3, allows of a key bound one call and not the operator's key. The other way, to count what is sealed
//! under that, would need a counter that all processes share, and that no crash, copy or older backup of the keyring
//! takes back. Here nothing outlives a call: two calls share a key only if they draw the same 128 bits, which among n
//! calls has a probability of about n^2 / 2^129: 2 in 10^21 for a billion.
//!
//! Domain and purpose are in the key; the column's name is in the associated data.

use std::fmt;

use aes_gcm::aead::Nonce;
use aes_gcm::{AeadInOut, Aes256Gcm, Tag};
use aes_siv::siv::Aes256Siv;
use arrow_array::Array;

use super::canonical::Canonical;
use super::cells::LentCells;
use super::{
    Cells, Ciphertexts, DecryptionGrant, DeterministicEncryptionGrant, EncryptionGrant, KeyError, Purpose, Refusal,
    VersionState, memory,
};

/// The format of what follows.
const FORMAT: u8 = 1;
/// Format and version of the key.
const HEADER: usize = 5;
/// What is random in a call's ciphertexts.
const CALL: usize = 16;
/// The number of the cell.
const NUMBER: usize = 4;
/// Of AES-GCM, and the synthetic IV of AES-SIV.
const TAG: usize = 16;

impl EncryptionGrant {
    /// Lends the key to one call that was given these columns, the ones to mask first and the context after them.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn lend<C: Into<Cells>>(&self, columns: Vec<C>) -> Result<LentEncryptionKey, KeyError> {
        let mut call = [0; CALL];
        getrandom::fill(&mut call).map_err(|_| KeyError::NoRandomness)?;
        let cipher = memory::without_trace(|| Box::new(self.0.secret.call_cipher(&call)));
        Ok(LentEncryptionKey { version: self.version(), call, cipher, used: 0, columns: LentCells::new(columns) })
    }
}

/// A key for encryption in the hands of one call. It encrypts each lent column once.
pub struct LentEncryptionKey {
    version: u32,
    call: [u8; CALL],
    cipher: Box<Aes256Gcm>,
    /// How many cells were encrypted: the number of the next.
    used: u32,
    columns: LentCells,
}

impl LentEncryptionKey {
    /// The ciphertext of every value of a column, empty for a null.
    ///
    /// # Errors
    /// [`Refusal::NotGranted`], [`Refusal::QuotaExhausted`]: the column was not lent, or was encrypted before.
    /// [`Refusal::UnsupportedType`]: not text, binary or int64.
    pub fn encrypt(&mut self, column: u32) -> Result<Ciphertexts, Refusal> {
        let Self { version, call, cipher, used, columns } = self;
        columns.spend(column, |cells| {
            each(cells, HEADER + CALL + NUMBER + TAG, |value, sealed| {
                header(*version, sealed);
                sealed.extend_from_slice(call);
                sealed.extend_from_slice(&used.to_be_bytes());
                seal(cipher, &nonce(*used), cells.name.as_bytes(), value, sealed)?;
                *used = used.checked_add(1).ok_or(Refusal::QuotaExhausted)?;
                Ok(())
            })
        })
    }
}

impl DeterministicEncryptionGrant {
    /// Lends the key to one call that was given these columns, the ones to mask first and the context after them.
    pub fn lend<C: Into<Cells>>(&self, columns: Vec<C>) -> LentDeterministicEncryptionKey {
        LentDeterministicEncryptionKey { grant: self.clone(), columns: LentCells::new(columns) }
    }
}

/// A key for deterministic encryption in the hands of one call. It encrypts each lent column once.
pub struct LentDeterministicEncryptionKey {
    grant: DeterministicEncryptionGrant,
    columns: LentCells,
}

impl LentDeterministicEncryptionKey {
    /// The ciphertext of every value of a column, empty for a null.
    ///
    /// # Errors
    /// As [`LentEncryptionKey::encrypt`].
    pub fn encrypt(&mut self, column: u32) -> Result<Ciphertexts, Refusal> {
        let version = self.grant.version();
        memory::without_trace(|| {
            let mut siv = self.grant.0.secret.siv();
            self.columns.spend(column, |cells| {
                each(cells, HEADER + TAG, |value, sealed| {
                    header(version, sealed);
                    seal_synthetic(&mut siv, &[cells.name.as_bytes()], value, sealed)
                })
            })
        })
    }
}

impl DecryptionGrant {
    /// Opens one cell of a column of this name.
    ///
    /// # Errors
    /// [`KeyError::Cell`]: it is no ciphertext of this key, domain and column, or was changed since.
    /// [`KeyError::UnknownVersion`], [`KeyError::Disabled`], [`KeyError::Destroyed`]: it is of a version that opens
    /// nothing.
    pub fn decrypt(&self, column: &str, cell: &[u8]) -> Result<Vec<u8>, KeyError> {
        memory::without_trace(|| self.decrypted(column, cell))
    }

    fn decrypted(&self, column: &str, cell: &[u8]) -> Result<Vec<u8>, KeyError> {
        let version = version(cell).ok_or(KeyError::Cell)?;
        let (name, found) = (|| self.0.name.clone(), self.0.versions.iter().find(|(number, _)| *number == version));
        let key = match found.map(|(_, key)| key) {
            None => return Err(KeyError::UnknownVersion { name: name(), version }),
            Some(Err(VersionState::Destroyed)) => return Err(KeyError::Destroyed { name: name(), version }),
            Some(Err(_)) => return Err(KeyError::Disabled { name: name(), version }),
            Some(Ok(key)) => key,
        };
        let rest = cell.get(HEADER..).unwrap_or_default();
        let opened = match self.0.purpose {
            Purpose::EncryptDeterministic => open_synthetic(&mut key.siv(), &[column.as_bytes()], rest),
            _ => open_of_call(rest, column, |call| key.call_cipher(call)),
        };
        opened.ok_or(KeyError::Cell)
    }

    /// Which version of the key a cell says that it is of. `None` if it is no ciphertext.
    pub fn version_of(cell: &[u8]) -> Option<u32> {
        version(cell)
    }
}

fn open_of_call(rest: &[u8], column: &str, cipher: impl FnOnce(&[u8; CALL]) -> Aes256Gcm) -> Option<Vec<u8>> {
    let (call, rest) = rest.split_first_chunk()?;
    let (number, rest) = rest.split_first_chunk()?;
    open(&cipher(call), &nonce(u32::from_be_bytes(*number)), column.as_bytes(), rest)
}

/// Appends the AES-256-GCM ciphertext and tag of a value, bound to `clear`.
pub(in crate::keys) fn seal(
    cipher: &Aes256Gcm,
    nonce: &Nonce<Aes256Gcm>,
    clear: &[u8],
    value: &[u8],
    sealed: &mut Vec<u8>,
) -> Result<(), Refusal> {
    let start = sealed.len();
    sealed.extend_from_slice(value);
    let content = sealed.get_mut(start..).unwrap_or_default();
    let tag = cipher.encrypt_inout_detached(nonce, clear, content.into());
    sealed.extend_from_slice(&tag.map_err(|_| Refusal::InvalidParameter)?);
    Ok(())
}

/// Opens what [`seal`] appended.
pub(in crate::keys) fn open(
    cipher: &Aes256Gcm,
    nonce: &Nonce<Aes256Gcm>,
    clear: &[u8],
    sealed: &[u8],
) -> Option<Vec<u8>> {
    let (content, tag) = sealed.split_last_chunk::<TAG>()?;
    let mut content = content.to_vec();
    cipher.decrypt_inout_detached(nonce, clear, content.as_mut_slice().into(), &Tag::from(*tag)).ok()?;
    Some(content)
}

/// Appends the synthetic IV and the AES-SIV ciphertext of a value, bound to `clear`.
pub(in crate::keys) fn seal_synthetic(
    siv: &mut Aes256Siv,
    clear: &[&[u8]],
    value: &[u8],
    sealed: &mut Vec<u8>,
) -> Result<(), Refusal> {
    let start = sealed.len();
    sealed.extend_from_slice(&[0; TAG]);
    sealed.extend_from_slice(value);
    let (iv, content) = sealed.get_mut(start..).unwrap_or_default().split_at_mut(TAG);
    let made = siv.encrypt_inout_detached(clear, content.into());
    iv.copy_from_slice(&made.map_err(|_| Refusal::InvalidParameter)?);
    Ok(())
}

/// Opens what [`seal_synthetic`] appended.
pub(in crate::keys) fn open_synthetic(siv: &mut Aes256Siv, clear: &[&[u8]], sealed: &[u8]) -> Option<Vec<u8>> {
    siv.decrypt(clear, sealed).ok()
}

/// Encrypts the values of a column one by one; `append` adds what becomes of one.
fn each(
    cells: &Cells,
    longer: usize,
    mut append: impl FnMut(&[u8], &mut Vec<u8>) -> Result<(), Refusal>,
) -> Result<Ciphertexts, Refusal> {
    let (array, rows) = (cells.array.as_ref(), cells.array.len());
    let bytes = array.get_buffer_memory_size().saturating_add(rows.saturating_mul(longer));
    let mut sealed = Ciphertexts::with_capacity(rows, bytes);
    let mut refused = None;
    Canonical::of(array)?.for_each(|value| {
        let done = value.map_or(Ok(()), |value| append(value, &mut sealed.data)).and_then(|()| sealed.end());
        refused = refused.or(done.err());
    });
    refused.map_or(Ok(sealed), Err)
}

fn header(version: u32, sealed: &mut Vec<u8>) {
    sealed.push(FORMAT);
    sealed.extend_from_slice(&version.to_be_bytes());
}

fn version(cell: &[u8]) -> Option<u32> {
    let (format, rest) = cell.split_first()?;
    let (version, _) = rest.split_first_chunk()?;
    (*format == FORMAT).then(|| u32::from_be_bytes(*version))
}

/// The number of the cell, at the end of zeros.
fn nonce(number: u32) -> Nonce<Aes256Gcm> {
    let mut nonce = Nonce::<Aes256Gcm>::default();
    nonce.iter_mut().rev().zip(number.to_be_bytes().iter().rev()).for_each(|(to, from)| *to = *from);
    nonce
}

impl fmt::Debug for LentEncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LentEncryptionKey").field("version", &self.version).finish_non_exhaustive()
    }
}

impl fmt::Debug for LentDeterministicEncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LentDeterministicEncryptionKey").field("grant", &self.grant).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Float64Array, Int64Array, StringArray};
    use proptest::prelude::*;

    use super::*;
    use crate::keys::Keyring;

    fn keyring() -> Keyring {
        Keyring::ephemeral(&[("cells", Purpose::Encrypt), ("joins", Purpose::EncryptDeterministic)]).unwrap()
    }

    fn cells(name: &str, values: &[Option<&str>]) -> Cells {
        Cells { name: name.into(), array: Arc::new(StringArray::from(values.to_vec())) }
    }

    fn split(sealed: &Ciphertexts) -> Vec<Vec<u8>> {
        let bounds = sealed.offsets.windows(2);
        bounds.map(|bounds| sealed.data[bounds[0] as usize..bounds[1] as usize].to_vec()).collect()
    }

    fn sealed(keyring: &Keyring, domain: &str, column: Cells) -> Vec<Vec<u8>> {
        split(&keyring.encryption_key("cells", domain).unwrap().lend(vec![column]).unwrap().encrypt(0).unwrap())
    }

    fn joinable(keyring: &Keyring, domain: &str, column: Cells) -> Vec<Vec<u8>> {
        split(&keyring.deterministic_encryption_key("joins", domain).unwrap().lend(vec![column]).encrypt(0).unwrap())
    }

    fn decryption(keyring: &Keyring, purpose: Purpose, domain: &str) -> DecryptionGrant {
        let name = if purpose == Purpose::Encrypt { "cells" } else { "joins" };
        keyring.decryption_key(name, purpose, domain).unwrap()
    }

    #[test]
    fn equal_values_have_different_ciphertexts_of_the_documented_length() {
        let keyring = keyring();
        let column = || cells("ssn", &[Some("123-45-6789"), None, Some("123-45-6789"), Some("")]);
        let (one, other) = (sealed(&keyring, "d", column()), sealed(&keyring, "d", column()));
        assert_eq!(one.iter().map(Vec::len).collect::<Vec<_>>(), [52, 0, 52, 41]);
        let all: BTreeSet<_> = one.iter().chain(&other).filter(|cell| !cell.is_empty()).collect();
        assert_eq!(all.len(), 6);
    }

    #[test]
    fn deterministic_ciphertexts_join_within_a_domain_and_a_name_of_a_column() {
        let keyring = keyring();
        let of = |domain, name| joinable(&keyring, domain, cells(name, &[Some("17"), None, Some("17"), Some("18")]));
        let here = of("d", "mrn");
        assert_eq!(here[0].len(), 2 + 21);
        assert_eq!((&here[0], here[1].len()), (&here[2], 0));
        assert_ne!(here[0], here[3]);
        assert_eq!(here, of("d", "mrn"));
        assert_ne!(here[0], of("d", "account")[0]);
        assert_ne!(here[0], of("e", "mrn")[0]);
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![17]));
        assert_eq!(here[..1], joinable(&keyring, "d", Cells { name: "mrn".into(), array: numbers }));
    }

    #[test]
    fn a_cell_opens_in_its_place_only() {
        let keyring = keyring();
        for (purpose, cell) in [
            (Purpose::Encrypt, sealed(&keyring, "d", cells("ssn", &[Some("123")])).remove(0)),
            (Purpose::EncryptDeterministic, joinable(&keyring, "d", cells("ssn", &[Some("123")])).remove(0)),
        ] {
            let key = decryption(&keyring, purpose, "d");
            assert_eq!(key.decrypt("ssn", &cell).unwrap(), b"123");
            assert!(matches!(key.decrypt("mrn", &cell), Err(KeyError::Cell)));
            assert!(matches!(decryption(&keyring, purpose, "e").decrypt("ssn", &cell), Err(KeyError::Cell)));
            for at in 0..cell.len() {
                let mut changed = cell.clone();
                changed[at] ^= 1;
                assert!(key.decrypt("ssn", &changed).is_err(), "byte {at} of {purpose}");
                assert!(key.decrypt("ssn", &cell[..at]).is_err(), "cut at {at} of {purpose}");
            }
        }
    }

    /// Random bytes of the call and number of the cell.
    fn use_of_key(cell: &[u8]) -> (Vec<u8>, u32) {
        let (call, number) = cell[HEADER..HEADER + CALL + NUMBER].split_at(CALL);
        (call.to_vec(), u32::from_be_bytes(number.try_into().unwrap()))
    }

    #[test]
    fn no_key_is_used_twice_with_one_nonce_whatever_is_opened_again() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("keyring");
        Keyring::create(&place, &[("cells", Purpose::Encrypt)]).unwrap();
        let (mut uses, mut calls) = (BTreeSet::new(), BTreeSet::new());
        for _ in 0..4 {
            let grant = Keyring::open(&place).unwrap().encryption_key("cells", "d").unwrap();
            for _ in 0..8 {
                let column = || cells("c", &[Some("1"), None, Some("1")]);
                let mut lent = grant.lend(vec![column(), column()]).unwrap();
                let sealed = [split(&lent.encrypt(1).unwrap()), split(&lent.encrypt(0).unwrap())].concat();
                let of_call: Vec<_> = sealed.iter().filter(|it| !it.is_empty()).map(|it| use_of_key(it)).collect();
                assert_eq!(of_call.iter().map(|(_, number)| *number).collect::<Vec<_>>(), [0, 1, 2, 3]);
                calls.extend(of_call.iter().map(|(call, _)| call.clone()));
                uses.extend(of_call);
            }
        }
        assert_eq!((calls.len(), uses.len()), (32, 128));
    }

    #[test]
    fn a_call_stops_before_a_number_comes_again() {
        let grant = keyring().encryption_key("cells", "d").unwrap();
        let column = |values: &[Option<&str>]| cells("a", values);
        let three = [Some("1"), Some("2"), Some("3")];
        let mut lent = grant.lend(vec![column(&three), column(&[Some("4")]), column(&[Some("5")])]).unwrap();
        lent.used = u32::MAX - 1;
        assert_eq!(lent.encrypt(0), Err(Refusal::QuotaExhausted));
        assert_eq!(lent.encrypt(0), Err(Refusal::QuotaExhausted));
        lent.used = u32::MAX - 1;
        assert_eq!(use_of_key(&split(&lent.encrypt(1).unwrap())[0]).1, u32::MAX - 1);
        assert_eq!(lent.encrypt(2), Err(Refusal::QuotaExhausted));
    }

    #[test]
    fn a_cell_is_encrypted_once() {
        let grant = keyring().encryption_key("cells", "d").unwrap();
        let mut lent = grant.lend(vec![cells("a", &[Some("1")])]).unwrap();
        assert!(lent.encrypt(0).is_ok());
        assert_eq!(lent.encrypt(0), Err(Refusal::QuotaExhausted));
        assert_eq!(lent.encrypt(1), Err(Refusal::NotGranted));
        let numbers: ArrayRef = Arc::new(Float64Array::from(vec![1.0]));
        assert_eq!(grant.lend(vec![numbers]).unwrap().encrypt(0), Err(Refusal::UnsupportedType));
    }

    proptest! {
        #[test]
        fn what_was_encrypted_is_decrypted(values in proptest::collection::vec(proptest::option::of(".{0,40}"), 0..20)) {
            let keyring = keyring();
            let column = || cells("c", &values.iter().map(Option::as_deref).collect::<Vec<_>>());
            for (purpose, sealed) in [
                (Purpose::Encrypt, sealed(&keyring, "d", column())),
                (Purpose::EncryptDeterministic, joinable(&keyring, "d", column())),
            ] {
                let key = decryption(&keyring, purpose, "d");
                for (value, cell) in values.iter().zip(sealed) {
                    match value {
                        Some(value) => prop_assert_eq!(key.decrypt("c", &cell).unwrap(), value.as_bytes()),
                        None => prop_assert!(cell.is_empty()),
                    }
                }
            }
        }
    }
}
