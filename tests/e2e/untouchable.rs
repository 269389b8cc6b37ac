//! What a run depends on it never writes over, whichever of its outputs is to go there.

use std::fs;

use moretta_tests::command::Desk;

const TABLE: &str = "id,state\np1,MA\n";

const POLICY: &str = "\
version: 1
domain: d
rules:
  - { columns: [id], mask: pseudonym, key: identity }
  - { columns: [state], keep: true }
";

const PARTIAL: &[u8] = include_bytes!("../../plugins/packed/partial.wasm");

fn desk() -> Desk {
    let desk = Desk::with(&[("in.csv", TABLE), ("policy.yaml", POLICY), ("labels.yaml", "state: state\n")]);
    desk.make_keys("keys");
    fs::create_dir(desk.path("plugins")).unwrap();
    desk.put("plugins/partial.wasm", PARTIAL);
    desk
}

const ARGUMENTS: &str =
    "mask in.csv --policy policy.yaml --labels labels.yaml --keyring keys --plugins plugins --cache cache --format csv";

#[test]
fn no_output_goes_over_a_file_that_the_run_reads_or_among_keys_plugins_and_compiled_code() {
    let desk = desk();
    desk.run(&format!("{ARGUMENTS} --out out.csv")).assert_code(0);
    let files =
        ["in.csv", "policy.yaml", "labels.yaml", "keys/keyring.json", "plugins/partial.wasm", "cache/cache.key"];
    let before = files.map(|file| desk.bytes(file));
    let new = ["keys/new", "plugins/new.wasm", "plugins/./new.wasm", "cache/new"];
    for taken in files.iter().chain(&new) {
        for outputs in [
            format!("--out {taken}"),
            format!("--out new.csv --report {taken}"),
            format!("--out new.csv --quarantine {taken}"),
        ] {
            let run = desk.run(&format!("{ARGUMENTS} {outputs}")).assert_code(2);
            let why = if taken.contains('/') { "lies among keys or plugins" } else { "is read by this run" };
            assert!(run.stderr.contains(why), "{outputs}: {}", run.stderr);
            assert!(files.map(|file| desk.bytes(file)) == before, "{outputs} changed a file");
            assert!(new.iter().chain(&["new.csv"]).all(|new| !desk.path(new).exists()), "{outputs} left something");
        }
    }
}

#[test]
fn another_name_of_a_file_is_the_same_file() {
    let desk = desk();
    fs::hard_link(desk.path("policy.yaml"), desk.path("hard.csv")).unwrap();
    std::os::unix::fs::symlink("policy.yaml", desk.path("soft.csv")).unwrap();
    for name in ["hard.csv", "soft.csv", "./policy.yaml", "plugins/../policy.yaml"] {
        let run = desk.run(&format!("{ARGUMENTS} --out {name}")).assert_code(2);
        assert!(run.stderr.contains("is read by this run"), "{name}: {}", run.stderr);
        assert_eq!(desk.text("policy.yaml"), POLICY);
    }
}

#[test]
fn what_is_no_file_among_the_plugins_is_refused_and_never_waited_for() {
    let desk = desk();
    fs::create_dir(desk.path("plugins/directory.wasm")).unwrap();
    let refusal = |name: &str| {
        // A run that waited for somebody to write into a pipe would do so for ever.
        let run = desk.run_in_shell(&format!("timeout 60 \"$MORETTA\" {ARGUMENTS} --out out.csv")).assert_code(2);
        assert!(run.stderr.contains(&format!("plugins/{name} is no regular file")), "{}", run.stderr);
    };
    refusal("directory.wasm");
    fs::remove_dir(desk.path("plugins/directory.wasm")).unwrap();
    desk.run_in_shell("mkfifo plugins/pipe.wasm").assert_code(0);
    refusal("pipe.wasm");
}
