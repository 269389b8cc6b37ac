import unittest

from componentize_py_types import Err
from moretta import BatchError, testing
from moretta.testing import TestKey, cells, texts
from plugin import MaskWithPseudonymKey
from wit_world.imports import types

REQUEST = types.Request("link-code", '{"length": 9}', None)


class Cases(testing.GoldenCases):
    plugin = MaskWithPseudonymKey
    keyed = True


class LinkCode(unittest.TestCase):
    def test_equal_values_have_equal_codes(self) -> None:
        column = texts("MRN-1", "MRN-2", "MRN-1", None)
        masked = MaskWithPseudonymKey().mask(REQUEST, [column], [], TestKey([column]))
        first, second, third, none = cells(masked.columns[0])
        self.assertEqual(first, third)
        self.assertNotEqual(first, second)
        self.assertIsNone(none)

    def test_a_refused_key_refuses_the_batch(self) -> None:
        with self.assertRaises(Err) as refused:
            MaskWithPseudonymKey().mask(REQUEST, [texts("a")], [], TestKey([]))
        self.assertEqual(refused.exception.value, BatchError.KEY_REFUSED)
