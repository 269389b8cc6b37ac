// Phone numbers in the spellings that people use, brought to one form (E.164) and masked: `(617) 555-0137 x2` and
// `+1 617.555.0137` both become `+1********37`.

#include <string.h>

#include "moretta.h"

enum { MOST_DIGITS = 15, LEAST_DIGITS = 8, LEAST_MASKED = 4 };

typedef struct {
  moretta_slice country_code;
  int64_t keep_first, keep_last;
} config;

typedef struct {
  char digits[MOST_DIGITS];
  size_t count;
} number;

static bool is_digit(uint8_t byte) {
  return (uint8_t)(byte - '0') < 10;
}

static bool is_separator(uint8_t byte) {
  return byte != 0 && strchr(" -.()/\t", byte) != NULL;
}

// Where an extension begins, `x2`, `ext. 2` or `#2`: at the first letter, if only such letters and digits follow.
static size_t without_extension(const uint8_t *text, size_t length) {
  size_t start = 0;
  while (start < length && (is_digit(text[start]) || is_separator(text[start]) || text[start] == '+')) start++;
  for (size_t i = start; i < length; i++) {
    bool known = is_digit(text[i]) || is_separator(text[i]) || strchr("extEXT#:;=", text[i]) != NULL;
    if (text[i] == 0 || !known) return length;
  }
  return start;
}

static bool append(number *number, const uint8_t *digits, size_t count) {
  if (number->count + count > MOST_DIGITS) return false;
  memcpy(number->digits + number->count, digits, count);
  number->count += count;
  return true;
}

static bool starts_with(const uint8_t *digits, size_t count, const char *prefix) {
  size_t length = strlen(prefix);
  return count >= length && memcmp(digits, prefix, length) == 0;
}

// The digits in international form: the country code, then what follows it.
static bool complete(const uint8_t *digits, size_t count, bool international, moretta_slice country, number *number) {
  bool american = country.length == 1 && country.bytes[0] == '1';
  size_t exit_code = starts_with(digits, count, "00") ? 2 : american && starts_with(digits, count, "011") ? 3 : 0;
  if (international || exit_code > 0) {
    size_t skipped = international ? 0 : exit_code;
    return append(number, digits + skipped, count - skipped);
  }
  // What is dialled before a number at home, and is none of it.
  size_t trunk = american ? count == 11 && digits[0] == '1' : count > 0 && digits[0] == '0';
  return append(number, country.bytes, country.length) && append(number, digits + trunk, count - trunk);
}

// Area codes of North America do not begin with 0 or 1.
static bool can_be(const number *number) {
  if (number->count < LEAST_DIGITS || number->digits[0] == '0') return false;
  return number->digits[0] != '1' || (number->count == 11 && number->digits[1] > '1');
}

static moretta_result read_config(const moretta_call *call, config *config) {
  MORETTA_TRY(moretta_get_text(call, "country_code", &config->country_code));
  MORETTA_TRY(moretta_get_integer(call, "keep_first", &config->keep_first));
  return moretta_get_integer(call, "keep_last", &config->keep_last);
}

// Reads a number. False, with the reason, if it is none.
static bool read_number(moretta_slice value, const config *config, number *number, moretta_code *code) {
  uint8_t digits[2 * MOST_DIGITS];
  size_t count = 0, length = without_extension(value.bytes, value.length);
  bool international = false;
  *code = MORETTA_UNPARSABLE;
  for (size_t i = 0; i < length; i++) {
    uint8_t byte = value.bytes[i];
    if (byte == '+' && count == 0 && !international) {
      international = true;
    } else if (is_digit(byte) && count < sizeof digits) {
      digits[count++] = byte;
    } else if (!is_separator(byte)) {
      return false;
    }
  }
  *code = MORETTA_OUT_OF_RANGE;
  number->count = 0;
  return complete(digits, count, international, config->country_code, number) && can_be(number);
}

static void write_masked(const number *number, const config *config, moretta_builder *masked) {
  size_t first = (size_t)config->keep_first, last = (size_t)config->keep_last;
  if (first + last + LEAST_MASKED > number->count) first = last = 0;
  uint8_t *place = moretta_push_place(masked, number->count + 1);
  *place++ = '+';
  for (size_t i = 0; i < number->count; i++) {
    place[i] = i < first || i >= number->count - last ? (uint8_t)number->digits[i] : '*';
  }
}

static moretta_result mask(const moretta_call *call, moretta_answer *answer) {
  moretta_column *column;
  moretta_text text;
  config config;
  if (!moretta_is(call, "phone")) return MORETTA_UNKNOWN_TRANSFORM;
  MORETTA_TRY(moretta_only(call, &column));
  MORETTA_TRY(moretta_text_of(column, &text));
  MORETTA_TRY(read_config(call, &config));
  moretta_builder masked = moretta_build(text.rows, text.rows * (MOST_DIGITS + 1));
  for (size_t row = 0; row < text.rows; row++) {
    moretta_slice value = moretta_value(&text, row);
    number number;
    moretta_code code;
    if (moretta_is_null(text.validity, row)) {
      moretta_push_null(&masked);
    } else if (value.length == 0) {
      moretta_push(&masked, NULL, 0);
    } else if (read_number(value, &config, &number, &code)) {
      write_masked(&number, &config, &masked);
    } else {
      moretta_reject(answer, row, code);
      moretta_push_null(&masked);
    }
  }
  moretta_add_built(answer, &masked);
  return MORETTA_DONE;
}

MORETTA_MASKER(mask)
