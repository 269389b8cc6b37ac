// Keeps the first characters of a text.

#include "moretta.h"

// How many bytes the first characters of a value have; 0 if it has no more than those.
static size_t bytes_kept(moretta_slice value, int64_t keep) {
  int64_t characters = 0;
  for (size_t i = 0; i < value.length; i++) {
    // In UTF-8 every byte of a character but its first is 10xxxxxx.
    bool is_first = (value.bytes[i] & 0xc0) != 0x80;
    if (is_first && characters++ == keep) return i;
  }
  return 0;
}

static moretta_result mask(const moretta_call *call, moretta_answer *answer) {
  moretta_column *column;
  moretta_text text;
  int64_t keep;
  if (!moretta_is(call, "my-plugin")) return MORETTA_UNKNOWN_TRANSFORM;
  MORETTA_TRY(moretta_only(call, &column));
  MORETTA_TRY(moretta_text_of(column, &text));
  MORETTA_TRY(moretta_get_integer(call, "keep", &keep));
  moretta_builder masked = moretta_build(text.rows, text.rows * 4);
  for (size_t row = 0; row < text.rows; row++) {
    moretta_slice value = moretta_value(&text, row);
    size_t kept = bytes_kept(value, keep);
    if (moretta_is_null(text.validity, row)) {
      moretta_push_null(&masked);
    } else if (value.length == 0) {
      moretta_push(&masked, "", 0);
    } else if (value.length == kept + 1 && value.bytes[kept] == '*') {
      moretta_reject(answer, row, MORETTA_UNCHANGED);
      moretta_push_null(&masked);
    } else {
      uint8_t *place = moretta_push_place(&masked, kept + 1);
      for (size_t i = 0; i < kept; i++) place[i] = value.bytes[i];
      place[kept] = '*';
    }
  }
  moretta_add_built(answer, &masked);
  return MORETTA_DONE;
}

MORETTA_MASKER(mask)
