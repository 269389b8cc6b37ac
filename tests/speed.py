#!/usr/bin/env python3
"""Measures what the README claims, and prints ratios: figures of one machine in one run.

    python3 tests/speed.py [--bytes 1G] [--runs 5] [--directory DIR]

Builds what it needs, generates the same patients every time, masks 10 of their 22 columns, and rewrites the same file
with the same readers and writers and no masking in turn, so that a drift of the machine's speed meets both. The
benchmarks of single calls follow. Needs Python 3.9 and nothing beside the toolchain.
"""
import argparse
import csv
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
POLICIES = ROOT / "tests" / "corpus" / "generated"


def cargo(*arguments: str) -> None:
    subprocess.run(["cargo", *arguments], cwd=ROOT, check=True)


def target() -> pathlib.Path:
    metadata = subprocess.run(
        ["cargo", "metadata", "--format-version=1", "--no-deps"], cwd=ROOT, check=True, capture_output=True
    )
    return pathlib.Path(json.loads(metadata.stdout)["target_directory"])


def timed(*command: str) -> tuple[float, float]:
    """Wall seconds and peak MiB of a command that must succeed."""
    started = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{command[0]} failed")
    return time.perf_counter() - started, usage.ru_maxrss / 1024


def mask(moretta: pathlib.Path, source: pathlib.Path, policy: str, out: pathlib.Path) -> tuple[float, float]:
    run = ["mask", str(source), "--quiet", "--policy", str(POLICIES / policy), "--ephemeral-keys", "--out", str(out)]
    return timed(str(moretta), *run)


def files(built: pathlib.Path, directory: pathlib.Path, size: str, runs: int) -> None:
    source, out = directory / "patients.csv", directory / "masked.csv"
    subprocess.run([built / "generate", "--bytes", size, "--out", source], check=True)
    os.sync()
    moretta, megabytes = built / "moretta", source.stat().st_size / 1e6
    mask(moretta, source, "patients.yaml", out)
    pairs = [
        (mask(moretta, source, "keep-all.yaml", out), mask(moretta, source, "patients.yaml", out)) for _ in range(runs)
    ]
    kept, masked = ([one[0] for one in side] for side in zip(*pairs))
    ratio = statistics.median(k / m for k, m in zip(kept, masked))
    print(f"file of {megabytes:.0f} MB, {runs} pairs, medians:")
    print(f"  rewritten without masking  {megabytes / statistics.median(kept):7.0f} MB/s")
    print(f"  10 of 22 columns masked    {megabytes / statistics.median(masked):7.0f} MB/s")
    print(f"  throughput against no masking        {ratio:.2f}   (aim: 0.60 or more)")
    print(f"  peak memory                          {max(m[1] for _, m in pairs):.0f} MiB (aim: 300 or less)")
    classified = [timed(str(moretta), "classify", str(source), "--full")[0] for _ in range(runs)]
    print(f"  classified, every row      {megabytes / statistics.median(classified):7.0f} MB/s (aim: 100 or more on 2 cores)")
    scrubbing(moretta, directory, source.stat().st_size // 5, runs)
    small = directory / "small.csv"
    with source.open("rb") as lines:
        small.write_bytes(b"".join(next(lines) for _ in range(5)))
    start = statistics.median(mask(moretta, small, "patients.yaml", out)[0] for _ in range(runs))
    print(f"  start to the end of one small batch  {start * 1000:.0f} ms  (aim: 150 or less)")


def scrubbing(moretta: pathlib.Path, directory: pathlib.Path, size: int, runs: int) -> None:
    """Clinical notes, each beside what is known of its patient: all of that is looked for in its text."""
    notes, out = directory / "notes.csv", directory / "scrubbed.csv"
    synthea = ROOT / "tests" / "corpus" / "synthea"
    read = lambda name: list(csv.DictReader((synthea / name).open(newline="", encoding="utf-8")))
    patients = {patient["patient_id"]: patient for patient in read("patients.csv")}
    rows = [{**patients[note["patient_id"]], **note} for note in read("notes.csv")]
    with notes.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        while file.tell() < size:
            writer.writerows(rows)
    megabytes = notes.stat().st_size / 1e6
    scrubbed = [mask(moretta, notes, "notes.yaml", out)[0] for _ in range(runs)]
    print(f"  notes scrubbed, of {megabytes:.0f} MB  {megabytes / statistics.median(scrubbed):7.0f} MB/s (aim: 10 or more on 2 cores)")


def calls(built: pathlib.Path) -> None:
    for bench in ("calls", "encryption"):
        cargo("bench", "--profile", "release", "-p", "moretta", "--bench", bench, "--", "--quiet")

    def nanoseconds(*path: str) -> float:
        estimates = built.parent.joinpath("criterion", *path, "new", "estimates.json")
        return json.loads(estimates.read_text())["median"]["point_estimate"]

    for transform in ("partial", "pseudonym"):
        for rows in ("8192", "65536"):
            native, call, verified = (nanoseconds(transform, one, rows) for one in ("native", "call", "verified"))
            print(f"{transform}, {rows} values of 11 bytes: native {native / int(rows):.1f} ns a value")
            print(f"  sandboxed call, all limits on, fresh instance  {call / native:.2f} x native")
            print(f"  planned, called and verified                   {verified / native:.2f} x native")
    for transform, aim in (("encrypt", 0.70), ("encrypt-deterministic", 0.85), ("fpe", 0.95)):
        ratio = nanoseconds(transform, "native") / nanoseconds(transform, "call")
        print(f"{transform}: {ratio:.2f} of the native operation (aim: {aim:.2f} or more)")
    host = nanoseconds("fpe", "host") / nanoseconds("fpe", "call")
    print(f"fpe: {host:.2f} of the host's own FF1 without a plugin")
    print(f"empty call with a fresh instance: {nanoseconds('empty call') / 1000:.1f} µs (aim: 20 or less)", flush=True)
    cargo("bench", "--profile", "release", "-p", "moretta", "--bench", "deadline")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bytes", default="1G")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--directory", help="where the generated file goes; a temporary directory if not given")
    arguments = parser.parse_args()
    cargo("build", "--release", "--locked", "-p", "moretta", "-p", "moretta-tests", "--bins")
    built = target() / "release"
    with tempfile.TemporaryDirectory(dir=arguments.directory) as directory:
        files(built, pathlib.Path(directory), arguments.bytes, arguments.runs)
    calls(built)


if __name__ == "__main__":
    main()
