"""Testing a plugin natively, without a host: the golden cases of its manifest, and a key without a secret."""

import json
import re
import unittest
import zlib
from typing import Any

from componentize_py_types import Err
from moretta import Column, NumberBuilder, Numbers, Span, Text, TextBuilder
from wit_world.imports import types


class GoldenCases(unittest.TestCase):
    """Runs every golden case of a manifest. A subclass names the plugin; where it is lent a key, `keyed` too."""

    manifest = "manifest.json"
    plugin: type
    keyed = False

    def test_golden_cases(self) -> None:
        with open(self.manifest, encoding="utf-8") as file:
            transforms = json.load(file)["transforms"]
        for transform in transforms:
            for case in transform["cases"]:
                with self.subTest(case["name"]):
                    self._check(transform, case)

    def _check(self, transform: dict, case: dict) -> None:
        properties = transform["config"].get("properties", {}).items()
        config = {name: schema["default"] for name, schema in properties if "default" in schema} | case.get("config", {})
        request = types.Request(transform["name"], json.dumps(config), case.get("reference_date"))
        key = [TestKey([column(case["input"])])] if self.keyed else []
        masked = self.plugin().mask(request, [column(case["input"])], [], *key)
        rejected = [{"row": one.row, "code": one.code.name.lower().replace("_", "-")} for one in masked.rejections]
        self.assertEqual(rejected, case.get("rejected", []))
        self.assertEqual(len(masked.columns), 1)
        got = cells(masked.columns[0])
        [expected] = case.get("output", case.get("output_shape")).values()
        self.assertEqual(len(got), len(expected))
        for row, (cell, wanted) in enumerate(zip(got, expected)):
            if row in {one.row for one in masked.rejections}:
                continue
            if "output" in case or wanted is None:
                self.assertEqual(cell, wanted, f"row {row}")
            else:
                self.assertRegex(cell, re.compile(wanted), f"row {row}")


class ClassifierCases(unittest.TestCase):
    """Runs every golden case of a classifier's manifest. A subclass names the plugin."""

    manifest = "manifest.json"
    plugin: type

    def test_golden_cases(self) -> None:
        with open(self.manifest, encoding="utf-8") as file:
            manifest = json.load(file)
        labels = [label if isinstance(label, str) else label["label"] for label in manifest["labels"]]
        for case in manifest["cases"]:
            with self.subTest(case["name"]):
                # Of several ways to find one label, the most successful counts.
                matched: dict[str, int] = {}
                for found in classify(self.plugin, {case.get("column", ""): column(case["input"])}):
                    matched[labels[found.label]] = max(found.matched, matched.get(labels[found.label], 0))
                self.assertEqual(matched, case["matched"])


class TextClassifierCases(unittest.TestCase):
    """Runs every golden case of a text classifier's manifest. A subclass names the plugin."""

    manifest = "manifest.json"
    plugin: type

    def test_golden_cases(self) -> None:
        with open(self.manifest, encoding="utf-8") as file:
            manifest = json.load(file)
        for case in manifest["cases"]:
            with self.subTest(case["name"]):
                input = column(case["input"])
                texts = [(text or "").encode() for text in Text(input)]
                found: list[list[dict]] = [[] for _ in texts]
                for span in find(self.plugin, case.get("column", ""), input):
                    piece = texts[span.row][span.start:span.end].decode()
                    found[span.row].append({"label": manifest["labels"][span.label], "text": piece})
                self.assertEqual(found, case["found"])


def find(plugin: type, name: str, column: Column) -> list[Span]:
    """What a text classifier finds in a column of this name."""
    found = plugin().find(types.Request("find", "{}", None), name, column)
    return [Span(span.row, span.start, span.end, span.label, span.confidence) for span in found]


def classify(plugin: type, columns: dict[str, Column]) -> list[types.Finding]:
    """What a classifier finds in columns of these names."""
    return plugin().classify(types.Request("classify", "{}", None), list(columns), list(columns.values()))


def mask(plugin: type, transform: str, config: dict, *columns: Column, context: list[Column] | None = None) -> types.Masked:
    """Masks columns with one transform."""
    return plugin().mask(types.Request(transform, json.dumps(config), None), list(columns), context or [])


def texts(*values: str | None) -> Column:
    """A column of text, `None` for a null."""
    builder = TextBuilder()
    for value in values:
        builder.push(value)
    return builder.finish()


def cells(column: Column) -> list[Any]:
    """The values of a column, `None` for a null."""
    return list(Text(column) if isinstance(column.values, types.Values_Text) else Numbers(column))


def column(written: dict[str, list]) -> Column:
    """A column as a case writes it: `{"text": [..]}`, `{"int64": [..]}` and so on."""
    [(kind, values)] = written.items()
    if kind == "text":
        return texts(*values)
    builder = NumberBuilder()
    for value in values:
        builder.push(value)
    return builder.finish(kind)


class TestKey:
    """A key lent for these columns: its digests differ where the values do, and hide nothing."""

    def __init__(self, columns: list[Column]) -> None:
        self._columns = columns

    def digests(self, column: int, _: object, length: int) -> bytes:
        if column >= len(self._columns) or not 1 <= length <= 32:
            raise Err("not granted")
        return b"".join(_digest(cell, length) for cell in cells(self._columns[column]))


def _digest(cell: Any, length: int) -> bytes:
    if cell is None:
        return bytes(length)
    sums = (zlib.crc32(str(cell).encode(), index) for index in range(0, length, 4))
    return b"".join(one.to_bytes(4, "little") for one in sums)[:length]
