//! Keyrings as operators use them: made, sealed, rotated, destroyed by two, and never broken by a crash or a forger.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use moretta_tests::command::{Desk, Finished, moretta};
use serde_json::Value;

const PASSPHRASE: &str = "marble-lagoon-violin-seven";
const KEK: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

const POLICY: &str = "\
version: 1
domain: keys
subject: id
rules:
  - { columns: [id], mask: pseudonym, key: identity }
  - { columns: [born], mask: shift-dates, key: dates, with: { max_days: 30 } }
";

const TABLE: &str = "id,born\np1,1980-01-02\np2,not known\n";

fn desk() -> Desk {
    Desk::with(&[("in.csv", TABLE), ("policy.yaml", POLICY)])
}

/// Masks the table, so that its second row goes to the quarantine file.
fn mask(desk: &Desk, quarantine: &str) -> Finished {
    let options = format!("--quarantine {quarantine} --max-quarantined 1 --quiet");
    desk.run(&format!("mask in.csv --policy policy.yaml --keyring keys --out out.csv {options}"))
}

fn list(desk: &Desk) -> Value {
    serde_json::from_str(&desk.run("keys list --json --keyring keys").assert_code(0).text()).unwrap()
}

fn states(desk: &Desk, key: usize) -> Vec<String> {
    let list = list(desk);
    let versions = list["keys"][key]["versions"].as_array().unwrap();
    versions.iter().map(|version| version["state"].as_str().unwrap().to_owned()).collect()
}

fn put_private(desk: &Desk, name: &str, content: &str) {
    desk.put(name, content);
    fs::set_permissions(desk.path(name), fs::Permissions::from_mode(0o600)).unwrap();
}

/// The file that a copy of the directory has of the keyring.
fn file(desk: &Desk) -> String {
    desk.text("keys/keyring.json")
}

#[test]
fn without_any_setting_a_key_file_protects_it_and_the_list_says_from_whom() {
    let desk = desk();
    let made = desk.run("keys init --keyring keys").assert_code(0);
    let listed = desk.run("keys list --keyring keys").assert_code(0);
    assert_eq!(made.text(), listed.text());
    for part in
        ["identity", "date-shift", "1 primary", "against other users of this machine, and nothing else", "rewrap"]
    {
        assert!(listed.text().contains(part), "{part}: {}", listed.text());
    }
    assert_eq!(list(&desk)["protection"], "key-file");
    mask(&desk, "rows.q").assert_code(0);
}

#[test]
fn a_passphrase_opens_it_and_another_does_not() {
    let desk = desk();
    let settings = [("MORETTA_PASSPHRASE", PASSPHRASE)];
    let made = desk.run_with_settings("keys init --keyring keys", &settings).assert_code(0);
    assert!(made.text().contains("a passphrase (Argon2id)"), "{}", made.text());
    desk.run_with_settings("keys list --keyring keys", &settings).assert_code(0);
    let none = desk.run("keys list --keyring keys").assert_code(2);
    assert!(none.stderr.contains("set MORETTA_PASSPHRASE"), "{}", none.stderr);
    let another =
        desk.run_with_settings("keys list --keyring keys", &[("MORETTA_PASSPHRASE", "marble")]).assert_code(2);
    assert!(another.stderr.contains("does not open with the passphrase given"), "{}", another.stderr);
    assert!(!another.stderr.contains("marble"));

    put_private(&desk, "secret", &format!("{PASSPHRASE}\n"));
    let options = "mask in.csv --policy policy.yaml --keyring keys --passphrase-file secret --out out.csv";
    desk.run(&format!("{options} --quarantine rows.q --max-quarantined 1")).assert_code(0);
    desk.run("quarantine read rows.q --keyring keys --passphrase-file secret").assert_code(0);
    fs::set_permissions(desk.path("secret"), fs::Permissions::from_mode(0o644)).unwrap();
    let readable = desk.run("keys list --keyring keys --passphrase-file secret").assert_code(2);
    assert!(readable.stderr.contains("chmod 600"), "{}", readable.stderr);

    let short = desk.run_with_settings("keys init --keyring other", &[("MORETTA_PASSPHRASE", "fourteen chars")]);
    assert!(short.assert_code(2).stderr.contains("shorter than 15 characters"));
    assert!(!desk.path("other/keyring.json").exists());
}

