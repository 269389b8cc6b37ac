//! Sealing the values behind tokens, and the keyed index that they are found by.
//!
//! A vault has an index secret of its own, drawn when it is made, which its header keeps sealed under the key. So the
//! index, and with it every token, outlives the rotation of the key; a header that does not open is what tells a vault of
//! another key; and the indexes of two vaults say nothing of each other. Who knew a version of the key *and* had the
//! vault can go on testing guesses against the index: rotation protects the values that are sealed after it.
//!
//! Each row is sealed under a key of its own, derived from the nonce and the token, both random. So no key comes near the
//! 2^32 messages with random nonces that NIST SP 800-38D, 8.3, allows, and processes that share a vault have nothing to
//! count together.

use std::fmt;

use aes::Aes256;
use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt};
use aes_gcm::aead::{Nonce, Tag};
use aes_gcm::{AeadInOut, Aes256Gcm, KeyInit};
use zeroize::Zeroizing;

use super::keyed_digest::KeyedDigest;
use super::material::{LENGTH, Material, length_prefix};
use super::{KeyError, RandomBytes, TokenGrant, memory};

/// What the key of one vault's header is derived under.
const HEADER: &[u8] = b"moretta vault header v1\0";
/// What the index key of one set of tokens is derived under, from the vault's index secret.
const INDEX: &[u8] = b"moretta token index v1\0";
/// What the permutation of one set of tokens is derived under, from the vault's index secret.
const PERMUTATION: &[u8] = b"moretta token permutation v1\0";
/// What the sealing key of one set of tokens is derived under, from each version of the key.
const SEAL: &[u8] = b"moretta token seal v1\0";

/// The length of a nonce in bytes, random in every use.
const NONCE: usize = 12;
/// The length of a tag in bytes.
const TAG: usize = 16;

/// The sub-keys of the versions that may be used, by their number.
pub(in crate::keys) struct TokenVersions(pub(in crate::keys) Vec<(u32, Material)>);

/// The index secret of a vault as its header keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SealedSecret {
    /// The version of the key that it is sealed under.
    pub(crate) version: u32,
    /// Nonce, ciphertext and tag.
    pub(crate) bytes: Vec<u8>,
}

/// The keys of one vault.
pub(crate) struct VaultKeys {
    grant: TokenGrant,
    vault: [u8; 16],
    index: Material,
}

/// The keys of one set of tokens: one domain in one format.
pub(crate) struct SetKeys {
    key: String,
    index: KeyedDigest,
    permutation: Box<Aes256>,
    primary: u32,
    seals: Vec<(u32, KeyedDigest)>,
}

/// The row that a value is sealed for: it opens in no other, and not if any of this is changed.
#[derive(Clone, Copy)]
pub(crate) struct Binding<'a> {
    /// Where the value is found.
    pub(crate) index: &'a [u8; 16],
    /// What stands for it.
    pub(crate) token: &'a [u8],
    /// Until when, in days since 1970.
    pub(crate) expires: Option<i32>,
}

impl TokenGrant {
    /// The keys of a new vault with this random id.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub(crate) fn new_vault(&self, vault: [u8; 16]) -> Result<VaultKeys, KeyError> {
        Ok(VaultKeys { grant: self.clone(), vault, index: Material::random()? })
    }

    /// The keys of a vault that was made under this key.
    ///
    /// # Errors
    /// [`KeyError::NotLent`]: the version that the header is sealed under may not be used. `None` if the vault was made
    /// under another key, or its header was changed.
    pub(crate) fn open_vault(&self, vault: [u8; 16], sealed: &SealedSecret) -> Result<Option<VaultKeys>, KeyError> {
        let header = self.header_key(&vault, sealed.version)?;
        let opened = open(&header, self.key_id().as_bytes(), &sealed.bytes);
        let index = opened.and_then(|bytes| Material::stored(&bytes));
        Ok(index.map(|index| VaultKeys { grant: self.clone(), vault, index }))
    }

    fn header_key(&self, vault: &[u8; 16], version: u32) -> Result<Aes256Gcm, KeyError> {
        let found = self.0.secret.0.iter().find(|(number, _)| *number == version);
        let (_, sub_key) = found.ok_or_else(|| KeyError::NotLent { name: self.0.name.clone(), version })?;
        Ok(sub_key.expand(&[HEADER, vault]).cipher())
    }
}

