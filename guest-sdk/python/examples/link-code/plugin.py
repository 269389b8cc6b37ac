"""Short codes to link records by: a letter and some digits, from a keyed digest of the value."""

from moretta import Call, Masked, PseudonymKey, TextBuilder, is_null, pseudonym_masker

DIGEST = 8


def link_code(call: Call, key: PseudonymKey) -> Masked:
    column = call.only()
    length = call.config()["length"]
    digests = key.digests(0, DIGEST, trim=True, ascii_case=True)
    codes = TextBuilder()
    for row in range(column.rows):
        number = int.from_bytes(digests[row * DIGEST:(row + 1) * DIGEST])
        codes.push(None if is_null(column, row) else f"L{number % 10**length:0{length}}")
    return Masked([codes.finish()], [])


MaskWithPseudonymKey = pseudonym_masker({"link-code": link_code})
