//! Operating a running server: over HTTP and with the command, by who may.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use moretta_tests::command::{Desk, Finished, moretta};
use moretta_tests::http::{Answer, chunk, connect, exchange, head};
use moretta_tests::serving::{MASK, Serving, await_that, bearer, configuration};
use serde_json::{Value, json};

use crate::server::tls::{authority, issued, tls_desk};

const POLICY: &str = "\
version: 1
domain: operate
subject: id
rules:
  - { columns: [id], mask: pseudonym, key: identity }
  - { columns: [born], mask: shift-dates, key: dates, with: { max_days: 30 } }
  - { columns: [note], mask: redact, with: { value: FIRST } }
";

const TABLE: &str = "id,born,note\nsecret-1,1980-01-02,secret-a\nsecret-2,1981-03-04,secret-b\n";

/// One whose second row has a date that is none.
const BROKEN: &str = "id,born,note\nsecret-1,1980-01-02,secret-a\nsecret-2,31.02.1981,secret-b\n";

/// `etl` masks, `anna` operates, `otto` reads the trail of one dataset and `olga` of all.
fn desk(more: &str) -> Desk {
    let datasets = format!(
        "  - {{ subject: otto, roles: [auditor] }}
  - {{ subject: olga, roles: [auditors] }}
datasets:
  patients: {{ policy: policy.yaml, keyring: {{ directory: keys }}, quarantine: rejected, max_quarantined: 2{more} }}
  visits: {{ policy: policy.yaml, keyring: {{ directory: keys }} }}
"
    );
    let roles = "roles:
  auditor: { allow: [read-audit], datasets: [patients] }
  auditors: { allow: [read-audit], datasets: [\"*\"] }";
    let configuration = configuration("").replace("roles:\n", &format!("{roles}\n"));
    let configuration = configuration.replace("workers: 2\n", "") + &datasets + "workers: 2\nmetrics: 127.0.0.1:0\n";
    let desk = Desk::with(&[("policy.yaml", POLICY), ("moretta.yaml", &configuration)]);
    desk.make_keys("keys");
    desk
}

/// Nothing is noticed by itself, so that a test says when.
const BY_HAND: &str = ", revisions: { watch: { events: false, poll_ms: 600000 } }";

/// Runs the command as somebody with a token.
fn operate(desk: &Desk, serving: &Serving, subject: &str, arguments: &str) -> Finished {
    let token = format!("{subject}.token");
    desk.put(&token, bearer(subject).trim_start_matches("Bearer "));
    let address = format!("http://{}", serving.address());
    desk.run_with_settings(arguments, &[("MORETTA_SERVER", &address), ("MORETTA_SERVER_TOKEN_FILE", &token)])
}

fn records(desk: &Desk, action: &str) -> Vec<Value> {
    let exported = desk.run(&format!("audit export keys/audit --action {action}")).assert_code(0).text();
    exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn verbs(dataset: &str) -> Vec<(&'static str, String)> {
    let seen = ["", "/plugins", "/revisions", "/quarantine"].map(|what| ("GET", what));
    let done = ["reload", "promote", "rollback", "bar", "drain", "stop", "start"];
    let path = |what: &str| format!("/v1/datasets/{dataset}{what}");
    let seen = seen.map(|(verb, what)| (verb, path(what))).into_iter();
    seen.chain(done.map(|verb| ("POST", path(&format!("/{verb}"))))).collect()
}

fn ask(serving: &Serving, subject: &str, (verb, path): &(&str, String)) -> Answer {
    if *verb == "GET" { serving.get(subject, path) } else { serving.post(subject, path, &[], b"") }
}

#[test]
fn who_may_not_operate_is_denied_and_that_is_recorded() {
    let desk = desk(BY_HAND);
    let serving = Serving::start(&desk);
    for request in verbs("patients") {
        for subject in ["etl", "nobody", "otto"] {
            assert_eq!(ask(&serving, subject, &request).assert_status(403).problem(), "forbidden", "{request:?}");
        }
        let nobody =
            exchange(connect(serving.address()), head(request.0, &request.1, &[("connection", "close")]).as_bytes());
        assert_eq!(nobody.assert_status(401).problem(), "unauthenticated");
    }
    for request in verbs("missing") {
        assert_eq!(ask(&serving, "etl", &request).status, 403);
        assert_eq!(ask(&serving, "anna", &request).status, 404);
    }
    assert_eq!(serving.get("anna", "/v1/datasets/patients/audit").status, 403);
    assert_eq!(serving.get("etl", "/metrics").status, 403);
    let denied = || records(&desk, "operation-denied");
    let expected = verbs("patients").len() * 3 + 2;
    await_that("the records of denials", || denied().len() == expected);
    let told: BTreeSet<_> = denied()
        .iter()
        .map(|record| {
            assert_eq!((&record["outcome"], &record["who"]["kind"]), (&json!("denied"), &json!("principal")));
            let word = |value: &Value| value.as_str().unwrap().to_owned();
            let details = &record["details"];
            format!("{} {} {}", word(&record["who"]["name"]), word(&details["operation"]), word(&details["dataset"]))
        })
        .collect();
    let expected =
        ["anna read-audit patients", "etl operate patients", "nobody operate patients", "otto operate patients"];
    assert!(expected.iter().all(|one| told.contains(*one)), "{told:?}");
    // Nothing happened.
    assert_eq!(serving.get("anna", "/v1/datasets/patients").assert_status(200).json()["gate"], "open");
    let theirs = serving.get("etl", "/v1/datasets").assert_status(200).json();
    assert_eq!(theirs["datasets"], json!([]));
}

#[test]
fn each_verb_of_the_command_does_what_it_says() {
    let desk = desk(BY_HAND);
    let serving = Serving::start(&desk);
    let run = |arguments: &str| operate(&desk, &serving, "anna", arguments);
    let first = serving.mask("etl", TABLE).assert_whole();
    assert!(first.text().contains("FIRST"), "{}", first.text());

    let status = run("status").assert_code(0).text();
    assert!(status.contains("patients") && status.contains("visits") && status.contains("open"), "{status}");
    let plugins = run("plugins patients").assert_code(0).text();
    assert!(plugins.contains("redact") && plugins.contains("the binary") && plugins.contains("yes"), "{plugins}");
    assert!(run("reload patients").assert_code(0).text().contains("patients: the files are those of revision 1"));

    desk.put("policy.yaml", POLICY.replace("FIRST", "SECOND"));
    assert!(run("reload patients").assert_code(0).text().contains("patients: revision 2 is in force"));
    assert!(serving.mask("etl", TABLE).assert_whole().text().contains("SECOND"));
    desk.put("policy.yaml", "version: 1\nrules: [");
    let refused = run("reload patients").assert_code(2);
    assert!(refused.stderr.contains("what was in force still is"), "{}", refused.stderr);
    let revisions = run("revisions patients").assert_code(0).text();
    assert!(revisions.contains("current") && revisions.contains("candidate 3 did not become"), "{revisions}");

    assert!(run("rollback patients").assert_code(0).text().contains("revision 1 is in force again"));
    assert!(serving.mask("etl", TABLE).assert_whole().text().contains("FIRST"));
    let refused = run("rollback patients").assert_code(2);
    assert!(refused.stderr.contains("no earlier revision"), "{}", refused.stderr);
    assert!(run("promote patients 9").assert_code(2).stderr.contains("revision 9 is not waiting"));

    assert!(run("drain patients").assert_code(0).text().contains("nothing begins any more"));
    assert_eq!(serving.mask("etl", TABLE).assert_status(503).problem(), "draining");
    assert!(run("start patients").assert_code(0).text().contains("open; revision 1 is in force"));
    run("stop patients").assert_code(0);
    assert_eq!(serving.mask("etl", TABLE).assert_status(503).problem(), "stopped");
    let status: Value = serde_json::from_str(&run("status patients --json").assert_code(0).text()).unwrap();
    assert_eq!((&status["gate"], &status["refusals"]), (&json!("stopped"), &json!(1)));
    run("start patients").assert_code(0);
    serving.mask("etl", TABLE).assert_whole();

    for action in
        ["revision-in-force", "revision-refused", "revision-rolled-back", "dataset-drained", "dataset-stopped"]
    {
        let by_anna = records(&desk, action).iter().filter(|record| record["who"]["name"] == "anna").count();
        assert_eq!(by_anna, 1, "{action}");
    }
    assert_eq!(records(&desk, "dataset-started").len(), 2);
}

#[test]
fn a_candidate_that_is_tried_is_promoted_or_barred_by_hand() {
    let desk = desk(", revisions: { shadow: 1000000, watch: { events: false, poll_ms: 600000 } }");
    let serving = Serving::start(&desk);
    let run = |arguments: &str| operate(&desk, &serving, "anna", arguments);
    desk.put("policy.yaml", POLICY.replace("FIRST", "SECOND"));
    assert!(run("reload patients").assert_code(0).text().contains("revision 2 is in shadow"));
    assert!(serving.mask("etl", TABLE).assert_whole().text().contains("FIRST"));
    let status = run("status patients").assert_code(0).text();
    assert!(status.contains("candidate 2 is shadow: ") && status.contains("of 1000000 batches compared"), "{status}");
    assert!(run("promote patients 2").assert_code(0).text().contains("revision 2 is in force"));
    assert!(serving.mask("etl", TABLE).assert_whole().text().contains("SECOND"));

    desk.put("policy.yaml", POLICY.replace("FIRST", "THIRD"));
    assert!(run("reload patients").assert_code(0).text().contains("revision 3 is in shadow"));
    assert!(run("bar patients 3").assert_code(0).text().contains("revision 3 is barred"));
    assert!(run("promote patients 3").assert_code(2).stderr.contains("not waiting"));
    assert!(serving.mask("etl", TABLE).assert_whole().text().contains("SECOND"));
    let bodies: [&[u8]; 4] = [b"", b"{}", b"{\"revision\": -1}", b"{\"revision\": 1, \"more\": 2}"];
    for body in bodies {
        let path = "/v1/datasets/patients/promote";
        let refused = serving.post("anna", path, &[("content-type", "application/json")], body).assert_status(400);
        assert_eq!(refused.problem(), "bad-request");
    }
    let path = "/v1/datasets/patients/promote";
    assert_eq!(serving.post("anna", path, &[], b"{\"revision\": 1}").assert_status(415).problem(), "content-type");
}

#[test]
fn the_kill_switch_of_the_command_ends_a_request_that_runs() {
    let desk = desk(BY_HAND);
    let serving = Serving::start(&desk);
    let bearer = bearer("etl");
    let fields = [("authorization", bearer.as_str()), ("transfer-encoding", "chunked"), ("content-type", "text/csv")];
    let mut stream = connect(serving.address());
    stream.write_all(head("POST", MASK, &fields).as_bytes()).unwrap();
    let rows: String = (0..60_000).map(|number| format!("secret-{number},1980-01-02,x\n")).collect();
    let mut writer = stream.try_clone().unwrap();
    let sending = thread::spawn(move || writer.write_all(&chunk(format!("id,born,note\n{rows}").as_bytes())).unwrap());
    let mut first = [0; 4096];
    let read = stream.read(&mut first).unwrap();
    assert!(first[..read].starts_with(b"HTTP/1.1 200 OK\r\n"));
    sending.join().unwrap();

    let pulled = Instant::now();
    operate(&desk, &serving, "anna", "stop patients").assert_code(0);
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert!(!String::from_utf8_lossy(&rest).contains("moretta-status: complete"));
    assert!(pulled.elapsed() < Duration::from_secs(5), "{:?}", pulled.elapsed());
}

#[test]
fn a_quarantine_is_listed_without_its_rows() {
    let desk = desk(BY_HAND);
    let serving = Serving::start(&desk);
    serving.mask("etl", TABLE).assert_whole();
    let answer = serving.mask("etl", BROKEN).assert_whole();
    assert_eq!(answer.trailer("moretta-rows-quarantined"), "1");
    let listed = serving.get("anna", "/v1/datasets/patients/quarantine").assert_status(200);
    let files = listed.json()["files"].clone();
    assert_eq!(files.as_array().unwrap().len(), 1, "{files}");
    let (name, file) = (format!("{}.jsonl", answer.trailer("moretta-run")), &files[0]);
    assert_eq!((&file["name"], &file["rows"]), (&json!(name), &json!(1)));
    assert_eq!(file["bytes"], json!(desk.bytes(&format!("rejected/{name}")).len()));
    let shown = operate(&desk, &serving, "anna", "quarantine list patients").assert_code(0).text();
    assert!(shown.contains(&name), "{shown}");
    for told in [listed.text(), shown] {
        assert!(!told.contains("secret") && !told.contains("1981"), "{told}");
    }
    let none = operate(&desk, &serving, "anna", "quarantine list visits").assert_code(0).text();
    assert!(none.contains("no quarantine is kept"), "{none}");
}

#[test]
fn an_auditor_reads_what_the_command_exports() {
    let desk = desk(BY_HAND);
    let serving = Serving::start(&desk);
    let run = serving.mask("etl", TABLE).assert_whole().trailer("moretta-run").to_owned();
    serving.mask("etl", TABLE).assert_whole();
    // Both datasets write to one trail, so that of one is that of the other.
    assert_eq!(serving.get("otto", "/v1/datasets/patients/audit").assert_status(403).problem(), "forbidden");
    for (query, filter) in [
        (String::new(), String::new()),
        (format!("?run={run}"), format!("--run {run}")),
        ("?action=masked&since=2026".to_owned(), "--action masked --since 2026".to_owned()),
        ("?key=identity".to_owned(), "--key identity".to_owned()),
        ("?until=2020-01".to_owned(), "--until 2020-01".to_owned()),
    ] {
        let answer = serving.get("olga", &format!("/v1/datasets/patients/audit{query}")).assert_status(200);
        let exported = desk.run(&format!("audit export keys/audit {filter}")).assert_code(0).text();
        // The denial above is recorded when it is.
        let without_denials = |text: &str| -> Vec<String> {
            text.lines().filter(|line| !line.contains("operation-denied")).map(str::to_owned).collect()
        };
        assert_eq!(without_denials(&answer.text()), without_denials(&exported), "{query}");
        assert_eq!(
            (answer.complete, without_denials(&exported).is_empty()),
            (true, query.contains("until")),
            "{query}"
        );
        assert!(!answer.text().contains("secret"));
    }
    for query in ["?since=yesterday", "?who=anna", "?run=1&run=2"] {
        serving.get("olga", &format!("/v1/datasets/patients/audit{query}")).assert_status(400);
    }
}

#[test]
fn revisions_are_swapped_under_load_without_a_broken_or_mixed_answer() {
    let desk = desk(BY_HAND);
    let serving = Serving::start(&desk);
    let notes: String = (0..2_000).map(|number| format!("secret-{number},1980-01-02,x\n")).collect();
    let table = format!("id,born,note\n{notes}");
    let over = AtomicBool::new(false);
    let (answers, swaps) = thread::scope(|scope| {
        let client = || {
            let mut seen = BTreeMap::<String, BTreeSet<Vec<u8>>>::new();
            while !over.load(Ordering::Relaxed) {
                let answer = serving.mask("etl", &table).assert_whole();
                seen.entry(answer.trailer("moretta-revision").to_owned()).or_default().insert(answer.body);
            }
            seen
        };
        let clients: Vec<_> = (0..4).map(|_| scope.spawn(client)).collect();
        let mut swaps = 0;
        for number in 2..=30 {
            desk.put("policy.yaml", POLICY.replace("FIRST", &format!("NUMBER-{number}-")));
            let told = serving.post("anna", "/v1/datasets/patients/reload", &[], b"").assert_status(200).json();
            assert_eq!((&told["done"], &told["revision"]), (&json!("in-force"), &json!(number)), "{told}");
            swaps += 1;
        }
        over.store(true, Ordering::Relaxed);
        let seen: Vec<_> = clients.into_iter().map(|client| client.join().unwrap()).collect();
        (seen, swaps)
    });
    let mut revisions = BTreeSet::new();
    for (revision, bodies) in answers.into_iter().flatten() {
        assert_eq!(bodies.len(), 1, "one revision, one answer");
        let text = String::from_utf8(bodies.into_iter().next().unwrap()).unwrap();
        let note = if revision == "1" { "FIRST".to_owned() } else { format!("NUMBER-{revision}-") };
        assert_eq!(text.matches(&note).count(), 2_000, "{revision}");
        revisions.insert(revision);
    }
    let status = serving.get("anna", "/v1/datasets/patients").json();
    assert_eq!((swaps, &status["current"], &status["faults"]), (29, &json!(30), &json!(0)));
    assert!(revisions.len() > 2, "{revisions:?}");
}

/// Every value of every label, by the name of the label.
fn labels(metrics: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut labels = BTreeMap::<String, BTreeSet<String>>::new();
    for line in metrics.lines().filter(|line| !line.starts_with('#')) {
        let Some((_, rest)) = line.split_once('{') else { continue };
        let (inside, _) = rest.rsplit_once('}').unwrap();
        for pair in inside.split("\",") {
            let (name, value) = pair.split_once("=\"").unwrap();
            labels.entry(name.to_owned()).or_default().insert(value.trim_end_matches('"').to_owned());
        }
    }
    labels
}

fn sample(metrics: &str, name: &str) -> f64 {
    let line = metrics.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name} in {metrics}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

/// What can be counted happens, and whatever a client may name is named in a hostile way.
fn be_hostile(desk: &Desk, serving: &Serving) -> String {
    serving.mask("etl", TABLE).assert_whole();
    serving.mask("etl", BROKEN).assert_whole();
    serving.mask("etl", &BROKEN.replace("id,", "secret_column,")).assert_status(422);
    serving.mask("etl", "id,born\n1").assert_status(422);
    desk.put("policy.yaml", "version: 1\nrules: [ secret");
    serving.post("anna", "/v1/datasets/patients/reload", &[], b"").assert_status(422);
    for hostile in
        ["/v1/datasets/secret-name", "/v1/runs/secret", "/secret%22%7D%0Amoretta_secret%7B", "/v1/secret?secret"]
    {
        for subject in ["etl", "anna", "secret-subject"] {
            serving.get(subject, hostile);
            serving.post(subject, hostile, &[("content-type", "secret/secret"), ("secret", "secret")], b"secret");
        }
    }
    serving.get("anna", "/metrics").assert_status(200).text()
}

#[test]
fn labels_of_metrics_are_from_closed_sets_whatever_is_asked_for() {
    let desk = desk(BY_HAND);
    let serving = Serving::start(&desk);
    let metrics = be_hostile(&desk, &serving);
    assert!(metrics.ends_with("# EOF\n") && !metrics.contains("secret"), "{metrics}");
    let closed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("dataset", &["patients", "visits"][..]),
        (
            "outcome",
            &[
                "complete",
                "failed",
                "read",
                "masked",
                "quarantined",
                "dropped",
                "written",
                "in-force",
                "refused",
                "rolled-back",
            ],
        ),
        ("fault", &["none", "client", "plugin", "operator", "server"]),
        (
            "code",
            &["unparsable", "out-of-range", "unchanged", "missing", "unsupported", "contract", "content", "residue"],
        ),
        ("purpose", &["pseudonym", "date-shift"]),
        ("step", &["read", "gate", "plan", "mask", "verify", "audit", "write"]),
        ("state", &["shadow", "canary", "current", "draining", "retired"]),
        ("operation", &["mask", "operate", "read-audit"]),
    ]);
    let document: Value = serde_json::from_str(&desk.run("openapi").assert_code(0).text()).unwrap();
    for (name, values) in labels(&metrics) {
        for value in &values {
            let is_known = match name.as_str() {
                "route" => value == "none" || document["paths"].get(value).is_some(),
                "status" => (200..600).contains(&value.parse::<u16>().unwrap()),
                "le" => value == "+Inf" || value.parse::<f64>().is_ok(),
                name => closed[name].contains(&value.as_str()),
            };
            assert!(is_known, "{name}={value}");
        }
    }
}

#[test]
fn metrics_tell_what_was_done() {
    let desk = desk(BY_HAND);
    let serving = Serving::start(&desk);
    let metrics = be_hostile(&desk, &serving);
    let of_patients =
        |name: &str, more: &str| sample(&metrics, &format!("moretta_{name}{{dataset=\"patients\"{more}}}"));
    assert_eq!(of_patients("rows_total", ",outcome=\"masked\""), 3.0);
    assert_eq!(of_patients("rows_total", ",outcome=\"quarantined\""), 1.0);
    assert_eq!(of_patients("rejections_total", ",code=\"unparsable\""), 1.0);
    assert_eq!(of_patients("key_operations_total", ",purpose=\"pseudonym\""), 4.0);
    assert_eq!(of_patients("runs_total", ",outcome=\"complete\",fault=\"none\""), 2.0);
    assert_eq!(of_patients("reloads_total", ",outcome=\"refused\""), 1.0);
    assert_eq!(of_patients("revision_in_force", ""), 1.0);
    assert_eq!(of_patients("step_seconds_count", ",step=\"mask\""), 2.0);
    assert!(of_patients("step_seconds_sum", ",step=\"audit\"") > 0.0);
    assert!(of_patients("bytes_total", ",outcome=\"written\"") > 100.0);
    assert_eq!(sample(&metrics, "moretta_queue_depth"), 0.0);
    assert!(sample(&metrics, "moretta_denials_total{operation=\"operate\"}") > 0.0);

    // At the address of this machine alone everybody may read them, and nothing else is there.
    let address = serving.await_logged("metrics")["address"].as_str().unwrap().parse().unwrap();
    let there = |path: &str| exchange(connect(address), head("GET", path, &[("connection", "close")]).as_bytes());
    assert!(there("/metrics").assert_status(200).text().contains("moretta_rows_total"));
    assert_eq!(there("/v1/datasets").status, 404);
}

#[test]
fn every_way_in_of_the_document_is_there_and_asks_who_it_is() {
    let desk = desk(BY_HAND);
    let serving = Serving::start(&desk);
    let printed: Value = serde_json::from_str(&desk.run("openapi").assert_code(0).text()).unwrap();
    let served = serving.get("nobody", "/v1/openapi.json").assert_status(200).json();
    assert_eq!(printed, served);
    let close = [("connection", "close")];
    for (path, verbs) in printed["paths"].as_object().unwrap() {
        for (verb, described) in verbs.as_object().unwrap() {
            let request = head(&verb.to_uppercase(), &path.replace(['{', '}'], ""), &close);
            let answer = exchange(connect(serving.address()), request.as_bytes());
            let expected = if described["security"] == json!([]) { 200 } else { 401 };
            assert_eq!(answer.status, expected, "{verb} {path}");
        }
        let other = head("DELETE", &path.replace(['{', '}'], ""), &close);
        assert_eq!(exchange(connect(serving.address()), other.as_bytes()).status, 405, "{path}");
    }
}

#[test]
fn the_command_says_what_is_wrong_with_the_way_to_the_server() {
    let desk = desk(BY_HAND);
    let serving = Serving::start(&desk);
    let here = format!("http://{}", serving.address());
    desk.put("anna.token", bearer("anna").trim_start_matches("Bearer "));
    desk.put("none.token", "\n");
    let run = |server: &str, more: &str| desk.run(&format!("status --server {server} {more}"));
    for (server, more, code, part) in [
        ("http://masking.example:8443", "--token-file anna.token", 2, "https://HOST"),
        ("http://127.0.0.1:1", "--token-file anna.token", 1, "cannot reach http://127.0.0.1:1"),
        (here.as_str(), "", 2, "say who you are"),
        (here.as_str(), "--token-file none.token", 2, "holds no token"),
        (here.as_str(), "--token-file missing.token", 2, "missing.token"),
        (here.as_str(), "--certificate anna.pem", 2, "--key"),
    ] {
        let refused = run(server, more).assert_code(code);
        assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
    }
    let refused = operate(&desk, &serving, "etl", "stop patients").assert_code(2);
    assert!(refused.stderr.contains("no role of who asks allows this"), "{}", refused.stderr);
    let refused = operate(&desk, &serving, "secret-subject", "status").assert_code(2);
    assert!(refused.stderr.contains("no role of who asks"), "{}", refused.stderr);
    for name in ["../runs/1", "patients/stop", "a?b", "%2e"] {
        let refused = operate(&desk, &serving, "anna", &format!("status {name}")).assert_code(2);
        assert!(refused.stderr.contains("name of a dataset"), "{}", refused.stderr);
    }
}

#[test]
fn a_certificate_says_who_operates() {
    let (clinic, other) = (authority("clinic"), authority("other"));
    let desk = tls_desk(&clinic);
    let principal = "principals:\n  - { certificate: \"CN=anna\", roles: [on-call] }";
    desk.put("moretta.yaml", desk.text("moretta.yaml").replacen("principals:", principal, 1));
    let (certificate, key) = issued(&clinic, "anna");
    desk.put("anna.pem", certificate);
    desk.put("anna.key", key);
    desk.put("ca.pem", &clinic.pem);
    desk.put("other.pem", &other.pem);
    let serving = Serving::start(&desk);
    let address = format!("https://localhost:{}", serving.address().port());
    let settings = |ca: &'static str| {
        [
            ("MORETTA_SERVER", address.as_str()),
            ("MORETTA_SERVER_CA", ca),
            ("MORETTA_SERVER_CERTIFICATE", "anna.pem"),
            ("MORETTA_SERVER_KEY", "anna.key"),
        ]
    };
    let status = desk.run_with_settings("status", &settings("ca.pem")).assert_code(0).text();
    assert!(status.contains("patients"), "{status}");
    desk.run_with_settings("stop patients", &settings("ca.pem")).assert_code(0);
    assert!(records(&desk, "dataset-stopped")[0]["who"]["name"] == "CN=anna");
    // A server that the authority did not vouch for is told nothing.
    let refused = desk.run_with_settings("start patients", &settings("other.pem")).assert_code(1);
    assert!(refused.stderr.contains("cannot reach"), "{}", refused.stderr);
}

