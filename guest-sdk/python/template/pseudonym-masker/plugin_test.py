import unittest

from moretta import testing
from moretta.testing import TestKey, cells, texts
from plugin import MaskWithPseudonymKey
from wit_world.imports import types


class Cases(testing.GoldenCases):
    plugin = MaskWithPseudonymKey
    keyed = True


class Plugin(unittest.TestCase):
    def test_equal_values_have_equal_codes_and_others_have_others(self) -> None:
        column = texts("MRN-1", "MRN-2", "MRN-1", None)
        request = types.Request("my-plugin", '{"digits": 12}', None)
        masked = MaskWithPseudonymKey().mask(request, [column], [], TestKey([column]))
        first, second, third, none = cells(masked.columns[0])
        self.assertEqual(first, third)
        self.assertNotEqual(first, second)
        self.assertIsNone(none)
