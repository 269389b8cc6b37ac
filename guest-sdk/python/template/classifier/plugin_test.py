import unittest

from moretta import testing
from moretta.testing import classify, texts
from plugin import US_SSN, Classify
from wit_world.imports.types import Finding


class Cases(testing.ClassifierCases):
    plugin = Classify


class Plugin(unittest.TestCase):
    def test_numbers_are_counted_and_nulls_left_out(self) -> None:
        numbers = texts("123-45-6789", None, "000-12-3456", "987-65-4321")
        found = classify(Classify, {"name": texts("Ada", None), "number": numbers})
        self.assertEqual(found, [Finding(1, US_SSN, 1, 3)])

    def test_a_column_of_no_rows_gives_no_finding(self) -> None:
        self.assertEqual(classify(Classify, {"number": texts()}), [])