/// A shipped plugin as another version of itself.
fn released(packed: &[u8], version: &[u8]) -> Vec<u8> {
    let mut bytes = packed.to_vec();
    let at = bytes.windows(version.len()).position(|part| part == br#""version":"0.1.0""#).expect("a version");
    bytes[at..at + version.len()].copy_from_slice(version);
    bytes
}

#[test]
fn the_page_for_operators_works_as_it_stands() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let page = std::fs::read_to_string(format!("{root}/host/OPERATING.md")).unwrap();
    let blocks = page.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap());
    let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    // The server must not outlive a step that fails.
    let ended = "trap 'kill $(jobs -p) 2> /dev/null || true' EXIT\nPATH=$PWD/bin:$PATH\n";
    let script =
        [ended].into_iter().chain(blocks).collect::<String>().replace("8443", &free()).replace("9464", &free());
    let desk = Desk::new();
    ["new", "bin"].iter().for_each(|name| std::fs::create_dir(desk.path(name)).unwrap());
    std::os::unix::fs::symlink(moretta(), desk.path("bin/moretta")).unwrap();
    let packed = std::fs::read(format!("{root}/plugins/packed/redact.wasm")).unwrap();
    desk.put("new/redact-0.1.1.wasm", released(&packed, br#""version":"0.1.1""#));
    desk.put("new/redact-0.1.0.wasm", packed);
    desk.put("page.sh", script);
    let ran = desk.run_in_shell("bash -euxo pipefail page.sh");
    let log = std::fs::read_to_string(desk.path("log")).unwrap_or_default();
    assert_eq!(ran.code, Some(0), "{}{}{log}", ran.text(), ran.stderr);
    let said = ran.text();
    for part in [
        "in force again",
        "redact@0.1.0 is current again",
        "moretta_ready{dataset=\"patients\"} 1",
        "[removed]",
        "revision-in-force",
        "clean: ",
    ] {
        assert!(said.contains(part), "{part}: {said}{}", ran.stderr);
    }
    assert!(desk.text("masked.csv").lines().count() == 3 && !desk.text("masked.csv").contains("likes tea"));
}
