#include "plugin.c"

#include "moretta_testing.h"

static void counts_the_numbers_and_leaves_nulls_out(void) {
  const char *values[] = {"123-45-6789", NULL, "000-12-3456", "987-65-4321"};
  moretta_column column = moretta_texts(values, 4);
  moretta_findings findings = {.column = 7};
  MORETTA_CHECK(classify((moretta_slice){0}, &column, &findings) == MORETTA_DONE);
  MORETTA_CHECK(findings.count == 1);
  MORETTA_CHECK(findings.findings[0].column == 7 && findings.findings[0].label == US_SSN);
  MORETTA_CHECK(findings.findings[0].matched == 1 && findings.findings[0].examined == 3);
}

static void a_column_of_no_rows_gives_no_finding(void) {
  moretta_column column = moretta_texts(NULL, 0);
  moretta_findings findings = {0};
  MORETTA_CHECK(classify((moretta_slice){0}, &column, &findings) == MORETTA_DONE);
  MORETTA_CHECK(findings.count == 0);
}

int main(void) {
  counts_the_numbers_and_leaves_nulls_out();
  a_column_of_no_rows_gives_no_finding();
  return moretta_check_classifier_cases("manifest.json", classify);
}
