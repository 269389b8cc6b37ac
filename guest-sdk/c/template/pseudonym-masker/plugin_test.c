#include "plugin.c"

#include <string.h>

#include "moretta_testing.h"

static void equal_values_have_equal_codes_and_others_have_others(void) {
  const char *values[] = {"MRN-1", "MRN-2", "MRN-1"};
  moretta_column column = moretta_texts(values, 3);
  moretta_pseudonym_key key = moretta_test_key(&column);
  moretta_slice digests;
  uint8_t codes[3][13];
  MORETTA_CHECK(key.digests(&key, 0, MORETTA_TRIM, DIGEST, &digests) == MORETTA_DONE);
  for (size_t row = 0; row < 3; row++) write_code(digests.bytes + row * DIGEST, 12, codes[row]);
  MORETTA_CHECK(memcmp(codes[0], codes[2], sizeof codes[0]) == 0);
  MORETTA_CHECK(memcmp(codes[0], codes[1], sizeof codes[0]) != 0);
}

int main(void) {
  equal_values_have_equal_codes_and_others_have_others();
  return moretta_check_cases("manifest.json", NULL, mask);
}
