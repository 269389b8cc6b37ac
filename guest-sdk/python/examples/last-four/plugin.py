"""Masks the letters and digits of ASCII text but the last four: the plugin that the languages are compared by."""

import string

from moretta import Call, Column, Masked, Rejection, RejectionCode, Text, masker
from wit_world.imports import types

KEPT = 4
_MASKABLE = (string.ascii_letters + string.digits).encode()

# Tables for `translate`, which goes through all values at once: the masked byte, and M for what was maskable.
_MASKED = bytes(ord("*") if byte in _MASKABLE else byte for byte in range(256))
_KINDS = bytes(ord("M") if byte in _MASKABLE else ord("-") for byte in range(256))
_LAST_FOUR = b"M" * KEPT


def mask_one(value: bytes) -> bytes:
    """Any value of ASCII bytes."""
    places = [place for place, byte in enumerate(value) if byte in _MASKABLE]
    if not places:
        return b"*" * len(value)
    kept = places[-KEPT] if len(places) > KEPT else len(value)
    return value[:kept].translate(_MASKED) + value[kept:]


def last_four(call: Call) -> Masked:
    column = call.only()
    text = Text(column)
    data = text.data
    kinds, masked, ascii_ = data.translate(_KINDS), data.translate(_MASKED), data.isascii()
    parts, rejections = [], []
    start = 0
    for row in range(text.rows):
        end = text.offsets[row + 1]
        # Most values end in four letters or digits, and have more before them.
        ends_in_four = ascii_ and end - start > KEPT and kinds[end - KEPT:end] == _LAST_FOUR
        if ends_in_four and kinds.find(b"M", start) < end - KEPT:
            parts.append(masked[start:end - KEPT])
            parts.append(data[end - KEPT:end])
        elif start < end:
            value = data[start:end]
            changed = mask_one(value) if value.isascii() else b"*" * len(value)
            if not value.isascii() or changed == value:
                code = RejectionCode.UNCHANGED if value.isascii() else RejectionCode.UNSUPPORTED
                rejections.append(Rejection(row, code))
            parts.append(changed)
        start = end
    values = types.Values_Text(types.Variable(text.offsets, b"".join(parts)))
    return Masked([Column(text.rows, column.validity, values)], rejections)


Mask = masker({"last-four": last_four})
