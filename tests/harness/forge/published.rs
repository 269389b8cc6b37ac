//! The forged components that other hosts can run as well: files in `tests/guests/packed/forged`.

use super::bombs;
use super::packages::{
    contract_version, core_module, export_of_another_kind, export_of_another_type, export_of_nothing,
    export_with_another_column_type, failing_case, half_a_component, import_named, import_of_decryption,
    import_of_wasi, manifest_inside, manifest_of_another_world, no_manifest, two_components, two_manifests,
    unknown_manifest_key,
};
use super::runtime::{
    divides_by_zero, gives_back_another, gives_back_twice, honest, keeps, post_return_spins, reads_past_its_memory,
    realloc_lies, realloc_spins, returns_one_buffer_a_thousand_times, start_hoards, start_recurses, start_spins,
    start_traps, uses_a_key_given_back,
};
use super::worlds::LENT;

/// By name: what to forge.
type Forged = (&'static str, fn() -> Vec<u8>);

/// Every forged component that is published, by name.
pub fn published() -> impl Iterator<Item = Forged> {
    PACKAGES.into_iter().chain(BOMBS).chain(RUNTIME)
}

/// To be refused for what they are.
const PACKAGES: [Forged; 21] = [
    ("core-module", core_module),
    ("half-a-component", half_a_component),
    ("two-components", two_components),
    ("no-manifest", no_manifest),
    ("manifest-inside", manifest_inside),
    ("two-manifests", two_manifests),
    ("unknown-manifest-key", unknown_manifest_key),
    ("manifest-of-another-world", manifest_of_another_world),
    ("failing-case", failing_case),
    ("newer-contract", || contract_version("0.2.0")),
    ("import-of-wasi", import_of_wasi),
    ("import-of-decryption", import_of_decryption),
    ("import-of-another-package", || import_named("moretta:plugins/types@0.1.0")),
    ("import-of-another-interface", || import_named("moretta:plugin/type@0.1.0")),
    ("import-of-no-version", || import_named("moretta:plugin/types")),
    ("import-of-a-prerelease", || import_named("moretta:plugin/types@0.1.0-rc.1")),
    ("import-in-other-letters", || import_named("m\u{43e}retta:plugin/types@0.1.0")),
    ("export-of-another-kind", export_of_another_kind),
    ("export-of-nothing", export_of_nothing),
    ("export-of-another-type", export_of_another_type),
    ("export-with-another-column-type", export_with_another_column_type),
];

/// To be refused, or borne, for what they cost.
const BOMBS: [Forged; 29] = [
    ("many-exports", || bombs::many_exports(100_000)),
    ("padded", || bombs::padded(100_000_000)),
    ("nested", || bombs::nested(10_000)),
    ("doubled", || bombs::doubled(28)),
    ("deep-type", || bombs::deep_type(100_000)),
    ("doubled-type", || bombs::doubled_type(60)),
    ("huge-memory", || bombs::memories(1, 65_536)),
    ("several-memories", || bombs::memories(3, 2_000)),
    ("many-memories", || bombs::memories(90, 1)),
    ("huge-table", || bombs::tables(1, 10_000_000)),
    ("many-tables", || bombs::tables(90, 15_000)),
    ("many-instances", || bombs::instances(900)),
    ("many-functions", || bombs::many_functions(1_000_000)),
    ("giant-function", || bombs::giant_function(7_000_000)),
    ("deep-blocks", || bombs::deep_blocks(3_000_000)),
    ("woven-function", || bombs::woven_function(10_000, 10_000)),
    ("nested-loops", || bombs::woven_function(300, 300)),
    ("piled-function", || bombs::piled_function(100_000)),
    ("jump-tables", || bombs::jump_tables(1_000, 7_000)),
    ("much-code", || bombs::much_code(40)),
    ("deep-manifest", || bombs::deep_manifest(100_000)),
    ("huge-manifest", || bombs::huge_manifest(50_000_000)),
    ("many-cases", || bombs::many_cases(10_000)),
    ("chain-of-references", || bombs::chain_of_references(20_000)),
    ("endless-reference", bombs::endless_reference),
    ("huge-pattern", bombs::huge_pattern),
    ("catastrophic-pattern", bombs::catastrophic_pattern),
    ("many-patterns", || bombs::many_patterns(20_000)),
    ("as-many-patterns-as-allowed", bombs::as_many_patterns_as_allowed),
];

/// Sound as files, and stopped when they run.
const RUNTIME: [Forged; 15] = [
    ("honest", honest),
    ("start-spins", start_spins),
    ("start-hoards", start_hoards),
    ("start-traps", start_traps),
    ("start-recurses", start_recurses),
    ("realloc-spins", realloc_spins),
    ("realloc-lies", realloc_lies),
    ("post-return-spins", post_return_spins),
    ("divides-by-zero", divides_by_zero),
    ("reads-past-its-memory", reads_past_its_memory),
    ("returns-one-buffer-a-thousand-times", returns_one_buffer_a_thousand_times),
    ("uses-a-key-given-back", uses_a_key_given_back),
    ("keeps-its-key", || keeps(&LENT[0])),
    ("gives-its-key-back-twice", || gives_back_twice(&LENT[0])),
    ("gives-back-another-key", || gives_back_another(&LENT[0])),
];
