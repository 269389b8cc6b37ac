//! Noticing: whatever an editor, a deployment or a slow copy does to the files, what comes in force is whole.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::thread;
use std::time::{Duration, Instant};

use moretta::dataset::{Dataset, Settings, Watching};
use moretta_tests::guests::HOSTILE;

use crate::place::{Place, constant, masked, wait};

/// Told by the file system alone: the clock does not ring within a test.
fn events() -> Settings {
    Settings { watch: Watching { poll_ms: 3_600_000, ..Watching::default() }, ..Settings::default() }
}

/// Told by the clock alone, as where the file system gives no events.
fn polling() -> Settings {
    Settings { watch: Watching { events: false, settle_ms: 30, poll_ms: 50 }, ..Settings::default() }
}

#[track_caller]
fn becomes(dataset: &Dataset, text: &str) -> Duration {
    wait(text, || masked(dataset) == text)
}

#[test]
fn a_file_that_is_written_in_place_is_noticed_within_half_a_second() {
    let place = Place::new(&constant("one"));
    let dataset = place.open(events());
    let _watcher = dataset.watch().unwrap();
    for text in ["two", "three", "four"] {
        place.rules(&constant(text));
        let took = becomes(&dataset, text);
        println!("from written to in force: {took:?}");
        assert!(took < Duration::from_millis(500), "{took:?}");
    }
}

#[test]
fn without_events_the_clock_notices() {
    let place = Place::new(&constant("one"));
    let dataset = place.open(polling());
    let _watcher = dataset.watch().unwrap();
    place.rules(&constant("two"));
    println!("polling each 50 ms, from written to in force: {:?}", becomes(&dataset, "two"));
}

#[test]
fn an_editor_that_renames_and_replaces_is_noticed() {
    let place = Place::new(&constant("one"));
    let dataset = place.open(events());
    let _watcher = dataset.watch().unwrap();
    for text in ["two", "three"] {
        let new = Place::new(&constant(text));
        let beside = place.path().join(".policy.yaml.swp");
        fs::copy(new.policy(), &beside).unwrap();
        fs::rename(place.policy(), place.path().join("policy.yaml~")).unwrap();
        fs::rename(&beside, place.policy()).unwrap();
        becomes(&dataset, text);
    }
}

#[test]
fn a_link_that_is_flipped_is_noticed_and_followed() {
    let place = Place::new(&constant("one"));
    for release in ["r1", "r2"] {
        fs::create_dir_all(place.path().join(release).join("plugins")).unwrap();
        fs::write(place.path().join(release).join("policy.yaml"), fs::read(place.policy()).unwrap()).unwrap();
    }
    let policy = fs::read_to_string(place.policy()).unwrap();
    fs::write(place.path().join("r2/policy.yaml"), policy.replace("one", "two")).unwrap();
    let current = place.path().join("current");
    symlink("r1", &current).unwrap();
    let mut sources = place.sources();
    (sources.policy, sources.plugins) = (current.join("policy.yaml"), vec![current.join("plugins")]);
    let dataset = Dataset::open("linked", crate::place::engine(), sources, events()).unwrap();
    let _watcher = dataset.watch().unwrap();
    let flip = |to: &str| {
        symlink(to, place.path().join("next")).unwrap();
        fs::rename(place.path().join("next"), &current).unwrap();
    };
    flip("r2");
    becomes(&dataset, "two");
    // What the link leads to is watched now.
    fs::write(place.path().join("r2/policy.yaml"), policy.replace("one", "three")).unwrap();
    becomes(&dataset, "three");
    flip("r1");
    becomes(&dataset, "one");
}

#[test]
fn a_file_that_is_written_slowly_never_comes_in_force_by_half() {
    let place = Place::new("{ columns: [name, city], mask: hostile/honest }");
    place.plugin("hostile.wasm", HOSTILE);
    place.rules(&constant("one"));
    let dataset = place.open(events());
    let _watcher = dataset.watch().unwrap();
    place.rules("{ columns: [name, city], mask: hostile/honest }");
    becomes(&dataset, "masked");
    let swaps = dataset.status().swaps;
    let longer = [HOSTILE, &custom_section()].concat();
    let mut file = File::create(place.plugins().join("hostile.wasm")).unwrap();
    // Longer than the files must be left alone: halves are read, and are refused.
    for part in longer.chunks(longer.len() / 3) {
        file.write_all(part).unwrap();
        thread::sleep(Duration::from_millis(150));
        assert_eq!(masked(&dataset), "masked");
    }
    drop(file);
    wait("the whole file", || dataset.status().swaps == swaps + 1);
    assert_eq!(masked(&dataset), "masked");
}

