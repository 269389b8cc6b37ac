// Short codes to link records by: a letter and some digits, from a keyed digest of the value. Few enough that people
// can read them out, so two values can share one; the manifest says how many there are, and the host counts.

#include "moretta.h"

enum { DIGEST = 8 };

static void write_code(const uint8_t *digest, size_t length, uint8_t *to) {
  uint64_t number = 0;
  for (size_t i = 0; i < DIGEST; i++) number = number << 8 | digest[i];
  for (size_t i = 0; i < length; i++, number /= 10) to[i] = (uint8_t)('0' + number % 10);
}

static moretta_result mask(const moretta_call *call, const moretta_pseudonym_key *key, moretta_answer *answer) {
  moretta_column *column;
  moretta_slice digests;
  int64_t length;
  if (!moretta_is(call, "link-code")) return MORETTA_UNKNOWN_TRANSFORM;
  MORETTA_TRY(moretta_only(call, &column));
  MORETTA_TRY(moretta_get_integer(call, "length", &length));
  MORETTA_TRY(key->digests(key, 0, MORETTA_TRIM | MORETTA_ASCII_CASE, DIGEST, &digests));
  const uint8_t *validity = moretta_validity(column);
  moretta_builder codes = moretta_build(column->rows, column->rows * (size_t)(length + 1));
  for (size_t row = 0; row < column->rows; row++) {
    if (moretta_is_null(validity, row)) {
      moretta_push_null(&codes);
      continue;
    }
    uint8_t *place = moretta_push_place(&codes, (size_t)length + 1);
    place[0] = 'L';
    write_code(digests.bytes + row * DIGEST, (size_t)length, place + 1);
  }
  moretta_add_built(answer, &codes);
  return MORETTA_DONE;
}

MORETTA_PSEUDONYM_MASKER(mask)