impl VaultKeys {
    /// The name of the key that the vault was made under.
    pub(crate) fn key_id(&self) -> &str {
        self.grant.key_id()
    }

    /// The version of the key that values are sealed under.
    pub(crate) fn version(&self) -> u32 {
        self.grant.version()
    }

    /// The index secret for the header, sealed under the primary version.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub(crate) fn sealed_secret(&self) -> Result<SealedSecret, KeyError> {
        let version = self.grant.version();
        let header = self.grant.header_key(&self.vault, version)?;
        let nonce = RandomBytes::new().take()?;
        let bytes = seal(&header, &nonce, self.grant.key_id().as_bytes(), self.index.to_store())?;
        Ok(SealedSecret { version, bytes })
    }

    /// The keys of the tokens of one domain in one format.
    pub(crate) fn set(&self, domain: &str, format: &str) -> SetKeys {
        let (domain_length, format_length) = (length_prefix(domain), length_prefix(format));
        let derive = |from: &Material, label: &[u8]| {
            let (domain, format) = (domain.as_bytes(), format.as_bytes());
            from.expand(&[label, &self.vault, &domain_length, domain, &format_length, format])
        };
        let versions = self.grant.0.secret.0.iter();
        memory::without_trace(|| SetKeys {
            key: self.grant.key_id().to_owned(),
            index: derive(&self.index, INDEX).keyed_digest(),
            permutation: Box::new(derive(&self.index, PERMUTATION).permutation()),
            primary: self.grant.version(),
            seals: versions.map(|(version, sub_key)| (*version, derive(sub_key, SEAL).keyed_digest())).collect(),
        })
    }
}

impl SetKeys {
    /// Where a value is found: the first 128 bits of its HMAC-SHA-256. Among n values two share one with a probability
    /// of about n^2 / 2^129: 4 in 10^24 for 50 million.
    #[inline]
    pub(crate) fn index(&self, value: &[u8]) -> [u8; 16] {
        let digest = self.index.digest(&[], value);
        let mut index = [0; 16];
        index.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        index
    }

    /// What is shown for 16 drawn bytes: another 16, which nobody without the vault's secret tells from random ones, and
    /// that no other bytes of the set are shown as (AES-256 of one block).
    pub(crate) fn shown(&self, drawn: [u8; 16]) -> [u8; 16] {
        let mut block = drawn.into();
        self.permutation.encrypt_block(&mut block);
        block.into()
    }

    /// The drawn bytes that these are shown for.
    pub(crate) fn drawn(&self, shown: [u8; 16]) -> [u8; 16] {
        let mut block = shown.into();
        self.permutation.decrypt_block(&mut block);
        block.into()
    }

    /// Seals a value for its row. Gives the version of the key, and nonce, ciphertext and tag: 28 bytes more than the
    /// value.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub(crate) fn seal(
        &self,
        row: Binding<'_>,
        value: &[u8],
        random: &mut RandomBytes,
    ) -> Result<(u32, Vec<u8>), KeyError> {
        let nonce = random.take()?;
        let cipher = row_cipher(self.of(self.primary)?, &nonce, row.token);
        Ok((self.primary, seal(&cipher, &nonce, &associated(row), value)?))
    }

    /// Opens what was sealed for a row. `None` if anything at all is not as it was when it was sealed.
    ///
    /// # Errors
    /// [`KeyError::NotLent`]: the version of the key may not be used.
    pub(crate) fn open(
        &self,
        version: u32,
        row: Binding<'_>,
        sealed: &[u8],
    ) -> Result<Option<Zeroizing<Vec<u8>>>, KeyError> {
        let seals = self.of(version)?;
        let Some((stored_nonce, _)) = sealed.split_first_chunk::<NONCE>() else { return Ok(None) };
        let cipher = row_cipher(seals, stored_nonce, row.token);
        Ok(open(&cipher, &associated(row), sealed))
    }

    fn of(&self, version: u32) -> Result<&KeyedDigest, KeyError> {
        let found = self.seals.iter().find(|(number, _)| *number == version);
        let not_lent = || KeyError::NotLent { name: self.key.clone(), version };
        found.map(|(_, seals)| seals).ok_or_else(not_lent)
    }
}

