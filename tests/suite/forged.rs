//! Components put together by hand: refused as files, or stopped when they run.

use std::time::Duration;

use moretta::error::Error;
use moretta::plugin::{GuestFault, Limits, Package, PackageProblem};
use moretta_tests::forge::{self, LENT, MASKER};

use crate::masking::{Column, batch, builder, fault, mask, values};

const RULE: &str = "{ columns: [name], mask: forged }";
const KEYED_RULE: &str = "{ columns: [name], mask: forged, key: identity }";
const NAMES: [Column<'_>; 1] = [("name", &[Some("Ada"), None, Some("Grace")])];

#[track_caller]
fn refusal(component: Vec<u8>) -> PackageProblem {
    Package::read("the plugin", component).map(|package| package.digest().to_owned()).unwrap_err().problem
}

#[track_caller]
fn refusal_of_a_run(component: &[u8]) -> PackageProblem {
    match mask(component, RULE, &NAMES).map(|masked| masked.outcomes.masked) {
        Err(Error::Package(error)) => error.problem,
        other => panic!("no refusal of the plugin: {other:?}"),
    }
}

#[test]
fn the_honest_component_masks() {
    let masked = mask(&forge::honest(), RULE, &NAMES).unwrap();
    assert_eq!(values(&masked, "name"), [Some("***"), None, Some("*****")]);
}

#[test]
fn a_file_that_is_no_component_is_refused() {
    assert!(matches!(refusal(forge::core_module()), PackageProblem::NotAComponent));
    assert!(matches!(refusal(forge::half_a_component()), PackageProblem::NotAComponent));
}

#[test]
fn a_manifest_has_to_be_there_once_and_known_to_the_last_key() {
    assert!(matches!(refusal(forge::no_manifest()), PackageProblem::Manifests(0)));
    assert!(matches!(refusal(forge::two_manifests()), PackageProblem::Manifests(2)));
    let problem = refusal(forge::unknown_manifest_key());
    assert!(matches!(&problem, PackageProblem::Manifest(text) if text.contains("`network`")), "{problem}");
}

#[test]
fn an_import_beyond_the_world_of_the_manifest_is_refused() {
    let problem = refusal(forge::import_of_wasi());
    assert!(matches!(&problem, PackageProblem::Import(name) if name == "wasi:cli/environment@0.2.0"), "{problem}");
    for world in LENT.iter().chain([&MASKER]) {
        for beyond in LENT.iter().filter(|beyond| beyond.world != world.world) {
            let import = format!("moretta:plugin/{}@0.1.0", beyond.interface);
            let problem = refusal(forge::import_beyond(world, beyond));
            let is_named = matches!(&problem, PackageProblem::Import(name) if *name == import);
            assert!(is_named, "{} of {}: {problem}", import, world.world);
        }
    }
}

#[test]
fn a_key_that_opens_what_it_sealed_is_refused() {
    match mask(&forge::import_of_decryption(), KEYED_RULE, &NAMES).map(|masked| masked.outcomes.masked) {
        Err(Error::Package(error)) => assert!(error.problem.to_string().contains("decrypt"), "{error}"),
        other => panic!("no refusal of the plugin: {other:?}"),
    }
}

#[test]
fn an_export_has_to_be_that_of_the_world_by_name_and_by_type() {
    assert!(matches!(refusal(forge::manifest_of_another_world()), PackageProblem::Export(_)));
    for component in [forge::export_of_another_type(), forge::export_with_another_column_type()] {
        let problem = refusal_of_a_run(&component);
        assert!(matches!(&problem, PackageProblem::Export(name) if name.contains("moretta:plugin/mask@")), "{problem}");
    }
}

#[test]
fn a_component_of_a_newer_contract_is_refused() {
    let same = mask(&forge::contract_version("0.1.0"), RULE, &NAMES).unwrap();
    assert_eq!(values(&same, "name")[0], Some("***"));
    for version in ["0.2.0", "0.1.9", "1.0.0"] {
        let problem = refusal(forge::contract_version(version));
        let told = format!("was built for contract {version}, and this moretta speaks 0.1.0");
        assert!(problem.to_string().starts_with(&told), "{version}: {problem}");
    }
}

#[test]
fn a_golden_case_that_does_not_come_out_keeps_the_plugin_from_data() {
    assert!(matches!(refusal_of_a_run(&forge::failing_case()), PackageProblem::Case { .. }));
}

#[test]
fn all_golden_cases_together_have_six_deadlines() {
    let host =
        builder(&forge::slow_cases(), RULE).limits(Limits { deadline: Duration::from_secs(1), ..Limits::default() });
    let result = host.build().and_then(|host| host.mask_rows(batch(&NAMES)));
    match result.map(|masked| masked.outcomes.masked) {
        Err(Error::Package(error)) => assert!(error.to_string().contains("took longer than 6 s"), "{error}"),
        other => panic!("no refusal of the plugin: {other:?}"),
    }
}

#[test]
fn code_around_the_call_is_under_the_deadline_too() {
    for component in [forge::start_spins(), forge::realloc_spins(), forge::post_return_spins()] {
        assert!(matches!(fault(mask(&component, RULE, &NAMES)), GuestFault::Deadline { .. }));
    }
}

#[test]
fn a_trap_of_the_processor_is_a_trap_of_the_plugin() {
    for component in [forge::divides_by_zero(), forge::reads_past_its_memory()] {
        assert_eq!(fault(mask(&component, RULE, &NAMES)), GuestFault::Trap);
    }
}

#[test]
fn memory_that_is_not_there_is_not_written_to() {
    let fault = fault(mask(&forge::realloc_lies(), RULE, &NAMES));
    assert!(matches!(fault, GuestFault::Trap | GuestFault::Contract(_)), "{fault}");
}

#[test]
fn an_answer_that_repeats_one_buffer_is_too_large() {
    let fault = fault(mask(&forge::returns_one_buffer_a_thousand_times(), RULE, &NAMES));
    assert!(matches!(fault, GuestFault::TooLarge { .. }), "{fault}");
}

#[test]
fn what_is_lent_goes_back_once_and_is_then_gone() {
    let cannot = |component: &[u8], rule: &str, what: &str| {
        let fault = fault(mask(component, rule, &NAMES));
        assert!(matches!(fault, GuestFault::Trap | GuestFault::Contract(_)), "{what}: {fault}");
    };
    cannot(&forge::uses_a_key_given_back(), KEYED_RULE, "a key that was given back");
    // A rule that shifts dates names a subject; what it lends is held in the same table.
    for lent in LENT.iter().filter(|lent| lent.world != "date-shift-masker") {
        let rule = if lent.world == "random-masker" { RULE } else { KEYED_RULE };
        cannot(&forge::keeps(lent), rule, lent.world);
        cannot(&forge::gives_back_twice(lent), rule, lent.world);
        cannot(&forge::gives_back_another(lent), rule, lent.world);
    }
}
