#include "plugin.c"

#include "moretta_testing.h"

static moretta_spans found_in(const char *const *values, size_t rows) {
  moretta_column column = moretta_texts(values, rows);
  moretta_text texts;
  moretta_spans spans = {0};
  MORETTA_CHECK(moretta_text_of(&column, &texts) == MORETTA_DONE);
  MORETTA_CHECK(find((moretta_slice){0}, &texts, &spans) == MORETTA_DONE);
  return spans;
}

static void places_are_counted_in_bytes(void) {
  const char *values[] = {NULL, "n\xc3\xa9" "e HX-20481636", "HX-20481637"};
  moretta_spans spans = found_in(values, 3);
  MORETTA_CHECK(spans.count == 1);
  MORETTA_CHECK(spans.spans[0].row == 1 && spans.spans[0].label == MRN && spans.spans[0].confidence == CONFIDENCE);
  MORETTA_CHECK(spans.spans[0].start == 5 && spans.spans[0].end == 16);
}

static void in_no_rows_there_is_nothing(void) { MORETTA_CHECK(found_in(NULL, 0).count == 0); }

static void the_pieces_of_a_row_rise_in_whatever_order_they_come(void) {
  moretta_spans spans = {0};
  moretta_add_span(&spans, 0, 7, 8, MRN, 1);
  moretta_add_span(&spans, 1, 5, 6, MRN, 1);
  moretta_add_span(&spans, 1, 2, 9, MRN, 1);
  MORETTA_CHECK(spans.spans[0].start == 7 && spans.spans[1].start == 2 && spans.spans[2].start == 5);
}

int main(void) {
  places_are_counted_in_bytes();
  in_no_rows_there_is_nothing();
  the_pieces_of_a_row_rise_in_whatever_order_they_come();
  return moretta_check_text_classifier_cases("manifest.json", find);
}