impl fmt::Debug for VaultKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VaultKeys").field(&self.grant).finish()
    }
}

impl fmt::Debug for SetKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetKeys").field("key", &self.key).finish_non_exhaustive()
    }
}

fn row_cipher(seals: &KeyedDigest, nonce: &[u8; NONCE], token: &[u8]) -> Aes256Gcm {
    let key: Zeroizing<[u8; LENGTH]> = Zeroizing::new(seals.digest(nonce, token));
    Aes256Gcm::new((&*key).into())
}

/// One text for one row: what varies in length comes last.
fn associated(row: Binding<'_>) -> Vec<u8> {
    let expires = row.expires.map_or([0; 5], |day| {
        let [a, b, c, d] = day.to_be_bytes();
        [1, a, b, c, d]
    });
    [row.index.as_slice(), &expires, row.token].concat()
}

fn seal(cipher: &Aes256Gcm, nonce: &[u8; NONCE], beside: &[u8], content: &[u8]) -> Result<Vec<u8>, KeyError> {
    let mut sealed = Vec::with_capacity(content.len().saturating_add(NONCE.saturating_add(TAG)));
    sealed.extend_from_slice(nonce);
    sealed.extend_from_slice(content);
    let (_, inner) = sealed.split_at_mut(NONCE);
    let tag = cipher.encrypt_inout_detached(&Nonce::<Aes256Gcm>::from(*nonce), beside, inner.into());
    sealed.extend_from_slice(&tag.map_err(|_| KeyError::Full)?);
    Ok(sealed)
}

