"""What the author of a Moretta plugin in Python uses: one function for each world, and views and builders over columns.

    Mask = masker({"my-transform": lambda call: map_text(call.only(), lambda value: value[:1])})

A call runs in an instance of its own: what it stores is gone in the next. There are no files, no threads and no clock,
`random` gives the same numbers each time, and what is printed goes nowhere; the only date is that of the policy. Import at
the top of a module: when the component is built, all that was imported becomes part of it, and nothing is found later.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate, pairwise
from typing import Any, NamedTuple, Never, Protocol

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import types
from wit_world.imports.types import BatchError, Column, Masked, Rejection, RejectionCode

__all__ = [
    "BatchError", "Call", "Column", "Masked", "Match", "Numbers", "NumberBuilder", "Piece", "PseudonymKey", "Reject",
    "Rejection", "RejectionCode", "Span", "Text", "TextBuilder", "classifier", "count_text", "find_in_text", "is_null",
    "map_text", "masker", "pseudonym_masker", "refuse", "text_classifier",
]


def refuse(error: BatchError) -> Never:
    """Refuses the whole batch, which stops the run."""
    raise Err(error)


class Call:
    """What is asked of the plugin, for one batch."""

    def __init__(self, request: types.Request, columns: list[Column], context: list[Column]) -> None:
        self._request = request
        self.columns = columns
        """The columns to mask."""
        self.context = context
        """The columns that the plugin may see beside them."""

    def only(self) -> Column:
        """The one column to mask."""
        return self.columns[0] if len(self.columns) == 1 else refuse(BatchError.WRONG_COLUMNS)

    def config(self) -> dict[str, Any]:
        """The rule's `with:`. The host filled in the defaults and checked it against the manifest's schema."""
        try:
            return json.loads(self._request.config)
        except ValueError:
            refuse(BatchError.INVALID_CONFIG)

    def today(self) -> int:
        """The policy's reference date in days since 1970-01-01: the only "today" there is."""
        days = self._request.reference_date
        return refuse(BatchError.NO_REFERENCE_DATE) if days is None else days


class PseudonymKey(Protocol):
    """Permission to digest the columns of one call, for as long as it lasts. See `wit/pseudonym.wit`."""

    def digests(self, column: int, length: int, *, trim: bool = False, ascii_case: bool = False,
                separators: bool = False) -> bytes:
        """So many bytes, 1 to 32, for each row, zeros for a null."""


def masker(transforms: dict[str, Callable[[Call], Masked]]) -> type:
    """The export of the world `masker`, to be named `Mask`: a function for each transform of the manifest."""

    class Mask(exports.Mask):
        def mask(self, request: types.Request, columns: list[Column], context: list[Column]) -> Masked:
            return _find(transforms, request)(Call(request, columns, context))

    return Mask


def pseudonym_masker(transforms: dict[str, Callable[[Call, PseudonymKey], Masked]]) -> type:
    """The export of the world `pseudonym-masker`, to be named `MaskWithPseudonymKey`."""

    class MaskWithPseudonymKey(exports.MaskWithPseudonymKey):
        def mask(self, request: types.Request, columns: list[Column], context: list[Column], key: Any) -> Masked:
            return _find(transforms, request)(Call(request, columns, context), _LentKey(key))

    return MaskWithPseudonymKey


class Match(NamedTuple):
    """How many values of a column speak for a label of the manifest, counted from 0, of how many that were looked at."""

    label: int
    matched: int
    examined: int


def classifier(find: Callable[[str, Column], Iterable[Match]]) -> type:
    """The export of the world `classifier`, to be named `Classify`: what speaks for what in one column of this name.

    Each label is named once; one that no value speaks for can be left out. Nulls are not looked at.
    """

    class Classify(exports.Classify):
        def classify(self, request: types.Request, names: list[str], columns: list[Column]) -> list[types.Finding]:
            return [types.Finding(index, *match) for index, (name, column) in enumerate(zip(names, columns))
                    for match in find(name, column) if match.matched]

    return Classify


class Span(NamedTuple):
    """A piece of a text: the bytes of UTF-8 from `start` up to `end` of the value of a row."""

    row: int
    start: int
    end: int
    label: int
    confidence: int


def text_classifier(find: Callable[[str, Column], Iterable[Span]]) -> type:
    """The export of the world `text-classifier`, to be named `Find`: the pieces of the texts of a column of this name."""
    from wit_world.exports import find as contract

    class Find(exports.Find):
        def find(self, request: types.Request, name: str, column: Column) -> list[contract.Span]:
            return [contract.Span(*span) for span in find(name, column)]

    return Find


class _LentKey:
    def __init__(self, key: Any) -> None:
        self._key = key

    def digests(self, column: int, length: int, *, trim: bool = False, ascii_case: bool = False,
                separators: bool = False) -> bytes:
        from wit_world.imports.pseudonym import Normalization
        chosen = {Normalization.TRIM: trim, Normalization.ASCII_CASE: ascii_case, Normalization.SEPARATORS: separators}
        flags = Normalization(0)
        for flag, is_set in chosen.items():
            flags |= flag if is_set else Normalization(0)
        try:
            return self._key.digests(column, flags, length)
        except Err:
            refuse(BatchError.KEY_REFUSED)


