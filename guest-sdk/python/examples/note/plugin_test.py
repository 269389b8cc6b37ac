import time
import unittest

from moretta import RejectionCode, testing
from moretta.testing import cells, mask, texts
from plugin import Mask, scrub

ALL = {"EMAIL", "URL", "ID", "SSN", "DATE", "PHONE", "AGE", "NAME"}
CONFIG = {"tags": sorted(ALL), "longest": 100_000}


class Cases(testing.GoldenCases):
    plugin = Mask


class Note(unittest.TestCase):
    def test_spellings_of_dates(self) -> None:
        for date in ["2024-03-05", "3/5/2024", "03.05.24", "March 5, 2024", "5 Mar 2024", "Mar. 5th", "5th of May", "March 2024",
                     "2024-03-05T11:38:40.967331+00:00"]:
            self.assertEqual(scrub(f"Seen {date}.", ALL, []), "Seen [DATE].", date)

    def test_spellings_of_phone_numbers(self) -> None:
        for phone in ["617-555-0137", "(617) 555-0137", "+1 617 555 0137", "1-617-555-0137 x12", "+44 20 7946 0958"]:
            self.assertEqual(scrub(f"Call {phone}", ALL, []), "Call [PHONE]", phone)

    def test_what_is_no_identifier_stays(self) -> None:
        for kept in ["BP 120/80 mmHg, HR 72", "Na 140, K 4.1", "2 tablets 3 times a day", "aged 42", "an 89-year-old", "T 37.5",
                     "may improve with rest", "INR 2.5-3.0", "10 mg/5 mL"]:
            self.assertEqual(scrub(kept, ALL, []), kept)

    def test_names_of_the_context_are_found_in_any_case(self) -> None:
        context = [texts("Anisha", None), texts("Johnston", "Corkery")]
        notes = texts("anisha JOHNSTON is well. Johnstone is a town.", "Corkery's mother called")
        masked = mask(Mask, "clinical-note", CONFIG, notes, context=context)
        self.assertEqual(cells(masked.columns[0]),
                         ["[NAME] [NAME] is well. Johnstone is a town.", "[NAME]'s mother called"])

    def test_a_note_that_is_too_long_is_rejected(self) -> None:
        masked = mask(Mask, "clinical-note", CONFIG | {"longest": 3}, texts("long", "ok", None))
        self.assertEqual([(one.row, one.code) for one in masked.rejections], [(0, RejectionCode.OUT_OF_RANGE)])

    def test_no_rule_takes_long_over_hostile_text(self) -> None:
        for letter in ["1", "a", "A ", "a.", "+1 ", "(1", "a@", "1/"]:
            started = time.perf_counter()
            scrub(letter * 5_000, ALL, [])
            self.assertLess(time.perf_counter() - started, 2, letter)
