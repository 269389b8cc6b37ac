//! Encryption: ciphertexts that only the holder of the key can open.
//!
//! AES-256-GCM, each value by itself: equal values have different ciphertexts, so nothing can be joined or counted. Each
//! says which version of the key opens it, and opens only as a value of the column and the domain it was made for.

moretta_guest::encryption_masker!(moretta_guest::Encryption);

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