fn open(cipher: &Aes256Gcm, beside: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, rest) = sealed.split_first_chunk::<NONCE>()?;
    let (content, tag) = rest.split_last_chunk::<TAG>()?;
    let mut content = Zeroizing::new(content.to_vec());
    let (nonce, tag) = (Nonce::<Aes256Gcm>::from(*nonce), Tag::<Aes256Gcm>::from(*tag));
    cipher.decrypt_inout_detached(&nonce, beside, content.as_mut_slice().into(), &tag).ok()?;
    Some(content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::grant::Granted;
    use crate::keys::{Keyring, Purpose};
    use std::sync::Arc;

    const VAULT: [u8; 16] = [1; 16];
    const ROW: Binding<'_> = Binding { index: &[2; 16], token: &[3; 16], expires: Some(20_000) };

    /// A key with these versions, whose bytes are known, the first of them primary.
    fn grant(versions: &[u32]) -> TokenGrant {
        let sub_key = |version: &u32| (*version, Material::stored(&[*version as u8; LENGTH]).unwrap());
        let secret = TokenVersions(versions.iter().map(sub_key).collect());
        TokenGrant(Arc::new(Granted { name: "tokens".to_owned(), version: versions[0], secret }))
    }

    fn vault(grant: &TokenGrant) -> VaultKeys {
        VaultKeys { grant: grant.clone(), vault: VAULT, index: Material::stored(&[9; LENGTH]).unwrap() }
    }

    fn set(versions: &[u32]) -> SetKeys {
        vault(&grant(versions)).set("patients", "opaque")
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn finds_values_where_it_always_found_them() {
        assert_eq!(hex(&set(&[1]).index(b"MRN-0017")), "f232267653f9c006b25da45d7c35eb2b");
    }

    #[test]
    fn opens_what_it_always_sealed() {
        let seals = set(&[1]);
        let cipher = row_cipher(&seals.seals[0].1, &[4; NONCE], ROW.token);
        let sealed = seal(&cipher, &[4; NONCE], &associated(ROW), b"MRN-0017").unwrap();
        assert_eq!(hex(&sealed), "040404040404040404040404dbd9b3e158723ba10f28c762ee6c9466f67b3491761c014d");
        assert_eq!(seals.open(1, ROW, &sealed).unwrap().unwrap().as_slice(), b"MRN-0017");
    }

    #[test]
    fn indexes_differ_in_domain_format_and_vault() {
        let vault = vault(&grant(&[1]));
        let other = VaultKeys { vault: [7; 16], ..self::vault(&grant(&[1])) };
        let all = [("a", "bc"), ("ab", "c"), ("abc", ""), ("", "abc")]
            .map(|(domain, format)| [&vault, &other].map(|vault| vault.set(domain, format).index(b"value")));
        let all = all.as_flattened();
        assert!((0..all.len()).all(|at| !all[..at].contains(&all[at])));
    }

    #[test]
    fn one_value_is_sealed_differently_each_time() {
        let seals = set(&[1]);
        assert_ne!(
            seals.seal(ROW, b"value", &mut RandomBytes::new()).unwrap(),
            seals.seal(ROW, b"value", &mut RandomBytes::new()).unwrap()
        );
    }

    #[test]
    fn opens_in_no_other_row_set_or_state() {
        let seals = set(&[1]);
        let (version, sealed) = seals.seal(ROW, b"value", &mut RandomBytes::new()).unwrap();
        assert_eq!(seals.open(version, ROW, &sealed).unwrap().unwrap().as_slice(), b"value");
        let rows = [
            Binding { index: &[0; 16], ..ROW },
            Binding { token: &[0; 16], ..ROW },
            Binding { token: &[3; 15], ..ROW },
            Binding { expires: Some(20_001), ..ROW },
            Binding { expires: None, ..ROW },
        ];
        assert!(rows.iter().all(|row| seals.open(version, *row, &sealed).unwrap().is_none()));
        for other in [("patients", "digits"), ("visits", "opaque")] {
            let other = vault(&grant(&[1])).set(other.0, other.1);
            assert!(other.open(version, ROW, &sealed).unwrap().is_none());
        }
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(seals.open(version, ROW, &changed).unwrap().is_none(), "byte {at}");
            assert!(seals.open(version, ROW, &sealed[..at]).unwrap().is_none(), "cut at {at}");
        }
    }

    #[test]
    fn what_is_shown_is_a_permutation_of_what_was_drawn_that_each_set_has_of_its_own() {
        let (one, rotated) = (set(&[1]), set(&[2, 1]));
        let other = vault(&grant(&[1])).set("visits", "opaque");
        for drawn in [[0; 16], [255; 16], *b"batch and random"] {
            let shown = one.shown(drawn);
            assert_ne!(shown, drawn);
            assert_eq!((one.drawn(shown), rotated.shown(drawn)), (drawn, shown));
            assert_ne!(other.shown(drawn), shown);
        }
    }

    #[test]
    fn rotation_changes_no_index_and_opens_what_was_sealed_before() {
        let (before, after) = (set(&[1]), set(&[2, 1]));
        assert_eq!(before.index(b"value"), after.index(b"value"));
        let (version, sealed) = before.seal(ROW, b"value", &mut RandomBytes::new()).unwrap();
        assert_eq!(after.open(version, ROW, &sealed).unwrap().unwrap().as_slice(), b"value");
        let (version, sealed) = after.seal(ROW, b"value", &mut RandomBytes::new()).unwrap();
        assert_eq!(version, 2);
        assert!(matches!(before.open(version, ROW, &sealed), Err(KeyError::NotLent { version: 2, .. })));
    }

    #[test]
    fn a_header_opens_under_its_key_and_no_other() {
        let keys = grant(&[1]).new_vault(VAULT).unwrap();
        let sealed = keys.sealed_secret().unwrap();
        let opened = grant(&[2, 1]).open_vault(VAULT, &sealed).unwrap().unwrap();
        assert_eq!(opened.set("d", "f").index(b"value"), keys.set("d", "f").index(b"value"));
        assert_eq!(opened.sealed_secret().unwrap().version, 2);
        assert!(grant(&[1]).open_vault([0; 16], &sealed).unwrap().is_none());
        assert!(matches!(grant(&[2]).open_vault(VAULT, &sealed), Err(KeyError::NotLent { version: 1, .. })));
        let stranger = Keyring::ephemeral(&[("tokens", Purpose::Token)]).unwrap().token_key("tokens").unwrap();
        assert!(stranger.open_vault(VAULT, &sealed).unwrap().is_none());
    }

    #[test]
    fn shows_no_keys() {
        let keys = vault(&grant(&[1]));
        assert_eq!(format!("{keys:?}"), "VaultKeys(TokenGrant { key: \"tokens\", version: 1, .. })");
        assert_eq!(format!("{:?}", keys.set("d", "f")), "SetKeys { key: \"tokens\", .. }");
    }
}
