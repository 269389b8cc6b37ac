// Codes of a letter and digits, from a keyed digest of the value.

#include "moretta.h"

// How many bytes of the digest of a value are taken, as one number.
enum { DIGEST = 8 };

static void write_code(const uint8_t *digest, size_t digits, uint8_t *to) {
  uint64_t number = 0;
  for (size_t i = 0; i < DIGEST; i++) number = number << 8 | digest[i];
  for (size_t i = digits; i > 0; i--, number /= 10) to[i] = (uint8_t)('0' + number % 10);
  to[0] = 'C';
}

static moretta_result mask(const moretta_call *call, const moretta_pseudonym_key *key, moretta_answer *answer) {
  moretta_column *column;
  moretta_slice digests;
  int64_t digits;
  if (!moretta_is(call, "my-plugin")) return MORETTA_UNKNOWN_TRANSFORM;
  MORETTA_TRY(moretta_only(call, &column));
  MORETTA_TRY(moretta_get_integer(call, "digits", &digits));
  MORETTA_TRY(key->digests(key, 0, MORETTA_TRIM | MORETTA_ASCII_CASE, DIGEST, &digests));
  const uint8_t *validity = moretta_validity(column);
  moretta_builder codes = moretta_build(column->rows, column->rows * (size_t)(digits + 1));
  for (size_t row = 0; row < column->rows; row++) {
    if (moretta_is_null(validity, row)) {
      moretta_push_null(&codes);
    } else {
      uint8_t *place = moretta_push_place(&codes, (size_t)digits + 1);
      write_code(digests.bytes + row * DIGEST, (size_t)digits, place);
    }
  }
  moretta_add_built(answer, &codes);
  return MORETTA_DONE;
}

MORETTA_PSEUDONYM_MASKER(mask)