/// A custom section of the WebAssembly binary format: id 0, a length, a name of one letter, and bytes that mean nothing.
fn custom_section() -> Vec<u8> {
    [&[0, 18, 1, b'x'][..], &[7; 16]].concat()
}

#[test]
fn ten_plugins_that_are_swapped_at_once_are_one_revision() {
    let place = Place::new(&constant("one"));
    let dataset = place.open(events());
    let _watcher = dataset.watch().unwrap();
    let renamed = |number: usize| {
        let name = format!("hostil{number}");
        let (from, to) = (b"\"name\":\"hostile\"", format!("\"name\":\"{name}\""));
        let mut bytes = HOSTILE.to_vec();
        let at = bytes.windows(from.len()).position(|part| part == from).expect("the manifest names the plugin");
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        bytes
    };
    for number in 0..10 {
        place.plugin(&format!("{number}.wasm"), &renamed(number));
        thread::sleep(Duration::from_millis(5));
    }
    wait("the plugins", || dataset.status().revisions.last().unwrap().parts.plugins.len() == 10);
    assert_eq!(dataset.status().swaps, 2, "not one for each");
}

#[test]
fn a_plugin_that_is_deleted_while_the_policy_names_it_is_kept_in_force() {
    let place = Place::new("{ columns: [name, city], mask: hostile/honest }");
    place.plugin("hostile.wasm", HOSTILE);
    let dataset = place.open(events());
    let _watcher = dataset.watch().unwrap();
    fs::remove_file(place.plugins().join("hostile.wasm")).unwrap();
    wait("the refusal", || dataset.status().candidate.is_some_and(|candidate| candidate.reason.is_some()));
    assert_eq!((masked(&dataset).as_str(), dataset.status().current), ("masked", Some(1)));
    place.plugin("hostile.wasm", HOSTILE);
    place.rules(&constant("one"));
    becomes(&dataset, "one");
}

#[test]
fn files_that_are_gone_altogether_change_nothing() {
    let place = Place::new(&constant("one"));
    let dataset = place.open(events());
    let _watcher = dataset.watch().unwrap();
    fs::remove_file(place.policy()).unwrap();
    fs::remove_dir_all(place.plugins()).unwrap();
    wait("the refusal", || dataset.status().candidate.is_some_and(|candidate| candidate.reason.is_some()));
    assert_eq!(masked(&dataset), "one");
    fs::create_dir(place.plugins()).unwrap();
    place.rules(&constant("two"));
    becomes(&dataset, "two");
}

#[test]
fn what_was_rolled_back_is_not_tried_again_by_itself() {
    let place = Place::new(&constant("one"));
    let dataset = place.open(polling());
    let _watcher = dataset.watch().unwrap();
    place.rules(&constant("two"));
    becomes(&dataset, "two");
    dataset.rollback(&crate::place::who()).unwrap();
    let until = Instant::now() + Duration::from_millis(400);
    while Instant::now() < until {
        assert_eq!(masked(&dataset), "one");
    }
}

#[test]
fn nothing_is_noticed_when_the_watcher_is_gone() {
    let place = Place::new(&constant("one"));
    let dataset = place.open(polling());
    drop(dataset.watch().unwrap());
    place.rules(&constant("two"));
    thread::sleep(Duration::from_millis(300));
    assert_eq!(masked(&dataset), "one");
}

#[test]
fn a_key_that_is_rotated_is_noticed_and_the_trail_beside_the_keys_is_not() {
    let place = Place::new("{ columns: [name], mask: pseudonym, key: identity }\n{ columns: [city], drop: true }");
    let mut keyring = place.keyring();
    let dataset = place.open(events());
    let _watcher = dataset.watch().unwrap();
    let before = masked(&dataset);
    assert_eq!((masked(&dataset), dataset.status().swaps), (before.clone(), 1));
    keyring.rotate("identity").unwrap();
    wait("the other pseudonym", || masked(&dataset) != before);
    assert_eq!(dataset.status().swaps, 2);
}