#[test]
fn a_key_of_the_environment_opens_it_and_another_does_not() {
    let desk = desk();
    let made = desk.run_with_settings("keys init --keyring keys", &[("MORETTA_KEK", KEK)]).assert_code(0);
    assert!(made.text().contains("a key in the environment"));
    desk.run_with_settings("keys list --keyring keys", &[("MORETTA_KEK", KEK)]).assert_code(0);
    let cases = [
        (None, "set MORETTA_KEK"),
        (Some(KEK.replace("AAEC", "AAED")), "does not open with the key given"),
        (Some("AAEC".to_owned()), "MORETTA_KEK is not base64 of 32 bytes"),
    ];
    for (key, said) in cases {
        let settings: Vec<_> = key.iter().map(|key| ("MORETTA_KEK", key.as_str())).collect();
        let refused = desk.run_with_settings("keys list --keyring keys", &settings).assert_code(2);
        assert!(refused.stderr.contains(said), "{said}: {}", refused.stderr);
    }
    let both = [("MORETTA_KEK", KEK), ("MORETTA_PASSPHRASE", PASSPHRASE)];
    desk.run_with_settings("keys init --keyring other", &both).assert_code(2);
    desk.run_with_settings("keys init --keyring other --protect passphrase", &both).assert_code(0);
}

#[test]
fn a_keyring_that_somebody_put_in_the_place_of_a_sealed_one_is_refused() {
    let desk = desk();
    let settings = [("MORETTA_PASSPHRASE", PASSPHRASE)];
    desk.run_with_settings("keys init --keyring keys", &settings).assert_code(0);
    fs::rename(desk.path("keys"), desk.path("sealed")).unwrap();
    desk.make_keys("keys");
    let mask = "mask in.csv --policy policy.yaml --keyring keys --out out.csv --quarantine rows.q";
    let refused = desk.run_with_settings(mask, &settings).assert_code(2);
    assert!(refused.stderr.contains("another keyring than the one you sealed"), "{}", refused.stderr);
}

#[test]
fn a_rotation_makes_other_pseudonyms_and_reads_the_old_quarantine() {
    let desk = desk();
    desk.make_keys("keys");
    mask(&desk, "old.q").assert_code(0);
    let before = desk.text("out.csv");
    for key in ["identity", "quarantine"] {
        let rotated = desk.run(&format!("keys rotate {key} --keyring keys")).assert_code(0);
        assert_eq!(rotated.text(), format!("version 2 of key `{key}` is primary\n"));
    }
    mask(&desk, "new.q").assert_code(0);
    assert_ne!(desk.text("out.csv"), before);
    for rows in ["old.q", "new.q"] {
        let read = desk.run(&format!("quarantine read {rows} --keyring keys")).assert_code(0);
        assert!(read.text().contains("not known"), "{rows}");
    }
    desk.run("keys disable quarantine --version 1 --keyring keys").assert_code(0);
    let disabled = desk.run("quarantine read old.q --keyring keys").assert_code(2);
    assert!(disabled.stderr.contains("version 1 of key `quarantine` is disabled"), "{}", disabled.stderr);
    desk.run("keys enable quarantine --version 1 --keyring keys").assert_code(0);
    desk.run("quarantine read old.q --keyring keys").assert_code(0);
}

