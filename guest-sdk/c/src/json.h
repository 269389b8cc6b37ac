// Reading JSON that jsmn took apart. Values are named by the index of their token; -1 is none.
#ifndef MORETTA_JSON_H
#define MORETTA_JSON_H

#define JSMN_HEADER
#include "jsmn.h"
#include "moretta.h"

typedef struct {
  const char *text;
  jsmntok_t *tokens;
  int count;
} moretta_json;

// False if the text is not JSON.
bool moretta_json_read(const char *text, size_t length, moretta_json *json);
// The value of an object's member.
int moretta_json_member(const moretta_json *json, int object, const char *name);
// The index of what comes behind a value, with all that it holds.
int moretta_json_behind(const moretta_json *json, int value);
// Whether a value is text, and that text without its escapes.
bool moretta_json_text(const moretta_json *json, int value, moretta_slice *text);
// The value as it is written, a text with its quotes.
moretta_slice moretta_json_raw(const moretta_json *json, int value);
bool moretta_json_integer(const moretta_json *json, int value, int64_t *integer);

#endif
