//! Hostile plugins in Rust, packed from `tests/guests` and committed: tests need no compiler for WebAssembly.
//!
//! What each of their transforms does wrong stands in its manifest. A batch whose first value is `trial` is masked
//! honestly, so golden cases come out.

/// A masker. Its honest transform writes `masked` for every value.
pub const HOSTILE: &[u8] = include_bytes!("../guests/packed/hostile.wasm");

/// A masker with a key for pseudonyms. Its honest transform writes 8 bytes of each digest in hexadecimal.
pub const HOSTILE_PSEUDONYM: &[u8] = include_bytes!("../guests/packed/hostile-pseudonym.wasm");
