// Finds columns of US social security numbers.

#include <string.h>

#include "moretta.h"

// The place of `us-ssn` among the labels of `manifest.json`.
enum { US_SSN = 0 };

// Whether a value is nine digits, grouped as 123-45-6789, of an area that is given out.
static bool is_number(moretta_slice value) {
  static const char form[] = "000-00-0000";
  if (value.length != sizeof form - 1) return false;
  for (size_t i = 0; i < value.length; i++) {
    bool is_digit = value.bytes[i] >= '0' && value.bytes[i] <= '9';
    if (form[i] == '0' ? !is_digit : value.bytes[i] != '-') return false;
  }
  return value.bytes[0] != '9' && memcmp(value.bytes, "000", 3) != 0 && memcmp(value.bytes, "666", 3) != 0;
}

static moretta_result classify(moretta_slice name, const moretta_column *column, moretta_findings *findings) {
  (void)name;
  moretta_text text;
  size_t matched = 0, examined = 0;
  // Nothing is found in what is no text.
  if (moretta_text_of(column, &text) != MORETTA_DONE) return MORETTA_DONE;
  for (size_t row = 0; row < text.rows; row++) {
    if (moretta_is_null(text.validity, row)) continue;
    examined++;
    matched += is_number(moretta_value(&text, row));
  }
  moretta_found(findings, US_SSN, matched, examined);
  return MORETTA_DONE;
}

MORETTA_CLASSIFIER(classify)
