//! A key-encryption key in this process: AES-256-GCM (NIST SP 800-38D) with random nonces.

use aes_gcm::AeadInOut;
use aes_gcm::aead::Nonce;
use zeroize::Zeroizing;

use super::{Provider, Settings};
use crate::keys::KeyError;
use crate::keys::material::{LENGTH, Material};
use crate::keys::wrapped::{Context, Wrapped};

/// The length of a nonce in bytes.
const NONCE: usize = 12;

/// Holds the key-encryption key in memory. A wrapped key is nonce, ciphertext and tag: 60 bytes. One wrapping for each
/// version of a key is far from the 2^32 that random nonces allow (SP 800-38D, 8.3).
pub(super) struct LocalKek {
    kek: Material,
    settings: Settings,
}

impl LocalKek {
    pub(super) fn new(kek: Material, settings: Settings) -> Self {
        Self { kek, settings }
    }
}

impl Provider for LocalKek {
    fn wrap(&self, key: &Material, context: &Context<'_>) -> Result<Wrapped, KeyError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| KeyError::NoRandomness)?;
        // Of the whole size at once: a buffer that grows would leave a copy behind.
        let mut content = Zeroizing::new(Vec::with_capacity(NONCE + LENGTH + 16));
        content.extend(key.to_store());
        let encrypted = self.kek.cipher().encrypt_in_place(&nonce.into(), &context.bytes(), &mut *content);
        encrypted.map_err(|_| KeyError::NotUnwrapped)?;
        Ok(Wrapped([&nonce, content.as_slice()].concat()))
    }

    fn unwrap(&self, wrapped: &Wrapped, context: &Context<'_>) -> Result<Material, KeyError> {
        let (nonce, content) = wrapped.0.split_at_checked(NONCE).ok_or(KeyError::NotUnwrapped)?;
        let nonce = Nonce::<aes_gcm::Aes256Gcm>::try_from(nonce).map_err(|_| KeyError::NotUnwrapped)?;
        let mut content = Zeroizing::new(content.to_vec());
        let decrypted = self.kek.cipher().decrypt_in_place(&nonce, &context.bytes(), &mut *content);
        decrypted.map_err(|_| KeyError::NotUnwrapped)?;
        Material::stored(&content).ok_or(KeyError::NotUnwrapped)
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTEXT: Context<'_> = Context { keyring: "0a", name: "dates", purpose: "date-shift", version: 3 };

    fn kek(byte: u8) -> LocalKek {
        LocalKek::new(Material::stored(&[byte; LENGTH]).unwrap(), Settings::Memory)
    }

    fn key() -> Material {
        Material::stored(&[0x5a; LENGTH]).unwrap()
    }

    #[test]
    fn unwraps_what_it_wrapped() {
        let wrapped = kek(1).wrap(&key(), &CONTEXT).unwrap();
        assert_eq!(wrapped.0.len(), 60);
        assert!(kek(1).unwrap(&wrapped, &CONTEXT).unwrap().same(&key()));
        assert_ne!(wrapped.0, kek(1).wrap(&key(), &CONTEXT).unwrap().0);
    }

    #[test]
    fn unwraps_under_no_other_key_or_context_and_nothing_that_was_changed() {
        let wrapped = kek(1).wrap(&key(), &CONTEXT).unwrap();
        assert!(matches!(kek(2).unwrap(&wrapped, &CONTEXT), Err(KeyError::NotUnwrapped)));
        let others = [
            Context { keyring: "0b", ..CONTEXT },
            Context { name: "identity", ..CONTEXT },
            Context { purpose: "pseudonym", ..CONTEXT },
            Context { version: 2, ..CONTEXT },
        ];
        for other in others {
            assert!(matches!(kek(1).unwrap(&wrapped, &other), Err(KeyError::NotUnwrapped)), "{other:?}");
        }
        for bit in 0..wrapped.0.len() * 8 {
            let mut changed = wrapped.clone();
            changed.0[bit / 8] ^= 1 << (bit % 8);
            assert!(matches!(kek(1).unwrap(&changed, &CONTEXT), Err(KeyError::NotUnwrapped)), "bit {bit}");
        }
        for length in 0..wrapped.0.len() {
            let cut = Wrapped(wrapped.0[..length].to_vec());
            assert!(matches!(kek(1).unwrap(&cut, &CONTEXT), Err(KeyError::NotUnwrapped)), "{length} bytes");
        }
    }
}
