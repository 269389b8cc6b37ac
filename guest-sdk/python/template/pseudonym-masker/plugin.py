"""Codes of a letter and digits, from a keyed digest of the value."""

from moretta import Call, Masked, PseudonymKey, TextBuilder, is_null, pseudonym_masker

DIGEST = 8
"""How many bytes of the digest of a value are taken, as one number."""


def my_plugin(call: Call, key: PseudonymKey) -> Masked:
    column = call.only()
    digits = call.config()["digits"]
    digests = key.digests(0, DIGEST, trim=True, ascii_case=True)
    codes = TextBuilder()
    for row in range(column.rows):
        number = int.from_bytes(digests[row * DIGEST:(row + 1) * DIGEST])
        codes.push(None if is_null(column, row) else f"C{number % 10**digits:0{digits}}")
    return Masked([codes.finish()], [])


MaskWithPseudonymKey = pseudonym_masker({"my-plugin": my_plugin})
