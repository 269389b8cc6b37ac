#include "phone.c"

#include <string.h>

#include "moretta_testing.h"

static const char *const config_of_tests = "{\"country_code\":\"49\",\"keep_first\":2,\"keep_last\":0}";

static void numbers_at_home_lose_the_trunk_prefix(void) {
  const char *values[] = {"030 1234567", "+49 30 1234567", "0049 (30) 1234567", NULL};
  moretta_answer answer;
  MORETTA_CHECK(moretta_try(mask, "phone", config_of_tests, moretta_texts(values, 4), &answer) == MORETTA_DONE);
  moretta_text text;
  moretta_text_of(answer.columns, &text);
  for (size_t row = 0; row < 3; row++) {
    moretta_slice value = moretta_value(&text, row);
    MORETTA_CHECK(value.length == 12 && memcmp(value.bytes, "+49*********", 12) == 0);
  }
  MORETTA_CHECK(moretta_is_null(text.validity, 3) && answer.rejection_count == 0);
}

static void a_configuration_that_lacks_a_property_is_refused(void) {
  moretta_answer answer;
  MORETTA_CHECK(moretta_try(mask, "phone", "{\"keep_first\":2}", moretta_texts(NULL, 0), &answer) ==
                MORETTA_INVALID_CONFIG);
}

// Whatever goes in, at most what is to be kept comes out.
static void no_more_digits_survive_than_are_to_be_kept(void) {
  uint32_t state = 7;
  for (int round = 0; round < 20000; round++) {
    char value[33];
    size_t length = 1 + (size_t)round % 32;
    for (size_t i = 0; i < length; i++) {
      state = state * 1664525 + 1013904223;
      value[i] = "0123456789+-() x#eXt."[(state >> 16) % 21];
    }
    value[length] = 0;
    const char *values[] = {value};
    moretta_answer answer;
    MORETTA_CHECK(moretta_try(mask, "phone", config_of_tests, moretta_texts(values, 1), &answer) == MORETTA_DONE);
    moretta_text text;
    moretta_text_of(answer.columns, &text);
    size_t digits = 0;
    for (size_t i = 0; i < text.offsets[1]; i++) digits += is_digit(text.data[i]);
    MORETTA_CHECK(digits <= 2 && (answer.rejection_count == 1) == moretta_is_null(text.validity, 0));
  }
}

int main(void) {
  numbers_at_home_lose_the_trunk_prefix();
  a_configuration_that_lacks_a_property_is_refused();
  no_more_digits_survive_than_are_to_be_kept();
  return moretta_check_cases("manifest.json", mask, NULL);
}
