#include "last_four.c"

#include <string.h>

#include "moretta_testing.h"

// Letter by letter, as it would be told to a person.
static void mask_slowly(const char *value, char *to) {
  size_t maskable = 0, length = strlen(value);
  for (size_t i = 0; i < length; i++) maskable += is_maskable((uint8_t)value[i]);
  size_t seen = 0, masked = maskable > KEPT ? maskable - KEPT : maskable;
  for (size_t i = 0; i < length; i++) {
    bool one = is_maskable((uint8_t)value[i]);
    to[i] = maskable == 0 || (one && seen < masked) ? FILL : value[i];
    seen += one;
  }
  to[length] = 0;
}

static void eight_bytes_at_once_are_as_one_by_one(void) {
  uint32_t state = 1;
  for (int round = 0; round < 20000; round++) {
    char value[24], expected[24];
    state = state * 1664525 + 1013904223;
    size_t length = 1 + (state >> 16) % 20;
    for (size_t i = 0; i < length; i++) {
      state = state * 1664525 + 1013904223;
      value[i] = "a1Z9-/@`{: "[(state >> 16) % 11];
    }
    value[length] = 0;
    mask_slowly(value, expected);
    const char *values[] = {"before", value, "behind-it"};
    moretta_answer answer;
    MORETTA_CHECK(moretta_try(mask, "last-four", "{}", moretta_texts(values, 3), &answer) == MORETTA_DONE);
    moretta_text text;
    moretta_text_of(answer.columns, &text);
    moretta_slice got = moretta_value(&text, 1);
    MORETTA_CHECK(got.length == length && memcmp(got.bytes, expected, length) == 0);
  }
}

static void nothing_of_a_value_outside_ascii_is_returned(void) {
  const char *values[] = {
      "ab\xc3\xa9"
      "12345",
      "123456789"};
  moretta_answer answer;
  MORETTA_CHECK(moretta_try(mask, "last-four", "{}", moretta_texts(values, 2), &answer) == MORETTA_DONE);
  moretta_text text;
  moretta_text_of(answer.columns, &text);
  MORETTA_CHECK(memcmp(text.data, "**************6789", 18) == 0);
  MORETTA_CHECK(answer.rejection_count == 1 && answer.rejections[0].code == MORETTA_UNSUPPORTED);
}

static void another_transform_is_refused(void) {
  moretta_answer answer;
  MORETTA_CHECK(moretta_try(mask, "other", "{}", moretta_texts(NULL, 0), &answer) == MORETTA_UNKNOWN_TRANSFORM);
}

int main(void) {
  eight_bytes_at_once_are_as_one_by_one();
  nothing_of_a_value_outside_ascii_is_returned();
  another_transform_is_refused();
  return moretta_check_cases("manifest.json", mask, NULL);
}
