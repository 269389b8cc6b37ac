import unittest

from componentize_py_types import Err
from moretta import BatchError, testing
from moretta.testing import cells, mask, texts
from plugin import Mask


class Cases(testing.GoldenCases):
    plugin = Mask


class Plugin(unittest.TestCase):
    def test_no_more_is_kept_than_is_asked_for(self) -> None:
        masked = mask(Mask, "my-plugin", {"keep": 0}, texts("Ada", "A*", "été", None))
        self.assertEqual(cells(masked.columns[0]), ["*", "*", "*", None])

    def test_another_transform_is_refused(self) -> None:
        with self.assertRaises(Err) as refused:
            mask(Mask, "other", {}, texts())
        self.assertEqual(refused.exception.value, BatchError.UNKNOWN_TRANSFORM)
