//! Components that no toolchain would make, put together by hand when a test asks for them.
//!
//! All are called `forged`, and offer one transform of text, `forged`. Where nothing else is said they mask honestly, with
//! an asterisk for each byte, and do one thing wrong besides. Each function returns the bytes of a file.

pub mod bombs;
mod core;
mod encode;
mod manifest;
mod packages;
mod published;
mod runtime;
mod worlds;

pub use packages::{
    contract_version, core_module, export_of_another_kind, export_of_another_type, export_of_nothing,
    export_with_another_column_type, failing_case, half_a_component, import_beyond, import_named, import_of_decryption,
    import_of_wasi, manifest_inside, manifest_of_another_world, no_manifest, two_components, two_manifests,
    unknown_manifest_key,
};
pub use published::published;
pub use runtime::{
    divides_by_zero, gives_back_another, gives_back_twice, honest, honest_giving, honest_pairs, keeps,
    post_return_spins, reads_past_its_memory, realloc_lies, realloc_spins, release,
    returns_one_buffer_a_thousand_times, slow_cases, start_hoards, start_recurses, start_spins, start_traps,
    uses_a_key_given_back,
};
pub use worlds::{LENT, Lent, MASKER};
