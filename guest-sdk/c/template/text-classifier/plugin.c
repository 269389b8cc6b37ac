// Finds the record numbers of a house in free text: HX- and eight digits, of which the last checks the others.

#include <string.h>

#include "moretta.h"

// The place of `mrn` among the labels of `manifest.json`, and how sure it is of one: one of ten other numbers has a
// right check digit as well.
enum { MRN = 0, CONFIDENCE = 95 };

enum { PREFIX = 3, DIGITS = 8, LENGTH = PREFIX + DIGITS };

static bool is_digit(uint8_t byte) { return byte >= '0' && byte <= '9'; }

static bool is_letter_or_digit(uint8_t byte) {
  return is_digit(byte) || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

// Whether the digits add up to a multiple of ten, with weights of 3 and 1 by turns, as in EAN-8.
static bool checks(const uint8_t *digits) {
  int sum = 0;
  for (int i = 0; i < DIGITS; i++) {
    if (!is_digit(digits[i])) return false;
    sum += (i % 2 == 0 ? 3 : 1) * (digits[i] - '0');
  }
  return sum % 10 == 0;
}

// Whether a number begins here that is no part of something longer.
static bool is_number(moretta_slice text, size_t start) {
  size_t end = start + LENGTH;
  if (end > text.length || memcmp(text.bytes + start, "HX-", PREFIX) != 0) return false;
  if (start > 0 && is_letter_or_digit(text.bytes[start - 1])) return false;
  if (end < text.length && is_letter_or_digit(text.bytes[end])) return false;
  return checks(text.bytes + start + PREFIX);
}

static moretta_result find(moretta_slice name, const moretta_text *texts, moretta_spans *spans) {
  (void)name;
  for (size_t row = 0; row < texts->rows; row++) {
    moretta_slice text = moretta_value(texts, row);
    for (size_t start = 0; start + LENGTH <= text.length; start++) {
      if (is_number(text, start)) moretta_add_span(spans, row, start, start + LENGTH, MRN, CONFIDENCE);
    }
  }
  return MORETTA_DONE;
}

MORETTA_TEXT_CLASSIFIER(find)
