import unittest

from moretta import Piece, Span, find_in_text, testing
from moretta.testing import find, texts
from plugin import CONFIDENCE, MRN, Find


class Cases(testing.TextClassifierCases):
    plugin = Find


class Plugin(unittest.TestCase):
    def test_places_are_counted_in_bytes(self) -> None:
        found = find(Find, "note", texts(None, "née HX-20481636", "HX-20481637"))
        self.assertEqual(found, [Span(1, 5, 16, MRN, CONFIDENCE)])

    def test_the_pieces_of_a_row_rise_in_whatever_order_they_come(self) -> None:
        spans = find_in_text(texts("é1é"), lambda text: [Piece(2, 3, MRN, 1), Piece(0, 2, MRN, 1)])
        self.assertEqual([(span.start, span.end) for span in spans], [(0, 3), (3, 5)])
