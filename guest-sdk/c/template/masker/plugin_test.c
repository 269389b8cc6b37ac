#include "plugin.c"

#include "moretta_testing.h"

static void no_more_is_kept_than_is_asked_for(void) {
  const char *values[] = {"Ada", "A*", "\xc3\xa9t\xc3\xa9", NULL};
  moretta_answer answer;
  moretta_text text;
  MORETTA_CHECK(moretta_try(mask, "my-plugin", "{\"keep\":0}", moretta_texts(values, 4), &answer) == MORETTA_DONE);
  MORETTA_CHECK(moretta_text_of(answer.columns, &text) == MORETTA_DONE);
  for (size_t row = 0; row < 3; row++) MORETTA_CHECK(moretta_value(&text, row).length == 1);
  MORETTA_CHECK(moretta_is_null(text.validity, 3));
}

static void another_transform_is_refused(void) {
  moretta_answer answer;
  MORETTA_CHECK(moretta_try(mask, "other", "{}", moretta_texts(NULL, 0), &answer) == MORETTA_UNKNOWN_TRANSFORM);
}

int main(void) {
  no_more_is_kept_than_is_asked_for();
  another_transform_is_refused();
  return moretta_check_cases("manifest.json", mask, NULL);
}
