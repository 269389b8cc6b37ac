//! Bad candidates, and what became of each. What is in force is never disturbed: while each is tried, batches are masked
//! on another thread, and every one of them comes back as the revision in force has it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use moretta::dataset::{CrashBudget, Dataset, Gate, Settings, State, Unavailable};
use moretta::error::Error;
use moretta_tests::forge;
use moretta_tests::guests::HOSTILE;

use crate::place::{Place, batch, constant, masked, names, reload, wait};

/// Masks on another thread until it is dropped, and fails if a batch does not come back as `one`.
struct Load {
    over: Arc<AtomicBool>,
    masked: Arc<AtomicU64>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Load {
    fn on(dataset: &Dataset) -> Self {
        let (over, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (ends, counts, dataset) = (over.clone(), count.clone(), dataset.clone());
        let thread = thread::spawn(move || {
            while !ends.load(Ordering::Relaxed) {
                assert_eq!(masked(&dataset), "one");
                counts.fetch_add(1, Ordering::Relaxed);
            }
        });
        wait("the first batch", || count.load(Ordering::Relaxed) > 0);
        Self { over, masked: count, thread: Some(thread) }
    }

    fn end(mut self) -> u64 {
        self.over.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
        self.masked.load(Ordering::Relaxed)
    }
}

fn rules(transform: &str) -> String {
    format!("{{ columns: [name, city], mask: {transform} }}")
}

#[test]
fn no_bad_candidate_disturbs_what_is_in_force() {
    let place = Place::new(&constant("one"));
    let dataset = place.open(Settings { step_deadline_ms: 1_500, ..Settings::default() });
    let load = Load::on(&dataset);
    let asks_for_a_key = forge::import_beyond(&forge::MASKER, &forge::LENT[0]);
    let cases: [(&str, Vec<u8>, String, State, &str); 14] = [
        (
            "half a component",
            forge::half_a_component(),
            rules("forged"),
            State::Verified,
            "not a WebAssembly component",
        ),
        ("a core module", forge::core_module(), rules("forged"), State::Verified, "pack a core module first"),
        ("no manifest", forge::no_manifest(), rules("forged"), State::Verified, "0 `moretta:manifest` sections"),
        ("another world", forge::manifest_of_another_world(), rules("forged"), State::Verified, "does not export"),
        ("imports of WASI", forge::import_of_wasi(), rules("forged"), State::Verified, "imports `wasi:"),
        ("asks for a key", asks_for_a_key, rules("forged"), State::Verified, "which its world does not give"),
        ("a policy for another plugin", forge::honest(), rules("absent"), State::Verified, "absent"),
        (
            "an export of another type",
            forge::export_of_another_type(),
            rules("forged"),
            State::Compiled,
            "does not export",
        ),
        ("a golden case that fails", forge::failing_case(), rules("forged"), State::Vetted, "golden case"),
        ("spins when it starts", forge::start_spins(), rules("forged"), State::Vetted, "700 ms"),
        ("spins in vetting", HOSTILE.to_vec(), rules("hostile/spin"), State::Vetted, "within 700 ms"),
        ("traps in vetting", HOSTILE.to_vec(), rules("hostile/trap"), State::Vetted, "trapped"),
        ("returns what it was given", HOSTILE.to_vec(), rules("hostile/echo"), State::Vetted, "row"),
        ("returns another type", HOSTILE.to_vec(), rules("hostile/wrong-type"), State::Vetted, "type"),
    ];
    println!("{:<30} {:<10} {:>9}  reason", "candidate", "not", "after");
    for (number, (what, bytes, rules, failed, reason)) in (2..).zip(cases) {
        place.plugin("candidate.wasm", &bytes);
        place.rules(&rules);
        let started = Instant::now();
        let refusal = reload(&dataset).unwrap_err();
        println!("{what:<30} {:<10} {:>6} ms  {}", format!("{failed:?}"), started.elapsed().as_millis(), refusal.error);
        assert_eq!((refusal.revision, refusal.failed), (number, failed), "{what}: {refusal}");
        assert!(started.elapsed() < Duration::from_secs(5), "{what}: {:?}", started.elapsed());
        let status = dataset.status();
        assert_eq!((status.current, status.gate, status.swaps), (Some(1), Gate::Open, 1), "{what}");
        let candidate = status.candidate.unwrap();
        assert_eq!((candidate.number, candidate.failed), (number, Some(failed)), "{what}");
        assert!(candidate.reason.as_ref().is_some_and(|it| it.contains(reason)), "{what}: {:?}", candidate.reason);
        assert!(candidate.state < failed && status.revisions.len() == 1, "{what}: {:?}", status.revisions);
    }
    println!("{} batches were masked meanwhile", load.end());
}

/// What passes every trial and goes wrong afterwards: the batches until then were its own, and those that it failed on were
/// given nobody.
fn falls(transform: &str, settings: Settings, wake: impl Fn(&Dataset, usize) -> bool) -> (Duration, usize) {
    let place = Place::new(&constant("one"));
    place.plugin("hostile.wasm", HOSTILE);
    let dataset = place.open(settings);
    place.rules(&rules(transform));
    reload(&dataset).unwrap();
    for _ in 0..1_000 {
        assert_eq!(masked(&dataset), "masked");
    }
    let (started, mut failed) = (Instant::now(), 0);
    while dataset.status().current == Some(2) {
        failed += usize::from(!wake(&dataset, failed));
        assert!(started.elapsed() < Duration::from_secs(30));
    }
    let took = started.elapsed();
    let status = dataset.status();
    assert_eq!((status.current, status.gate, status.rollbacks), (Some(1), Gate::Open, 1));
    assert_eq!(masked(&dataset), "one");
    wait("the reason", || {
        let reason = dataset.status().candidate.and_then(|candidate| candidate.reason);
        reason.is_some_and(|reason| reason.contains("crash budget"))
    });
    (took, failed)
}

#[test]
fn what_traps_on_the_thousandth_batch_is_rolled_back_by_itself() {
    for transform in ["hostile/sleeper-trap", "hostile/sleeper-wrong-type", "hostile/sleeper-spin"] {
        let (took, failed) = falls(transform, Settings::default(), |dataset, _| {
            let masked = dataset.lease().unwrap().mask(batch(&["Ada", "wake"]));
            assert!(matches!(masked, Err(Error::Guest(_))), "{masked:?}");
            false
        });
        println!("{transform}: rolled back after {failed} faults, {took:?}");
        assert_eq!(failed, 4, "three are allowed");
    }
}

#[test]
fn what_gets_slower_and_slower_is_rolled_back_by_itself() {
    let crash_budget = CrashBudget { slow_batch_ms: Some(150), ..CrashBudget::default() };
    let batches = AtomicU64::new(0);
    let (took, _) = falls("hostile/sleeper-slow", Settings { crash_budget, ..Settings::default() }, |dataset, _| {
        let woken = batches.fetch_add(1, Ordering::Relaxed) as usize;
        let names = vec!["wake"; woken.min(4)];
        dataset.lease().unwrap().mask(batch(&[names, vec!["Ada"]].concat())).is_ok()
    });
    println!("hostile/sleeper-slow: rolled back after {batches:?} batches, {took:?}");
}

#[test]
fn without_an_earlier_revision_that_is_healthy_the_dataset_closes() {
    let place = Place::new(&rules("hostile/sleeper-trap"));
    place.plugin("hostile.wasm", HOSTILE);
    let dataset = place.open(Settings::default());
    let before = dataset.lease().unwrap();
    for _ in 0..4 {
        assert!(dataset.lease().unwrap().mask(batch(&["wake"])).is_err());
    }
    assert_eq!(dataset.lease().unwrap_err(), Unavailable::Closed);
    assert!(!dataset.status().is_ready());
    assert_eq!(names(&before.mask(batch(&["Ada"])).unwrap()), ["masked"], "what was under way may end");
    place.rules(&constant("one"));
    reload(&dataset).unwrap();
    assert_eq!(masked(&dataset), "one");
    // And what closed it is nothing to go back to.
    assert!(dataset.rollback(&crate::place::who()).is_err());
}

#[test]
fn a_plugin_alone_changes_no_type_of_the_output() {
    let place = Place::new("{ columns: [name], mask: forged, may_keep: true }\n{ columns: [city], drop: true }");
    place.plugin("forged.wasm", &forge::honest());
    let dataset = place.open(Settings::default());
    dataset.lease().unwrap().mask(batch(&["Ada"])).unwrap();
    place.plugin("forged.wasm", &forge::honest_giving("binary"));
    let over = AtomicBool::new(false);
    thread::scope(|threads| {
        threads.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                dataset.lease().unwrap().mask(batch(&["Ada"])).unwrap();
            }
        });
        let refusal = reload(&dataset).unwrap_err();
        over.store(true, Ordering::Relaxed);
        assert_eq!(refusal.failed, State::Vetted, "{refusal}");
        assert!(refusal.to_string().contains("changes the type of column"), "{refusal}");
    });
    let status = dataset.status();
    let candidate = status.candidate.unwrap();
    assert_eq!((status.current, status.faults, candidate.failed), (Some(1), 0, Some(State::Vetted)));
    assert!(candidate.reason.unwrap().contains("changes the type"));
}

