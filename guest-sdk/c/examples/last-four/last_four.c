// Masks the letters and digits of ASCII text but the last four: the plugin that the languages are compared by.
//
// What stays is marked in the free eighth bit of its byte, value by value; then all bytes without the mark are masked
// in one pass over the column, which the compiler turns into vector instructions.

#include <string.h>

#include "moretta.h"

enum { KEPT = 4, MARK = 0x80, FILL = '*' };

static bool is_maskable(uint8_t byte) {
  return (uint8_t)((byte | 0x20) - 'a') < 26 || (uint8_t)(byte - '0') < 10;
}

// Marks what stays of any value. False if it would come out as it went in.
static bool mark(uint8_t *value, size_t length) {
  size_t maskable = 0, fills = 0;
  for (size_t i = 0; i < length; i++) {
    maskable += is_maskable(value[i]);
    fills += value[i] == FILL;
  }
  if (maskable == 0) {
    memset(value, FILL | MARK, length);
    return length == 0 || fills < length;
  }
  size_t masked = maskable > KEPT ? maskable - KEPT : maskable;
  for (size_t i = 0, seen = 0; i < length; i++) {
    if (!is_maskable(value[i])) continue;
    if (seen++ >= masked) value[i] |= MARK;
  }
  return true;
}

static const uint64_t each_byte = 0x0101010101010101;

// 1 in each byte that is a letter or digit, of eight ASCII bytes.
static inline uint64_t maskable_bytes(uint64_t bytes) {
  uint64_t letters = bytes | each_byte * 0x20;
  uint64_t is_letter = (letters + each_byte * (0x80 - 'a')) & ~(letters + each_byte * (0x7f - 'z'));
  uint64_t is_digit = (bytes + each_byte * (0x80 - '0')) & ~(bytes + each_byte * (0x7f - '9'));
  return (is_letter | is_digit) >> 7 & each_byte;
}

// Marks the end of a value, eight bytes at once, if they hold all that stays and one more to be masked.
static inline bool mark_end(uint8_t *data, uint32_t start, uint32_t end) {
  if (end - start < KEPT || end < 8) return false;
  uint64_t bytes;
  memcpy(&bytes, data + end - 8, 8);
  // The bytes before the value are none of its own; some have their mark, and would carry over.
  uint32_t foreign = end - start < 8 ? 8 - (end - start) : 0;
  uint64_t maskable = maskable_bytes(bytes >> foreign * 8 << foreign * 8);
  uint64_t count = (uint64_t)__builtin_popcountll(maskable);
  if (count <= KEPT) return false;
  // In each byte, how many letters and digits there are before it; it stays if all that are to be masked are.
  uint64_t before = maskable * (each_byte - 1);
  bytes |= (before + (MARK + KEPT - count) * each_byte) & each_byte * MARK;
  memcpy(data + end - 8, &bytes, 8);
  return true;
}

// Marks the ends of as many values as can be done so, and says how many; the next is one for `mark`.
static size_t mark_ends(const uint32_t *restrict offsets, size_t rows, uint8_t *restrict data) {
  uint32_t start = offsets[0];
#pragma clang loop unroll_count(4)
  for (size_t row = 0; row < rows; row++) {
    uint32_t end = offsets[row + 1];
    if (start < end && !mark_end(data, start, end)) return row;
    start = end;
  }
  return rows;
}

// The sandbox looks at the clock once in each turn of a loop, so the loops over all bytes do 64 of them in each.
static bool is_ascii(const uint8_t *data, size_t length) {
  uint8_t all = 0;
#pragma clang loop vectorize_width(16) interleave_count(4)
  for (size_t i = 0; i < length; i++) all |= data[i];
  return all < MARK;
}

static void mask_unmarked(uint8_t *data, size_t length) {
#pragma clang loop vectorize_width(16) interleave_count(4)
  for (size_t i = 0; i < length; i++) {
    uint8_t byte = data[i];
    data[i] = is_maskable(byte) ? FILL : byte & (MARK - 1);
  }
}

static moretta_result mask(const moretta_call *call, moretta_answer *answer) {
  moretta_column *column;
  moretta_text text;
  if (!moretta_is(call, "last-four")) return MORETTA_UNKNOWN_TRANSFORM;
  MORETTA_TRY(moretta_only(call, &column));
  MORETTA_TRY(moretta_text_of(column, &text));
  size_t length = text.offsets[text.rows];
  bool ascii = is_ascii(text.data, length);
  for (size_t row = 0; row < text.rows; row++) {
    if (ascii) row += mark_ends(text.offsets + row, text.rows - row, text.data);
    if (row == text.rows) break;
    uint32_t start = text.offsets[row], end = text.offsets[row + 1];
    if (!ascii && !is_ascii(text.data + start, end - start)) {
      memset(text.data + start, FILL, end - start);
      moretta_reject(answer, row, MORETTA_UNSUPPORTED);
    } else if (!mark(text.data + start, end - start)) {
      moretta_reject(answer, row, MORETTA_UNCHANGED);
    }
  }
  mask_unmarked(text.data, length);
  moretta_add(answer, column);
  return MORETTA_DONE;
}

MORETTA_MASKER(mask)
