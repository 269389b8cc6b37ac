//! Hostile plugins in Rust, packed from `tests/guests` and committed: tests need no compiler for WebAssembly.
//!
//! What each of their transforms does wrong stands in its manifest. Those with golden cases mask a batch whose first value is
//! `trial` honestly, so that the cases come out.

/// A masker. Its honest transform writes `masked` for every value.
pub const HOSTILE: &[u8] = include_bytes!("../guests/packed/hostile.wasm");

/// A masker with a key for pseudonyms. Its honest transform writes 8 bytes of each digest in hexadecimal.
pub const HOSTILE_PSEUDONYM: &[u8] = include_bytes!("../guests/packed/hostile-pseudonym.wasm");

/// A masker with a key for encryption. Its honest transform returns the ciphertexts behind a prefix, `E-` if none is given.
pub const HOSTILE_ENCRYPTION: &[u8] = include_bytes!("../guests/packed/hostile-encryption.wasm");

/// A masker with a key for format-preserving encryption. Its honest transform returns the digits of each value, encrypted.
pub const HOSTILE_FPE: &[u8] = include_bytes!("../guests/packed/hostile-fpe.wasm");

/// A masker with a token vault. Its honest transform returns the tokens.
pub const HOSTILE_TOKEN: &[u8] = include_bytes!("../guests/packed/hostile-token.wasm");

/// A text classifier. What it does wrong is the name of the column; under any other name it finds the numbers.
pub const HOSTILE_TEXT: &[u8] = include_bytes!("../guests/packed/hostile-text.wasm");

/// A masker with random numbers. Its honest transform returns 8 random letters for each value.
pub const HOSTILE_RANDOM: &[u8] = include_bytes!("../guests/packed/hostile-random.wasm");