def _find(transforms: dict[str, Callable], request: types.Request) -> Callable:
    return transforms.get(request.transform) or refuse(BatchError.UNKNOWN_TRANSFORM)


def is_null(column: Column, row: int) -> bool:
    """Whether a row has no value."""
    return column.validity is not None and not column.validity[row >> 3] >> (row & 7) & 1


class Text:
    """A view of a column of text.

    `data` has all values as UTF-8, one after the other, and value `row` is `data[offsets[row]:offsets[row + 1]]`. What is
    done to all of `data` at once, such as `translate`, is many times quicker than what is done value by value.
    """

    def __init__(self, column: Column) -> None:
        if not isinstance(column.values, types.Values_Text):
            refuse(BatchError.UNSUPPORTED_TYPE)
        self._column = column
        self.rows = column.rows
        self.offsets = column.values.value.offsets
        self.data = bytes(column.values.value.data)

    def __iter__(self) -> Iterator[str | None]:
        """All values in order, `None` for a null."""
        whole = self.data.decode("ascii") if self.data.isascii() else None
        for row, (start, end) in enumerate(pairwise(self.offsets)):
            if is_null(self._column, row):
                yield None
            else:
                yield self.data[start:end].decode() if whole is None else whole[start:end]


class TextBuilder:
    """Builds a column of text, value by value."""

    def __init__(self) -> None:
        self._values: list[str] = []
        self._nulls: list[int] = []

    def push(self, value: str | None) -> None:
        if value is None:
            self._nulls.append(len(self._values))
        self._values.append(value or "")

    def finish(self) -> Column:
        whole = "".join(self._values)
        lengths = map(len, self._values) if whole.isascii() else (len(value.encode()) for value in self._values)
        variable = types.Variable(list(accumulate(lengths, initial=0)), whole.encode())
        return Column(len(self._values), _bits(len(self._values), self._nulls), types.Values_Text(variable))


class Numbers:
    """A view of a column of numbers: integers, floating-point numbers, days since 1970-01-01, or microseconds since then."""

    def __init__(self, column: Column) -> None:
        if isinstance(column.values, (types.Values_Text, types.Values_Binary, types.Values_Boolean)):
            refuse(BatchError.UNSUPPORTED_TYPE)
        self._column = column
        self.rows = column.rows
        self.values = column.values.value

    def __iter__(self) -> Iterator[int | float | None]:
        """All values in order, `None` for a null."""
        for row, value in enumerate(self.values):
            yield None if is_null(self._column, row) else value


class NumberBuilder:
    """Builds a column of numbers of the type `int64`, `float64`, `date32` or `timestamp`."""

    _TYPES = {"int64": types.Values_Int64, "float64": types.Values_Float64, "date32": types.Values_Date32,
              "timestamp": types.Values_Timestamp}

    def __init__(self) -> None:
        self._values: list[int | float] = []
        self._nulls: list[int] = []

    def push(self, value: int | float | None) -> None:
        if value is None:
            self._nulls.append(len(self._values))
        self._values.append(value or 0)

    def finish(self, kind: str) -> Column:
        return Column(len(self._values), _bits(len(self._values), self._nulls), self._TYPES[kind](self._values))


class Reject(Exception):
    """Why one row could not be handled."""

    def __init__(self, code: RejectionCode) -> None:
        self.code = code


def map_text(column: Column, change: Callable[[str], str]) -> Masked:
    """Masks a column of text value by value. Nulls stay nulls; a row for which `Reject` is raised is rejected."""
    masked, rejections = TextBuilder(), []
    for row, value in enumerate(Text(column)):
        try:
            masked.push(None if value is None else change(value))
        except Reject as reject:
            rejections.append(Rejection(row, reject.code))
            masked.push(None)
    return Masked([masked.finish()], rejections)


def count_text(column: Column, label: int, speaks: Callable[[str], bool]) -> list[Match]:
    """How many values of a column of text speak for a label. Nothing is found in what is no text."""
    if not isinstance(column.values, types.Values_Text):
        return []
    values = [value for value in Text(column) if value is not None]
    return [Match(label, sum(map(speaks, values)), len(values))]


class Piece(NamedTuple):
    """A piece of a text, from one of its characters up to another, as `match.start()` and `match.end()` count them.

    The labels are those of the manifest, counted from 0; `confidence` is 0 to 100.
    """

    start: int
    end: int
    label: int
    confidence: int


def find_in_text(column: Column, pieces: Callable[[str], Iterable[Piece]]) -> Iterator[Span]:
    """Finds pieces text by text, in whatever order. Nothing is found in nulls."""
    for row, text in enumerate(Text(column)):
        # The contract counts in bytes of UTF-8, and wants what rises.
        place = before = 0
        for start, end, label, confidence in sorted(pieces(text)) if text else ():
            before += len(text[place:start].encode())
            place = start
            yield Span(row, before, before + len(text[start:end].encode()), label, confidence)


def _bits(rows: int, nulls: Iterable[int]) -> bytes | None:
    """One bit for each row, least significant first, those behind the last row zero."""
    if not nulls:
        return None
    bits = (1 << rows) - 1
    for row in nulls:
        bits &= ~(1 << row)
    return bits.to_bytes((rows + 7) // 8, "little")