#[test]
fn what_a_destroyed_key_sealed_cannot_be_read_and_it_says_why() {
    let desk = desk();
    desk.make_keys("keys");
    mask(&desk, "old.q").assert_code(0);
    let primary = desk.run("keys destroy quarantine --version 1 --yes --keyring keys").assert_code(2);
    assert!(primary.stderr.contains("rotate the key first"), "{}", primary.stderr);
    desk.run("keys rotate quarantine --keyring keys").assert_code(0);
    let unasked = desk.run("keys destroy quarantine --version 1 --keyring keys").assert_code(2);
    assert!(unasked.stderr.contains("say --yes"), "{}", unasked.stderr);
    assert!(unasked.stderr.contains("every row that was quarantined under it"), "{}", unasked.stderr);
    assert_eq!(states(&desk, 2), ["enabled", "primary"]);

    let backup = file(&desk);
    desk.run("keys destroy quarantine --version 1 --yes --keyring keys").assert_code(0);
    let gone = desk.run("quarantine read old.q --keyring keys").assert_code(2);
    assert!(gone.stderr.contains("version 1 of key `quarantine` was destroyed"), "{}", gone.stderr);
    assert!(gone.stdout.is_empty());
    assert_eq!(states(&desk, 2), ["destroyed", "primary"]);
    let refused = desk.run("keys enable quarantine --version 1 --keyring keys").assert_code(2);
    assert!(refused.stderr.contains("it is gone"), "{}", refused.stderr);

    // As the help says: an older file brings it back, until the keyring is rewrapped.
    let newest = file(&desk);
    put_private(&desk, "keys/keyring.json", &backup);
    desk.run("quarantine read old.q --keyring keys").assert_code(0);
    put_private(&desk, "keys/keyring.json", &newest);
    desk.run_with_settings("keys rewrap --keyring keys", &[("MORETTA_NEW_KEK", KEK)]).assert_code(0);
    put_private(&desk, "keys/keyring.json", &backup);
    desk.run("quarantine read old.q --keyring keys").assert_code(1);
}

#[test]
fn a_rewrapped_keyring_makes_the_same_pseudonyms_under_the_new_secret_alone() {
    let desk = desk();
    desk.make_keys("keys");
    mask(&desk, "rows.q").assert_code(0);
    let before = desk.text("out.csv");
    desk.run("keys rewrap --keyring keys").assert_code(2);
    let to_passphrase = [("MORETTA_NEW_PASSPHRASE", PASSPHRASE)];
    desk.run_with_settings("keys rewrap --keyring keys", &to_passphrase).assert_code(0);
    desk.run("keys list --keyring keys").assert_code(2);
    let changed = [("MORETTA_PASSPHRASE", PASSPHRASE), ("MORETTA_NEW_PASSPHRASE", "another one of these words")];
    desk.run_with_settings("keys rewrap --keyring keys", &changed).assert_code(0);
    desk.run_with_settings("keys list --keyring keys", &changed[..1]).assert_code(2);
    let back = [("MORETTA_PASSPHRASE", "another one of these words")];
    desk.run_with_settings("keys rewrap --protect key-file --keyring keys", &back).assert_code(0);
    mask(&desk, "again.q").assert_code(0);
    assert_eq!(desk.text("out.csv"), before);
}

