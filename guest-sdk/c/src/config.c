// The rule's `with:`, property by property.

#include <stdlib.h>

#include "json.h"

// The value of a property, or -1.
static int find(const moretta_call *call, const char *name, moretta_json *json) {
  const contract_string_t *config = &call->request->config;
  return moretta_json_read((const char *)config->ptr, config->len, json) ? moretta_json_member(json, 0, name) : -1;
}

moretta_result moretta_get_integer(const moretta_call *call, const char *name, int64_t *value) {
  moretta_json json;
  int found = find(call, name, &json);
  return found >= 0 && moretta_json_integer(&json, found, value) ? MORETTA_DONE : MORETTA_INVALID_CONFIG;
}

moretta_result moretta_get_number(const moretta_call *call, const char *name, double *value) {
  moretta_json json;
  int found = find(call, name, &json);
  if (found < 0 || json.tokens[found].type != JSMN_PRIMITIVE) return MORETTA_INVALID_CONFIG;
  char *read;
  *value = strtod(json.text + json.tokens[found].start, &read);
  return read == json.text + json.tokens[found].end ? MORETTA_DONE : MORETTA_INVALID_CONFIG;
}

moretta_result moretta_get_boolean(const moretta_call *call, const char *name, bool *value) {
  moretta_json json;
  int found = find(call, name, &json);
  if (found < 0 || json.tokens[found].type != JSMN_PRIMITIVE) return MORETTA_INVALID_CONFIG;
  char first = json.text[json.tokens[found].start];
  *value = first == 't';
  return first == 't' || first == 'f' ? MORETTA_DONE : MORETTA_INVALID_CONFIG;
}

moretta_result moretta_get_text(const moretta_call *call, const char *name, moretta_slice *value) {
  moretta_json json;
  int found = find(call, name, &json);
  return found >= 0 && moretta_json_text(&json, found, value) ? MORETTA_DONE : MORETTA_INVALID_CONFIG;
}
