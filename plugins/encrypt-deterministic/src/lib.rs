//! Deterministic encryption: ciphertexts that only the holder of the key can open, and that can be joined.
//!
//! AES-SIV (RFC 5297): equal values of columns of one name have equal ciphertexts within a domain. That is what makes
//! them join, and what they tell: how often a value is there, and that two rows share it.

moretta_guest::deterministic_encryption_masker!(moretta_guest::Encryption);

#[cfg(test)]
mod tests {
    use moretta_guest::testing::{TestKey, check_cases};
    use moretta_guest::{Encryption, EncryptionMasker};

    #[test]
    fn golden_cases_hold() {
        check_cases(include_str!("../manifest.json"), |case| {
            Encryption::mask(&case.request, case.columns().to_vec(), &[], &TestKey::for_columns(case.columns()))
        });
    }
}
