// The shape of a value, in C++: letters become x or X, digits 9, everything else but ASCII punctuation x.

#include <string>
#include <string_view>

#include "moretta.h"

static std::string shape(std::string_view value) {
  std::string shape;
  for (unsigned char byte : value) {
    if (byte >= '0' && byte <= '9') {
      shape += '9';
    } else if (byte >= 'A' && byte <= 'Z') {
      shape += 'X';
    } else if ((byte >= 'a' && byte <= 'z') || byte >= 0xc0) {
      // One for each character: its first byte outside ASCII is 11xxxxxx, the others 10xxxxxx.
      shape += 'x';
    } else if (byte < 0x80) {
      shape += static_cast<char>(byte);
    }
  }
  return shape;
}

static moretta_result mask(const moretta_call *call, moretta_answer *answer) {
  moretta_column *column;
  moretta_text text;
  if (!moretta_is(call, "shape")) return MORETTA_UNKNOWN_TRANSFORM;
  MORETTA_TRY(moretta_only(call, &column));
  MORETTA_TRY(moretta_text_of(column, &text));
  moretta_builder shapes = moretta_build(text.rows, text.offsets[text.rows]);
  for (size_t row = 0; row < text.rows; row++) {
    moretta_slice slice = moretta_value(&text, row);
    std::string_view value(reinterpret_cast<const char *>(slice.bytes), slice.length);
    std::string masked = shape(value);
    if (moretta_is_null(text.validity, row)) {
      moretta_push_null(&shapes);
    } else if (masked == value && !value.empty()) {
      moretta_reject(answer, row, MORETTA_UNCHANGED);
      moretta_push_null(&shapes);
    } else {
      moretta_push(&shapes, masked.data(), masked.size());
    }
  }
  moretta_add_built(answer, &shapes);
  return MORETTA_DONE;
}

MORETTA_MASKER(mask)