#[test]
fn a_configuration_that_spins_costs_one_deadline() {
    // What is compiled already is not compiled again.
    let place = Place::new(&rules("hostile/honest"));
    place.plugin("hostile.wasm", HOSTILE);
    let dataset = place.open(Settings::default());
    place.rules(&rules("hostile/spin"));
    let started = Instant::now();
    let refusal = reload(&dataset).unwrap_err();
    assert!(matches!(&*refusal.error, Error::Guest(_)), "{refusal}");
    assert!(refusal.to_string().contains("a trial without rows: did not answer within 700 ms"), "{refusal}");
    assert!(started.elapsed() < Duration::from_millis(1_300), "{:?}", started.elapsed());
    assert_eq!(dataset.status().current, Some(1));
}

#[test]
fn a_candidate_needs_a_plan_for_what_was_masked() {
    let place = Place::new(&constant("one"));
    let dataset = place.open(Settings::default());
    assert_eq!(masked(&dataset), "one");
    place.rules("{ columns: [name], mask: redact }");
    let refusal = reload(&dataset).unwrap_err();
    assert!(refusal.failed == State::Vetted && refusal.to_string().contains("city"), "{refusal}");
}

#[test]
fn a_key_that_is_not_there_is_told_before_anything_is_masked() {
    let place = Place::new(&constant("one"));
    place.keyring();
    let dataset = place.open(Settings::default());
    place.rules("{ columns: [name], mask: pseudonym, key: nobodys }\n{ columns: [city], drop: true }");
    let refusal = reload(&dataset).unwrap_err();
    assert!(refusal.failed == State::Vetted && refusal.to_string().contains("nobodys"), "{refusal}");
}
