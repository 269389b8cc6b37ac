import itertools
import unittest

from componentize_py_types import Err
from moretta import BatchError, testing
from moretta.testing import cells, mask, texts
from plugin import KEPT, Mask


class Cases(testing.GoldenCases):
    plugin = Mask


class LastFour(unittest.TestCase):
    def test_no_more_than_four_letters_and_digits_survive_and_never_all(self) -> None:
        values = ["".join(value) for value in itertools.product("a9Z-/", repeat=6)]
        masked = mask(Mask, "last-four", {}, texts(*values))
        self.assertEqual(masked.rejections, [])
        for value, got in zip(values, cells(masked.columns[0])):
            before = [letter for letter in value if letter.isalnum()]
            after = [letter for letter in got if letter.isalnum()]
            self.assertEqual(after, before[-KEPT:] if len(before) > KEPT else [], value)
            self.assertNotEqual(value, got)

    def test_another_transform_is_refused(self) -> None:
        with self.assertRaises(Err) as refused:
            mask(Mask, "other", {}, texts())
        self.assertEqual(refused.exception.value, BatchError.UNKNOWN_TRANSFORM)
