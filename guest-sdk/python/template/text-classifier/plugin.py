"""Finds the record numbers of a house in free text: `HX-` and eight digits, of which the last checks the others."""

import re
from collections.abc import Iterator
from itertools import cycle

from moretta import Piece, find_in_text, text_classifier

MRN = 0
"""The place of `mrn` among the labels of `manifest.json`."""

CONFIDENCE = 95
"""How sure it is of a number: one of ten others has a right check digit as well."""

NUMBER = re.compile("(?<![0-9A-Za-z])HX-([0-9]{8})(?![0-9A-Za-z])")
"""A number that is no part of something longer."""


def numbers(text: str) -> Iterator[Piece]:
    for match in NUMBER.finditer(text):
        if checks(match[1]):
            yield Piece(match.start(), match.end(), MRN, CONFIDENCE)


def checks(digits: str) -> bool:
    """Whether digits add up to a multiple of ten, with weights of 3 and 1 by turns, as in EAN-8."""
    return sum(int(digit) * weight for digit, weight in zip(digits, cycle((3, 1)))) % 10 == 0


Find = text_classifier(lambda name, column: find_in_text(column, numbers))
