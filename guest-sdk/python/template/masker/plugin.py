"""Keeps the first characters of a text."""

from moretta import Call, Masked, Reject, RejectionCode, map_text, masker


def shorten(value: str, keep: int) -> str:
    """What takes the place of a value."""
    if not value:
        return value
    masked = (value[:keep] if len(value) > keep else "") + "*"
    if masked == value:
        raise Reject(RejectionCode.UNCHANGED)
    return masked


def my_plugin(call: Call) -> Masked:
    keep = call.config()["keep"]
    return map_text(call.only(), lambda value: shorten(value, keep))


Mask = masker({"my-plugin": my_plugin})
