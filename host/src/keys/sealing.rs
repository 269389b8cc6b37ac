//! Sealing the lines of one quarantine file: AES-256-GCM (NIST SP 800-38D), a key for each file, a counter for nonce.

use std::fmt;

use aes_gcm::aead::Nonce;
use aes_gcm::{AeadInOut, Aes256Gcm};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{KeyError, QuarantineGrant};

/// The length of a nonce in bytes: 32 bits of zeros and a counter of 64.
const NONCE: usize = 12;

impl QuarantineGrant {
    /// The cipher of the file with this random id.
    pub(crate) fn file_cipher(&self, file: &[u8; 16]) -> FileCipher {
        FileCipher(self.0.secret.file_cipher(file))
    }
}

/// Seals and opens the lines of one file.
pub(crate) struct FileCipher(Aes256Gcm);

impl FileCipher {
    /// How many lines one key may seal (SP 800-38D, 8.3).
    pub(crate) const MOST: u64 = 1 << 32;

    /// Seals the content of line `number`, counted from 1, and binds it to `clear`, which stands open beside it.
    /// Gives base64 of nonce, ciphertext and tag. No number may be used twice.
    ///
    /// # Errors
    /// [`KeyError::Full`]: the number, or the content, is beyond what one key, or one nonce, may seal.
    pub(crate) fn seal(&self, number: u64, clear: &[u8], mut content: Vec<u8>) -> Result<String, KeyError> {
        if number > Self::MOST {
            return Err(KeyError::Full);
        }
        let nonce = nonce(number);
        self.0.encrypt_in_place(&nonce, clear, &mut content).map_err(|_| KeyError::Full)?;
        Ok(STANDARD.encode([nonce.as_slice(), &content].concat()))
    }

    /// Opens what was sealed as line `number` beside `clear`.
    ///
    /// # Errors
    /// [`KeyError::Sealed`]: anything at all is not as it was when it was sealed.
    pub(crate) fn open(&self, number: u64, clear: &[u8], sealed: &str) -> Result<Vec<u8>, KeyError> {
        self.try_open(number, clear, sealed).ok_or(KeyError::Sealed(number))
    }

    fn try_open(&self, number: u64, clear: &[u8], sealed: &str) -> Option<Vec<u8>> {
        let nonce = nonce(number);
        let sealed = STANDARD.decode(sealed).ok()?;
        let (stored_nonce, content) = sealed.split_at_checked(NONCE)?;
        if stored_nonce != nonce.as_slice() {
            return None;
        }
        let mut content = content.to_vec();
        self.0.decrypt_in_place(&nonce, clear, &mut content).ok()?;
        Some(content)
    }
}

impl fmt::Debug for FileCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileCipher(..)")
    }
}

fn nonce(number: u64) -> Nonce<Aes256Gcm> {
    let mut nonce = Nonce::<Aes256Gcm>::default();
    let counter = number.to_be_bytes();
    nonce.iter_mut().rev().zip(counter.iter().rev()).for_each(|(to, from)| *to = *from);
    nonce
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Keyring, Purpose};

    fn cipher() -> FileCipher {
        let keyring = Keyring::ephemeral(&[("quarantine", Purpose::Quarantine)]).unwrap();
        keyring.quarantine_key("quarantine").unwrap().file_cipher(&[1; 16])
    }

    #[test]
    fn opens_what_it_sealed() {
        let cipher = cipher();
        let sealed = cipher.seal(3, b"clear", b"content".to_vec()).unwrap();
        assert_eq!(cipher.open(3, b"clear", &sealed).unwrap(), b"content");
    }

    #[test]
    fn opens_nothing_at_another_place_or_beside_another_text() {
        let cipher = cipher();
        let sealed = cipher.seal(3, b"clear", b"content".to_vec()).unwrap();
        assert!(matches!(cipher.open(4, b"clear", &sealed), Err(KeyError::Sealed(4))));
        assert!(matches!(cipher.open(3, b"clean", &sealed), Err(KeyError::Sealed(3))));
        assert!(matches!(cipher.open(3, b"clear", ""), Err(KeyError::Sealed(3))));
        assert!(matches!(cipher.open(3, b"clear", "AAAAAAAAAAAAAAAD"), Err(KeyError::Sealed(3))));
    }

    #[test]
    fn stops_before_a_key_is_used_too_often() {
        let cipher = cipher();
        assert!(cipher.seal(1 << 32, b"", Vec::new()).is_ok());
        assert!(matches!(cipher.seal((1 << 32) + 1, b"", Vec::new()), Err(KeyError::Full)));
    }

    #[test]
    fn the_counter_fills_the_end_of_the_nonce() {
        assert_eq!(nonce(0x0102).as_slice(), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
    }
}
