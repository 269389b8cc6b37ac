"""Takes what names a person out of clinical notes in English, by rules: what each rule finds becomes its tag, `[DATE]`.

Rules find what has a form. Nothing here knows names of people or places: a name is found behind a title or a word such as
`patient`, or if it stands in a column of the same row that is lent as context. What is missed is listed in the README of
the kit; notes that came out of this are still notes about people.
"""

import re
from collections.abc import Iterator

from moretta import Call, Masked, Rejection, RejectionCode, Text, TextBuilder, masker

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)(?:\.(?=\s*\d))?"
)
_DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_YEAR = r"(?:19|20)\d\d"
_NAME = r"[A-Z][\w'’-]+"

# Tag and form, in this order: what one rule took is not there for the next.
_RULES = [
    ("EMAIL", re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("URL", re.compile(r"\b(?:https?://|www\.)\S+", re.I)),
    ("ID", re.compile(
        r"\b(?:MRN|medical record(?: number| no\.?)?|record no\.?|account(?: number| no\.?)?|acct\.?)"
        r"[\s:#]*[A-Z]{0,4}-?\d[\d-]{3,}", re.I)),
    ("SSN", re.compile(r"\b\d{3}-\d\d-\d{4}\b")),
    ("DATE", re.compile(
        rf"\b{_YEAR}-\d\d?-\d\d?(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"
        r"|\b\d\d?[/.]\d\d?[/.](?:\d{4}|\d\d)\b"
        # 120/80 mmHg is a blood pressure.
        r"|\b\d\d?/\d\d?\b(?!\s*(?:mmhg|%|[/\d]))"
        rf"|\b{_MONTH}\s+{_DAY}\b(?:,?\s+{_YEAR}\b)?"
        rf"|\b{_DAY}\s+(?:of\s+)?{_MONTH}(?:,?\s+{_YEAR}\b)?"
        rf"|\b{_MONTH},?\s+{_YEAR}\b", re.I)),
    ("PHONE", re.compile(
        r"(?<![\w.-])(?:\+?1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}\b(?:\s*(?:x|ext\.?)\s*\d+)?"
        r"|(?<![\w.])\+\d[\d ().-]{7,}\d")),
    # 90 and over is a group of its own (45 CFR 164.514(b)(2)(i)(C)).
    ("AGE", re.compile(
        r"\b(?:9\d|1[0-2]\d)(?=[ -]?(?:years?|yrs?|y/?o|yo)\b)|(?<=\baged )(?:9\d|1[0-2]\d)\b"
        r"|(?<=\bage )(?:9\d|1[0-2]\d)\b", re.I)),
    ("NAME", re.compile(
        rf"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Rev|Sr|Fr|Nurse)\b\.?\s+(?:{_NAME}|[A-Z]\.)(?:\s+(?:{_NAME}|[A-Z]\.)){{0,2}}")),
    ("NAME", re.compile(
        r"(?:(?<=\b[Pp]atient: )|(?<=\bPATIENT: )|(?<=\b[Nn]ame: )|(?<=\bNAME: )|(?<=\b[Ss]igned by )|(?<=\bnamed ))"
        rf"{_NAME}(?:\s+{_NAME}){{0,2}}")),
]


def scrub(note: str, tags: set[str], names: list[str]) -> str:
    """A note with tags in place of what the rules of these tags find, and of the names, whatever their case."""
    for tag, form in _RULES:
        if tag in tags:
            note = form.sub(f"[{tag}]", note)
    if names and "NAME" in tags:
        words = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
        note = re.sub(rf"\b(?:{words})\b", "[NAME]", note, flags=re.I)
    return note


def _names(call: Call) -> Iterator[list[str]]:
    """The names that the context has for each row, and the words of which they consist. One letter is no name."""
    columns = [Text(column) for column in call.context]
    for values in zip(*columns) if columns else iter(lambda: (), None):
        names = {part for value in values if value for part in [value, *value.split()]}
        yield [name for name in names if len(name) > 1]


def note(call: Call) -> Masked:
    config = call.config()
    tags = set(config["tags"])
    scrubbed, rejections = TextBuilder(), []
    for row, (value, names) in enumerate(zip(Text(call.only()), _names(call))):
        if value is not None and len(value) > config["longest"]:
            rejections.append(Rejection(row, RejectionCode.OUT_OF_RANGE))
            value = None
        scrubbed.push(None if value is None else scrub(value, tags, names))
    return Masked([scrubbed.finish()], rejections)


Mask = masker({"clinical-note": note})
