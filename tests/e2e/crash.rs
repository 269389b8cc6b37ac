//! Whatever ends a run early, there is the old output, the new one, or none, and never a piece of one.

use std::fs;
use std::io::Write;
use std::process::Stdio;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use moretta_tests::command::{Desk, moretta};
use moretta_tests::generate::{Amount, write_patients};

use crate::table::corpus;

const OLD: &[u8] = b"the output of the last run\n";

/// A desk with a table of this many rows, keys and the arguments that mask it.
fn desk(rows: u64) -> (Desk, Vec<String>) {
    let desk = Desk::new();
    desk.make_keys("keys");
    let mut table = Vec::new();
    write_patients(11, Amount::Rows(rows), &mut table).unwrap();
    desk.put("in.csv", table);
    let policy = corpus("generated/patients.yaml").display().to_string();
    let options = ["--keyring", "keys", "--out", "out.csv", "--report", "report.json", "--quarantine", "rows.q"];
    let arguments = ["mask", "in.csv", "--quiet", "--policy", &policy].into_iter().chain(options);
    let arguments = arguments.map(str::to_owned).collect();
    (desk, arguments)
}

/// Moments from 0 to 1, the same ones each time (Marsaglia's xorshift).
fn moments(mut seed: u64) -> impl Iterator<Item = f64> {
    std::iter::from_fn(move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        Some((seed % 1_000) as f64 / 1_000.0)
    })
}

#[test]
fn a_killed_run_leaves_the_old_output_or_the_whole_new_one() {
    let (desk, arguments) = desk(200_000);
    let started = Instant::now();
    assert!(desk.command(&moretta()).args(&arguments).status().unwrap().success());
    let whole_run = started.elapsed();
    let (whole, mut killed) = (desk.bytes("out.csv"), 0);

    for (number, moment) in moments(2_026).take(10).enumerate() {
        for name in ["report.json", "rows.q", "out.csv"] {
            drop(fs::remove_file(desk.path(name)));
        }
        let old = (number % 2 == 0).then_some(OLD);
        if let Some(old) = old {
            desk.put("out.csv", old);
        }
        let mut run = desk.command(&moretta()).args(&arguments).stderr(Stdio::null()).spawn().unwrap();
        // One in each tenth of the run, so that the beginning, the middle and the end are hit.
        sleep(whole_run.mul_f64((number as f64 + moment) / 10.0));
        run.kill().unwrap();
        if run.wait().unwrap().code().is_none() {
            killed += 1;
        }
        let out = fs::read(desk.path("out.csv")).ok();
        assert!(out.as_deref() == old || out.as_ref() == Some(&whole), "kill {number}: a partial output");
        assert_whole_beside(&desk, number);
    }
    assert!(killed >= 5, "only {killed} of 10 runs were killed before their end");
}

/// The report and the quarantine file are whole, if they are there at all; what else is left has a hidden name.
fn assert_whole_beside(desk: &Desk, number: usize) {
    for name in desk.names() {
        match name.as_str() {
            "in.csv" | "keys" | "out.csv" => {}
            "report.json" => drop(serde_json::from_str::<serde_json::Value>(&desk.text(&name)).unwrap()),
            "rows.q" => drop(desk.run("quarantine read rows.q --keyring keys").assert_code(0)),
            other => assert!(other.starts_with(".moretta-"), "kill {number} left {other}"),
        }
    }
}

#[test]
fn a_run_that_is_told_to_stop_fails_and_leaves_nothing() {
    let (desk, mut arguments) = desk(1_000);
    let table = desk.text("in.csv");
    let (header, rows) = table.split_once('\n').unwrap();
    arguments[1] = "-".to_owned();
    arguments.extend(["--input-format", "csv", "--batch-bytes", "65536"].map(str::to_owned));
    let before = desk.names();
    for signal in ["INT", "TERM", "HUP"] {
        let mut command = desk.command(&moretta());
        command.args(&arguments).stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut run = command.spawn().unwrap();
        let (mut pipe, header, rows) = (run.stdin.take().unwrap(), header.to_owned(), rows.to_owned());
        // The table has no end: only the signal ends the run.
        let writer = thread::spawn(move || {
            let begun = pipe.write_all(format!("{header}\n").as_bytes());
            while begun.is_ok() && pipe.write_all(rows.as_bytes()).is_ok() {}
        });
        while desk.names() == before {
            sleep(Duration::from_millis(5));
        }
        desk.run_in_shell(&format!("kill -s {signal} {}", run.id())).assert_code(0);
        let ended = run.wait_with_output().unwrap();
        writer.join().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(
            (ended.status.code(), said.as_str()),
            (Some(1), "error (machine): interrupted; nothing was written\n")
        );
        assert_eq!(desk.names(), before, "{signal}");
    }
}

#[test]
fn a_full_disk_fails_the_run_and_leaves_nothing() {
    let (desk, arguments) = desk(50_000);
    // A file may have 4 or 8 MiB, by the shell's unit; the output would have 11.
    let line = format!("trap '' XFSZ; ulimit -f 8192; exec \"$MORETTA\" {}", arguments.join(" "));
    let before = desk.names();
    let full = desk.run_in_shell(&line).assert_code(1);
    assert!(full.stderr.contains("cannot write out.csv: File too large"), "{}", full.stderr);
    assert_eq!(desk.names(), before);

    desk.put("out.csv", OLD);
    desk.run_in_shell(&line).assert_code(1);
    assert_eq!(desk.bytes("out.csv"), OLD);
}

#[test]
fn a_reader_that_takes_nothing_fails_the_run() {
    let (desk, _) = desk(1_000);
    let policy = corpus("generated/patients.yaml").display().to_string();
    let line = format!("exec \"$MORETTA\" mask in.csv --policy {policy} --ephemeral-keys --out - > /dev/full");
    let full = desk.run_in_shell(&line).assert_code(1);
    assert!(full.stderr.contains("cannot write -: No space left on device"), "{}", full.stderr);
}

#[test]
fn nothing_is_left_where_what_stands_beside_the_output_cannot_be_written() {
    let (desk, arguments) = desk(100);
    for taken in ["rows.q", "report.json"] {
        fs::create_dir(desk.path(taken)).unwrap();
        let before = desk.names();
        let failed = desk.run(&arguments.join(" ")).assert_code(2);
        assert!(failed.stderr.contains(taken), "{}", failed.stderr);
        assert_eq!(desk.names(), before, "{taken}");
        fs::remove_dir(desk.path(taken)).unwrap();
    }
}

#[test]
fn a_quarantine_file_of_an_earlier_run_is_never_replaced() {
    let (desk, arguments) = desk(100);
    desk.put("rows.q", OLD);
    let refused = desk.run(&arguments.join(" ")).assert_code(2);
    assert!(refused.stderr.contains("rows of an earlier run"), "{}", refused.stderr);
    assert_eq!(desk.bytes("rows.q"), OLD);
}

#[test]
fn a_failing_run_leaves_the_old_files_as_they_were() {
    let (desk, arguments) = desk(20_000);
    let mut table = desk.text("in.csv");
    table.push_str("one,field,too,few\n");
    desk.put("in.csv", table);
    for name in ["out.csv", "report.json"] {
        desk.put(name, OLD);
    }
    let before = desk.names();
    desk.run(&arguments.join(" ")).assert_code(1);
    assert_eq!(desk.names(), before);
    for name in ["out.csv", "report.json"] {
        assert_eq!(desk.bytes(name), OLD, "{name}");
    }
}