#[test]
fn whatever_a_hand_changes_in_the_file_is_noticed() {
    let desk = desk();
    desk.make_keys("keys");
    desk.run("keys rotate quarantine --keyring keys").assert_code(0);
    let good = file(&desk);
    let wrapped: Vec<_> = good.split("\"key\":\"").skip(1).map(|rest| rest[..80].to_owned()).collect();
    let swapped = |one: usize, other: usize| {
        good.replace(&wrapped[one], "?").replace(&wrapped[other], &wrapped[one]).replace('?', &wrapped[other])
    };
    let changes = [
        good.replace("\"enabled\"", "\"disabled\""),
        good.replace("\"dates\"", "\"dated\""),
        good.replace("\"date-shift\"", "\"pseudonym\""),
        good.replace("\"operators\":[]", "\"operators\":[ ]"),
        good.replace("\"serial\":2", "\"serial\":3"),
        swapped(0, 1),
        swapped(2, 3),
        good.replace(
            &wrapped[0],
            &format!("{}{}", if wrapped[0].starts_with("AA") { "AB" } else { "AA" }, &wrapped[0][2..]),
        ),
    ];
    for changed in changes {
        assert_ne!(changed, good);
        put_private(&desk, "keys/keyring.json", &changed);
        let refused = desk.run("keys list --keyring keys").assert_code(1);
        assert!(refused.stderr.contains("is damaged: it was changed"), "{}", refused.stderr);
        desk.run("keys rotate dates --keyring keys").assert_code(1);
        assert_eq!(file(&desk), changed);
    }
    put_private(&desk, "keys/keyring.json", "{\"keyring\":1,\"keys\":[]}\n");
    let old = desk.run("keys list --keyring keys").assert_code(2);
    assert!(old.stderr.contains("make another keyring"), "{}", old.stderr);
    put_private(&desk, "keys/keyring.json", &good);
    fs::set_permissions(desk.path("keys/keyring.json"), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(desk.run("keys list --keyring keys").assert_code(2).stderr.contains("chmod 600"));
}

#[test]
fn rotations_of_two_processes_at_once_are_both_kept() {
    let desk = desk();
    desk.make_keys("keys");
    for _ in 0..5 {
        let rotate = |key| {
            let mut command = desk.command(&moretta());
            command.args(["keys", "rotate", key, "--keyring", "keys"]).stdout(Stdio::null()).spawn().unwrap()
        };
        let running: Vec<_> = ["dates", "dates", "identity"].into_iter().map(rotate).collect();
        assert!(running.into_iter().all(|mut process| process.wait().unwrap().success()));
    }
    assert_eq!((states(&desk, 0).len(), states(&desk, 1).len()), (6, 11));
    assert_eq!(list(&desk)["change"], 16);
}

#[test]
fn a_killed_rotation_leaves_the_old_keyring_or_the_new_one() {
    let desk = desk();
    desk.make_keys("keys");
    let rotation = || {
        let mut command = desk.command(&moretta());
        command.args(["keys", "rotate", "dates", "--keyring", "keys"]).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    };
    let whole = [(); 3].map(|()| {
        let started = Instant::now();
        assert!(rotation().wait().unwrap().success());
        started.elapsed()
    });
    let whole = whole.into_iter().min().unwrap();
    let (mut versions, mut killed) = (4, 0);
    for moment in 0..40 {
        let mut running = rotation();
        sleep(whole.mul_f64(f64::from(moment) / 40.0));
        running.kill().unwrap();
        let done = running.wait().unwrap().success();
        killed += usize::from(!done);
        let after = states(&desk, 1).len();
        assert!(after == versions + 1 || !done && after == versions, "{after} versions after {versions}");
        versions = after;
    }
    assert!(killed >= 5, "only {killed} of 40 rotations were killed before their end");
    desk.run("keys rotate dates --keyring keys").assert_code(0);
    // The keyring, its lock, its key file, its trail, and of what was staged no content.
    let left = fs::read_dir(desk.path("keys")).unwrap().map(|entry| entry.unwrap().path());
    let with_content = left.filter(|path| path.ends_with("keyring.lock") || fs::metadata(path).unwrap().len() > 0);
    assert_eq!(with_content.count(), 4);
}

/// A desk with a rotated keyring and three operators, and a request of rosalba to destroy version 1 of `quarantine`.
fn desk_of_operators() -> Desk {
    let desk = desk();
    desk.make_keys("keys");
    desk.run("keys rotate quarantine --keyring keys").assert_code(0);
    for name in ["anna", "bruno", "rosalba", "mallory"] {
        let public = desk.run(&format!("operators new-key --out {name}.key")).assert_code(0).text();
        assert_eq!(fs::metadata(desk.path(&format!("{name}.key"))).unwrap().permissions().mode() & 0o777, 0o600);
        let add = format!("operators add {name} --public-key {} --keyring keys", public.trim());
        match name {
            "anna" | "bruno" => drop(desk.run(&add).assert_code(0)),
            "rosalba" => {
                desk.run(&format!("{add} --ask add.json --requester carla --justification joined")).assert_code(0);
                let refused = desk.run(&add).assert_code(2);
                assert!(refused.stderr.contains("0 of 2 approvals"), "{}", refused.stderr);
                approve(&desk, "add.json", "anna", "1.json").assert_code(0);
                approve(&desk, "add.json", "bruno", "2.json").assert_code(0);
                desk.run(&format!("{add} --request add.json --approval 1.json --approval 2.json")).assert_code(0);
            }
            _ => {}
        }
    }
    ask(&desk, "quarantine", "request.json");
    desk
}

fn ask(desk: &Desk, key: &str, file: &str) {
    let who = "--requester rosalba --justification over";
    desk.run(&format!("keys destroy {key} --version 1 --keyring keys --ask {file} {who}")).assert_code(0);
}

fn approve(desk: &Desk, request: &str, name: &str, out: &str) -> Finished {
    desk.run(&format!("approve {request} --as {name} --key {name}.key --out {out}"))
}

fn destroy(desk: &Desk, approvals: &[&str]) -> Finished {
    let approvals: String = approvals.iter().map(|file| format!(" --approval {file}")).collect();
    let command = "keys destroy quarantine --version 1 --yes --keyring keys";
    desk.run(&format!("{command} --request request.json{approvals}"))
}

#[test]
fn where_operators_are_two_of_them_destroy_a_key() {
    let desk = desk_of_operators();
    let shown = approve(&desk, "request.json", "anna", "a.json").assert_code(0).text();
    for part in ["rosalba asks to destroy version 1 of key `quarantine`", "because: over", "approved as `anna`"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    approve(&desk, "request.json", "bruno", "b.json").assert_code(0);
    destroy(&desk, &["a.json", "b.json"]).assert_code(0);
    assert_eq!(states(&desk, 2), ["destroyed", "primary"]);
    let listed = desk.run("operators list --keyring keys").assert_code(0).text();
    assert_eq!(
        listed.lines().map(|line| line.split_once(' ').unwrap().0).collect::<Vec<_>>(),
        ["anna", "bruno", "rosalba"]
    );
    let public: Value = serde_json::from_str(&desk.run("keys export-public --keyring keys").text()).unwrap();
    assert_eq!(public["operators"][2]["name"], "rosalba");
    assert!(!public.to_string().contains("\"key\""));
}

#[test]
fn where_operators_are_two_of_them_let_another_secret_be_chosen() {
    let desk = desk_of_operators();
    let rewrap = "keys rewrap --protect passphrase --keyring keys";
    let settings = [("MORETTA_NEW_PASSPHRASE", PASSPHRASE)];
    let refused = desk.run_with_settings(rewrap, &settings).assert_code(2);
    assert!(refused.stderr.contains("0 of 2 approvals"), "{}", refused.stderr);
    desk.run(&format!("{rewrap} --ask seal.json --requester rosalba --justification sealing")).assert_code(0);
    approve(&desk, "seal.json", "anna", "a.json").assert_code(0);
    approve(&desk, "seal.json", "bruno", "b.json").assert_code(0);
    let approved = "--request seal.json --approval a.json --approval b.json";
    let other = desk.run(&format!("keys rewrap --protect key-file --keyring keys {approved}")).assert_code(2);
    assert!(other.stderr.contains("asks for something else"), "{}", other.stderr);
    desk.run_with_settings(&format!("{rewrap} {approved}"), &settings).assert_code(0);
    desk.run_with_settings("keys list --keyring keys", &[("MORETTA_PASSPHRASE", PASSPHRASE)]).assert_code(0);
}

/// The limits of a process, as the system tells them.
fn limits(process: u32) -> String {
    fs::read_to_string(format!("/proc/{process}/limits")).unwrap()
}

#[test]
fn a_process_that_holds_keys_dumps_no_core() {
    let desk = desk();
    desk.make_keys("keys");
    let arguments = "mask - --input-format csv --policy policy.yaml --keyring keys --out out.csv --quiet";
    let mut command = desk.command(&moretta());
    let mut running = command.args(arguments.split(' ')).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let forbidden = |limits: &str| {
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        core.split_whitespace().skip(4).take(2).all(|limit| limit == "0")
    };
    let started = Instant::now();
    while !forbidden(&limits(running.id())) {
        assert!(started.elapsed() < Duration::from_secs(10), "{}", limits(running.id()));
        sleep(Duration::from_millis(5));
    }
    running.kill().unwrap();
    running.wait().unwrap();
}

#[test]
fn nothing_less_than_two_others_destroys_a_key() {
    let desk = desk_of_operators();
    approve(&desk, "request.json", "anna", "a.json").assert_code(0);
    approve(&desk, "request.json", "bruno", "b.json").assert_code(0);
    approve(&desk, "request.json", "mallory", "m.json").assert_code(0);
    desk.run("approve request.json --as bruno --key mallory.key --out forged.json").assert_code(0);
    ask(&desk, "dates", "other.json");
    approve(&desk, "other.json", "bruno", "other-b.json").assert_code(0);
    let own = approve(&desk, "request.json", "rosalba", "own.json").assert_code(2);
    assert!(own.stderr.contains("cannot approve it as well"), "{}", own.stderr);

    let none = desk.run("keys destroy quarantine --version 1 --yes --keyring keys").assert_code(2);
    assert!(none.stderr.contains("0 of 2 approvals"), "{}", none.stderr);
    let cases: [(&[&str], &str); 6] = [
        (&["a.json"], "1 of 2 approvals"),
        (&["a.json", "a.json"], "`anna` approved twice"),
        (&["a.json", "m.json"], "`mallory` is no operator"),
        (&["a.json", "forged.json"], "not signed with the key of `bruno`"),
        (&["a.json", "other-b.json"], "is for another request"),
        (&["a.json", "request.json"], "this is no approval"),
    ];
    for (approvals, said) in cases {
        let refused = destroy(&desk, approvals).assert_code(2);
        assert!(refused.stderr.contains(said), "{approvals:?} {said}: {}", refused.stderr);
    }
    // Both approve another request, and it is the one that is given.
    approve(&desk, "other.json", "anna", "other-a.json").assert_code(0);
    let other = "--request other.json --approval other-a.json --approval other-b.json";
    let refused = desk.run(&format!("keys destroy quarantine --version 1 --yes --keyring keys {other}")).assert_code(2);
    assert!(
        refused.stderr.contains("asks for something else: to destroy version 1 of key `dates`"),
        "{}",
        refused.stderr
    );
    let mut expired: Value = serde_json::from_str(&desk.text("request.json")).unwrap();
    (expired["made"], expired["expires"]) = ("2020-01-01T00:00:00Z".into(), "2020-01-01T01:00:00Z".into());
    desk.put("request.json", expired.to_string());
    let refused = destroy(&desk, &["a.json", "b.json"]).assert_code(2);
    assert!(refused.stderr.contains("the request expired at 2020-01-01T01:00:00Z"), "{}", refused.stderr);
    assert_eq!(states(&desk, 2), ["enabled", "primary"]);
}

#[cfg(not(feature = "openbao"))]
#[test]
fn a_provider_that_this_build_leaves_out_is_named() {
    let settings = [("MORETTA_OPENBAO_KEY", "transit/moretta")];
    let refused = desk().run_with_settings("keys init --keyring keys --protect openbao", &settings).assert_code(2);
    assert!(refused.stderr.contains("build it with `--features openbao`"), "{}", refused.stderr);
}

#[test]
fn the_help_says_what_who_gets() {
    let help = desk().run("keys --help").assert_code(0).text();
    for part in
        ["stolen disk", "stolen backup", "malicious operator", "MORETTA_PASSPHRASE", "RFC 9106", "MORETTA_OPENBAO_ADDR"]
    {
        assert!(help.contains(part), "{part}");
    }
}
