"""Finds columns of US social security numbers."""

import re

from moretta import Column, Match, classifier, count_text

US_SSN = 0
"""The place of `us-ssn` among the labels of `manifest.json`."""

NUMBER = re.compile("(?!000|666|9)[0-9]{3}-[0-9]{2}-[0-9]{4}")
"""Nine digits, grouped as `123-45-6789`, of an area that is given out."""


def find(name: str, column: Column) -> list[Match]:
    return count_text(column, US_SSN, lambda value: NUMBER.fullmatch(value) is not None)


Classify = classifier(find)
