//! Components that no toolchain would make, put together by hand when a test asks for them.
//!
//! All are called `forged`, and offer one transform of text, `forged`. Where nothing else is said they mask honestly, with
//! an asterisk for each byte, and do one thing wrong besides. Each function returns the bytes of a file.

mod core;
mod encode;
mod manifest;
mod packages;
mod runtime;

pub use packages::{
    contract_version, core_module, export_of_another_type, export_with_another_column_type, failing_case,
    half_a_component, import_of_a_key, import_of_wasi, manifest_of_another_world, no_manifest, two_manifests,
    unknown_manifest_key,
};
pub use runtime::{
    divides_by_zero, honest, honest_giving, honest_pairs, keeps_the_key, post_return_spins, reads_past_its_memory,
    realloc_lies, realloc_spins, returns_one_buffer_a_thousand_times, start_spins, uses_a_key_given_back,
};
