#include "json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool moretta_json_read(const char *text, size_t length, moretta_json *json) {
  jsmn_parser parser;
  jsmn_init(&parser);
  int count = jsmn_parse(&parser, text, length, NULL, 0);
  if (count < 1) return false;
  json->text = text;
  json->tokens = moretta_allocate((size_t)count, sizeof *json->tokens);
  jsmn_init(&parser);
  json->count = jsmn_parse(&parser, text, length, json->tokens, (unsigned)count);
  return json->count == count;
}

int moretta_json_behind(const moretta_json *json, int value) {
  int end = json->tokens[value].end;
  do value++;
  while (value < json->count && json->tokens[value].start < end);
  return value;
}

int moretta_json_member(const moretta_json *json, int object, const char *name) {
  if (object < 0 || json->tokens[object].type != JSMN_OBJECT) return -1;
  int key = object + 1;
  for (int member = 0; member < json->tokens[object].size; member++) {
    moretta_slice text;
    if (moretta_json_text(json, key, &text) && text.length == strlen(name) &&
        memcmp(text.bytes, name, text.length) == 0) {
      return key + 1;
    }
    key = moretta_json_behind(json, key + 1);
  }
  return -1;
}

moretta_slice moretta_json_raw(const moretta_json *json, int value) {
  const jsmntok_t *token = &json->tokens[value];
  int quote = token->type == JSMN_STRING;
  return (moretta_slice){(const uint8_t *)json->text + token->start - quote,
                         (size_t)(token->end - token->start + 2 * quote)};
}

static uint32_t hexadecimal(const char *digits) {
  uint32_t value = 0;
  for (int i = 0; i < 4; i++) {
    uint32_t digit = (uint8_t)digits[i];
    value = value * 16 + (digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
  }
  return value;
}

static size_t encode(uint32_t point, uint8_t *to) {
  if (point < 0x80) return to[0] = (uint8_t)point, 1;
  size_t length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  for (size_t i = length - 1; i > 0; i--, point >>= 6) to[i] = (uint8_t)(0x80 | (point & 0x3f));
  to[0] = (uint8_t)((0xf00u >> length) | point);
  return length;
}

// Reads one escape, behind its backslash, and says how long it is.
static size_t escape(const char *from, size_t left, uint32_t *point) {
  static const char letters[] = "bfnrt", meant[] = "\b\f\n\r\t";
  const char *letter = strchr(letters, *from);
  if (*from != 'u' || left < 5) return *point = letter != NULL ? (uint8_t)meant[letter - letters] : (uint8_t)*from, 1;
  *point = hexadecimal(from + 1);
  bool pair = *point >= 0xd800 && *point < 0xdc00 && left >= 11 && from[5] == '\\' && from[6] == 'u';
  uint32_t low = pair ? hexadecimal(from + 7) : 0;
  if (pair && low >= 0xdc00 && low < 0xe000) return *point = 0x10000 + ((*point - 0xd800) << 10) + low - 0xdc00, 11;
  // Half of a pair means nothing.
  if (*point >= 0xd800 && *point < 0xe000) *point = 0xfffd;
  return 5;
}

bool moretta_json_text(const moretta_json *json, int value, moretta_slice *text) {
  if (value < 0 || json->tokens[value].type != JSMN_STRING) return false;
  const char *from = json->text + json->tokens[value].start, *end = json->text + json->tokens[value].end;
  // No escape is shorter than what it means.
  uint8_t *to = moretta_allocate((size_t)(end - from), 1);
  *text = (moretta_slice){to, 0};
  while (from < end) {
    if (*from != '\\') {
      *to++ = (uint8_t)*from++;
      continue;
    }
    uint32_t point;
    from += 1 + escape(from + 1, (size_t)(end - from - 1), &point);
    to += encode(point, to);
  }
  text->length = (size_t)(to - text->bytes);
  return true;
}

bool moretta_json_integer(const moretta_json *json, int value, int64_t *integer) {
  if (value < 0 || json->tokens[value].type != JSMN_PRIMITIVE) return false;
  const char *end = json->text + json->tokens[value].end;
  char *read;
  errno = 0;
  *integer = strtoll(json->text + json->tokens[value].start, &read, 10);
  return read == end && errno == 0;
}
