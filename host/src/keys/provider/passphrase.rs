//! A key-encryption key from a passphrase: Argon2id (RFC 9106).

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::keys::KeyError;
use crate::keys::material::{LENGTH, Material};

/// The second choice that RFC 9106 (section 4) recommends: 64 MiB, 3 passes, 4 lanes, a salt of 128 bits.
const MEMORY: u32 = 1 << 16;
const PASSES: u32 = 3;
const LANES: u32 = 4;
const SALT: usize = 16;
/// What a file may ask for, so that a forged one cannot exhaust the machine: 4 GiB, and a hundred passes.
const MOST_MEMORY: u32 = 1 << 22;
const MOST_PASSES: u32 = 100;
const MOST_LANES: u32 = 64;

/// How a passphrase is stretched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::keys) struct Argon2id {
    /// In KiB.
    memory: u32,
    passes: u32,
    lanes: u32,
    /// Base64.
    salt: String,
}

impl Argon2id {
    /// The recommended parameters with a salt of its own.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub(super) fn with_new_salt() -> Result<Self, KeyError> {
        let mut salt = [0; SALT];
        getrandom::fill(&mut salt).map_err(|_| KeyError::NoRandomness)?;
        Ok(Self { memory: MEMORY, passes: PASSES, lanes: LANES, salt: STANDARD.encode(salt) })
    }

    /// The key of a passphrase. Takes a fraction of a second and the memory that is said.
    ///
    /// # Errors
    /// The parameters are out of range.
    pub(super) fn derive(&self, passphrase: &[u8]) -> Result<Material, KeyError> {
        let malformed = || KeyError::OutOfRange("the parameters of its passphrase");
        if self.memory > MOST_MEMORY || self.passes > MOST_PASSES || self.lanes > MOST_LANES {
            return Err(malformed());
        }
        let salt = STANDARD.decode(&self.salt).map_err(|_| malformed())?;
        let params = Params::new(self.memory, self.passes, self.lanes, Some(LENGTH)).map_err(|_| malformed())?;
        let mut blocks = Zeroizing::new(vec![Block::default(); params.block_count()]);
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        Material::made_by(|key| argon2.hash_password_into_with_memory(passphrase, &salt, key, &mut *blocks))
            .map_err(|_| malformed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::{AssociatedData, ParamsBuilder};

    /// RFC 9106, 5.3. It has a secret and associated data, which no keyring uses.
    #[test]
    fn gives_the_answer_of_rfc_9106() {
        let data = AssociatedData::new(&[4; 12]).unwrap();
        let params = ParamsBuilder::new().m_cost(32).t_cost(3).p_cost(4).data(data).build().unwrap();
        let secret = [3; 8];
        let argon2 = Argon2::new_with_secret(&secret, Algorithm::Argon2id, Version::V0x13, params).unwrap();
        let mut tag = [0; 32];
        argon2.hash_password_into(&[1; 32], &[2; 16], &mut tag).unwrap();
        let hex: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
    }

    /// From the tests of the reference implementation (P-H-C/phc-winner-argon2, `src/test.c`): 64 MiB, 2 passes.
    #[test]
    fn derives_what_the_reference_implementation_does() {
        let argon2id = Argon2id { memory: 1 << 16, passes: 2, lanes: 1, salt: STANDARD.encode("somesalt") };
        let key = argon2id.derive(b"password").unwrap();
        let hex: String = key.to_store().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7");
    }

    #[test]
    fn a_file_cannot_ask_for_what_exhausts_the_machine() {
        let argon2id = Argon2id::with_new_salt().unwrap();
        for greedy in [
            Argon2id { memory: MOST_MEMORY + 1, ..argon2id.clone() },
            Argon2id { passes: u32::MAX, ..argon2id.clone() },
            Argon2id { lanes: u32::MAX, ..argon2id.clone() },
            Argon2id { memory: 0, ..argon2id.clone() },
            Argon2id { salt: String::new(), ..argon2id },
        ] {
            assert!(matches!(greedy.derive(b"passphrase"), Err(KeyError::OutOfRange(_))), "{greedy:?}");
        }
    }
}
