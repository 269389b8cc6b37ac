#include "code.c"

#include <string.h>

#include "moretta_testing.h"

static moretta_result refuse(const moretta_pseudonym_key *key, uint32_t column, uint8_t normalize, uint32_t length,
                             moretta_slice *digests) {
  (void)key, (void)column, (void)normalize, (void)length, (void)digests;
  return MORETTA_KEY_REFUSED;
}

static void a_refused_key_refuses_the_batch(void) {
  const char *values[] = {"a"};
  moretta_column column = moretta_texts(values, 1);
  moretta_plugin_types_request_t request = {.transform = {(uint8_t *)"link-code", 9},
                                            .config = {(uint8_t *)"{\"length\":6}", 12}};
  moretta_call call = {&request, &column, 1, NULL, 0};
  moretta_pseudonym_key key = {refuse, NULL};
  moretta_answer answer = {0};
  MORETTA_CHECK(mask(&call, &key, &answer) == MORETTA_KEY_REFUSED);
}

int main(void) {
  a_refused_key_refuses_the_batch();
  return moretta_check_cases("manifest.json", NULL, mask);
}
