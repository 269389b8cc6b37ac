//! Rows in, masked rows out.

use std::io::Write;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use moretta_tests::command::Desk;
use moretta_tests::counterpart;
use moretta_tests::http::{chunk, read};
use moretta_tests::serving::{MASK, Serving, bearer, names_in};
use serde_json::Value;

use super::{CSV, begin, begin_masking, desk, masked, rows, table};

const ARROW: &str = "application/vnd.apache.arrow.stream";
const NDJSON: &str = "application/x-ndjson";

/// The records of the trail beside the keys.
fn records(desk: &Desk) -> Vec<Value> {
    let exported = desk.run("audit export keys/audit").assert_code(0).text();
    exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_table_is_masked_as_the_command_does_in_each_format() {
    let desk = desk("");
    let serving = Serving::start(&desk);
    for count in [0, 1, 40_000] {
        let sent = table(count);
        for (accept, out) in [("text/csv", "out.csv"), (NDJSON, "out.ndjson"), (ARROW, "out.arrows")] {
            let answer = serving.post("etl", MASK, &[CSV, ("accept", accept)], sent.as_bytes()).assert_whole();
            assert!(answer.body == masked(&desk, &sent, out), "{count} rows as {accept}");
            assert!(answer.field("content-type").starts_with(accept));
            assert_eq!(answer.trailer("moretta-rows-masked"), count.to_string());
        }
    }
}

#[test]
fn packed_bodies_and_other_formats_are_read() {
    let desk = desk("");
    let serving = Serving::start(&desk);
    let sent = table(5_000);
    let expected = masked(&desk, &sent, "out.csv");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(sent.as_bytes()).unwrap();
    for (encoding, body) in [("gzip", gzip.finish().unwrap()), ("zstd", zstd::encode_all(sent.as_bytes(), 1).unwrap())]
    {
        let answer = serving.post("etl", MASK, &[CSV, ("content-encoding", encoding)], &body).assert_whole();
        assert!(answer.body == expected, "{encoding}");
    }
    let lines: String = sent
        .lines()
        .skip(1)
        .map(|row| {
            let fields: Vec<_> = row.split(',').collect();
            format!(
                "{{\"id\":\"{}\",\"zip\":\"{}\",\"born\":\"{}\",\"visits\":\"{}\"}}\n",
                fields[0], fields[1], fields[2], fields[3]
            )
        })
        .collect();
    let fields = [("content-type", NDJSON), ("accept", "text/csv")];
    assert!(serving.post("etl", MASK, &fields, lines.as_bytes()).assert_whole().body == expected);
}

fn arrow_stream() -> Vec<u8> {
    let text = |values: &[&str]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
    let batch = RecordBatch::try_from_iter([
        ("id", text(&["p1", "p2"])),
        ("zip", text(&["02139", "03601"])),
        ("born", text(&["1980-01-02", "1981-01-02"])),
        ("visits", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef),
    ])
    .unwrap();
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn an_arrow_stream_comes_back_as_one() {
    let desk = desk("");
    let serving = Serving::start(&desk);
    let answer = serving.post("etl", MASK, &[("content-type", ARROW)], &arrow_stream()).assert_whole();
    let batches: Vec<_> = StreamReader::try_new(answer.body.as_slice(), None).unwrap().map(Result::unwrap).collect();
    assert_eq!((batches.len(), batches[0].num_rows()), (1, 2));
    let zip = batches[0].column_by_name("zip").unwrap();
    assert_eq!(zip.as_ref(), &StringArray::from(vec!["021", "000"]));
    // What follows the end of the stream is not overlooked.
    let surplus = [arrow_stream(), b"p3,02139".to_vec()].concat();
    let answer = serving.post("etl", MASK, &[("content-type", ARROW)], &surplus);
    assert!(!answer.complete, "{answer:?}");
    let gzip = |bytes: &[u8]| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    };
    let packed = [("content-type", ARROW), ("content-encoding", "gzip")];
    serving.post("etl", MASK, &packed, &gzip(&arrow_stream())).assert_whole();
    assert!(!serving.post("etl", MASK, &packed, &gzip(&surplus)).complete);
}

#[test]
fn rows_go_back_while_others_are_still_to_come() {
    let desk = desk("");
    let serving = Serving::start(&desk);
    let mut stream = begin_masking(&serving, "etl", &[]);
    stream.write_all(&[chunk(rows(0..100).as_bytes()), chunk(b"")].concat()).unwrap();
    let rest = std::io::read_to_string(stream).unwrap();
    assert!(rest.contains("moretta-status: complete\r\n") && rest.contains("moretta-rows-read: 60100\r\n"));
}

#[test]
fn a_run_can_be_looked_up_by_who_asked_for_it_and_by_operators() {
    let desk = desk("");
    let serving = Serving::start(&desk);
    let answer = serving.mask("etl", &table(100)).assert_whole();
    let run = format!("/v1/runs/{}", answer.trailer("moretta-run"));
    assert_eq!(answer.field("moretta-run"), answer.trailer("moretta-run"));
    for who in ["etl", "anna"] {
        let told = serving.get(who, &run).assert_status(200).json();
        assert_eq!((&told["status"], &told["report"]["rows"]["masked"]), (&"complete".into(), &100.into()), "{told}");
        assert_eq!((&told["principal"], &told["dataset"]), (&"etl".into(), &"patients".into()));
    }
    serving.get("etl-2", &run).assert_status(404);
    let failed = serving.mask("etl", "id,zip\n\"1\n").assert_status(422);
    let told = serving.get("etl", &format!("/v1/runs/{}", failed.json()["run"].as_str().unwrap())).json();
    assert_eq!((&told["status"], &told["problem"]["fault"]), (&"failed".into(), &"client".into()), "{told}");
}

#[test]
fn who_asked_is_in_the_audit_trail() {
    let desk = desk("");
    let serving = Serving::start(&desk);
    let answer = serving.mask("etl", &table(100)).assert_whole();
    serving.mask("etl-2", "id,zip\n\"1\n").assert_status(422);
    desk.run("audit verify keys/audit --keyring keys").assert_code(0);
    let records = records(&desk);
    let of_run = records.iter().filter(|record| record["run"] == answer.trailer("moretta-run"));
    let told: Vec<_> = of_run.map(|record| (record["action"].as_str().unwrap(), &record["who"])).collect();
    assert!(told.iter().any(|(action, _)| *action == "masked"), "{told:?}");
    assert!(told.iter().all(|(_, who)| who["name"] == "etl" && who["kind"] == "principal"), "{told:?}");
    let failed = records.iter().find(|record| record["who"]["name"] == "etl-2" && record["outcome"] == "failed");
    assert!(failed.is_some(), "{records:?}");
}

#[test]
fn rows_that_cannot_be_masked_go_to_a_quarantine_of_their_run() {
    let desk = desk("");
    let serving = Serving::start(&desk);
    let odd = |count: usize| format!("{}{}", table(50), "odd,02139,not known,1\n".repeat(count));
    let answer = serving.mask("etl", &odd(2)).assert_whole();
    assert_eq!(answer.trailer("moretta-rows-quarantined"), "2");
    let file = format!("{}.jsonl", answer.trailer("moretta-run"));
    assert_eq!(names_in(&desk.path("quarantine")), std::slice::from_ref(&file));
    let read = desk.run(&format!("quarantine read quarantine/{file} --keyring keys")).assert_code(0).text();
    assert_eq!(read.lines().count(), 2);
    // Too many leave none, and neither does a run without any.
    let refused = serving.mask("etl", &odd(3)).assert_status(422);
    assert!(refused.problem() == "quarantined" && !refused.text().contains("not known"), "{}", refused.text());
    serving.mask("etl", &table(10)).assert_whole();
    assert_eq!(names_in(&desk.path("quarantine")), [file]);
}

#[test]
fn the_log_tells_no_value_no_path_and_no_token() {
    let desk = desk("");
    let mut serving = Serving::start(&desk);
    serving.mask("etl", &table(100)).assert_whole();
    serving.mask("etl", "id,zip,born,visits\nsecret-patient,\"02139\n").assert_status(422);
    serving
        .post("etl", "/v1/datasets/patients/mask?ssn=secret-ssn", &[("x-secret", "secret-field")], b"")
        .assert_status(415);
    serving.get("etl", "/v1/runs/secret-run").assert_status(404);
    serving.get("etl", "/secret-path").assert_status(404);
    drop(begin(&serving, "etl", &[("idempotency-key", "secret-key")]));
    serving.signal("TERM");
    assert_eq!(serving.wait(), Some(0));
    let log = serving.log();
    assert!(log.lines().count() > 5 && serving.logged("no JSON").is_empty(), "{log}");
    for hidden in ["secret", "patient-", "02139", "Bearer", &bearer("etl")[7..40]] {
        assert!(!log.contains(hidden), "{hidden}: {log}");
    }
}

#[test]
fn http_2_is_spoken_too() {
    let Some(curl) = counterpart::find("curl", &counterpart::on_path("curl"), "apt-get install curl") else { return };
    let desk = desk("");
    let serving = Serving::start(&desk);
    let sent = table(40_000);
    desk.put("sent.csv", &sent);
    let mut command = desk.command(&curl);
    let url = format!("http://{}{MASK}", serving.address());
    let bearer = format!("authorization: {}", bearer("etl"));
    let fields = ["-H", "content-type: text/csv", "-H", &bearer];
    command.args([
        "--silent",
        "--http2-prior-knowledge",
        "--data-binary",
        "@sent.csv",
        "-D",
        "head",
        "-o",
        "answer.csv",
    ]);
    assert!(command.args(fields).arg(&url).status().unwrap().success());
    assert!(desk.text("head").starts_with("HTTP/2 200") && desk.text("head").contains("moretta-status: complete"));
    assert!(desk.bytes("answer.csv") == masked(&desk, &sent, "out.csv"));
    // An answer that is not complete is an error of the stream.
    desk.put("sent.csv", format!("{sent}patient,\"\n"));
    let mut command = desk.command(&curl);
    command.args(["--silent", "--http2-prior-knowledge", "--data-binary", "@sent.csv", "-o", "answer.csv"]);
    assert_eq!(command.args(fields).arg(&url).status().unwrap().code(), Some(92));
}

#[test]
fn an_error_behind_the_first_rows_breaks_the_answer() {
    let desk = desk("");
    let serving = Serving::start(&desk);
    let mut stream = begin_masking(&serving, "etl", &[]);
    stream.write_all(&[chunk(b"secret-patient,\"\n"), chunk(b"")].concat()).unwrap();
    let mut whole = Vec::from("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
    // The head was read before: what follows is broken off in the midst of chunks.
    let _ = std::io::Read::read_to_end(&mut stream, &mut whole);
    assert!(!read(whole.as_slice()).complete && !whole.ends_with(b"0\r\n\r\n"));
    assert!(!String::from_utf8_lossy(&whole).contains("moretta-status"));
    assert_eq!(serving.await_logged("run")["problem"], "input");
}
