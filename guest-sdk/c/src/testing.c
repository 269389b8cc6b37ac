#include <inttypes.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "testing.h"

_Noreturn void moretta_failed(const char *file, int line, const char *condition) {
  fprintf(stderr, "%s:%d: %s does not hold\n", file, line, condition);
  exit(1);
}

moretta_column moretta_texts(const char *const *values, size_t rows) {
  moretta_builder builder = moretta_build(rows, 0);
  moretta_answer answer = {0};
  for (size_t row = 0; row < rows; row++) {
    if (values[row] == NULL) {
      moretta_push_null(&builder);
    } else {
      moretta_push(&builder, values[row], strlen(values[row]));
    }
  }
  moretta_add_built(&answer, &builder);
  return answer.columns[0];
}

static moretta_plugin_types_request_t request(const char *transform, size_t length, const char *config) {
  moretta_plugin_types_request_t request = {0};
  request.transform = (contract_string_t){(uint8_t *)transform, length};
  request.config = (contract_string_t){(uint8_t *)config, strlen(config)};
  return request;
}

moretta_result moretta_try(moretta_masker *mask, const char *transform, const char *config, moretta_column column,
                           moretta_answer *answer) {
  moretta_plugin_types_request_t asked = request(transform, strlen(transform), config);
  moretta_call call = {&asked, &column, 1, NULL, 0};
  *answer = (moretta_answer){0};
  return mask(&call, answer);
}

// The bytes that stand for a value under a key: a text as it is, an integer as its decimal text.
static moretta_result canonical(const moretta_column *column, size_t row, char room[24], moretta_slice *value) {
  moretta_text text;
  const int64_t *numbers = moretta_int64s(column);
  if (numbers != NULL) {
    *value = (moretta_slice){(uint8_t *)room, (size_t)snprintf(room, 24, "%" PRId64, numbers[row])};
    return MORETTA_DONE;
  }
  MORETTA_TRY(moretta_text_of(column, &text));
  *value = moretta_value(&text, row);
  return MORETTA_DONE;
}

static moretta_result digests(const moretta_pseudonym_key *key, uint32_t column, uint8_t normalize, uint32_t length,
                              moretta_slice *digests) {
  const moretta_column *lent = key->lent;
  if (column != 0 || length < 1 || length > 32) return MORETTA_KEY_REFUSED;
  uint8_t *to = moretta_allocate(lent->rows, length);
  *digests = (moretta_slice){to, lent->rows * length};
  for (size_t row = 0; row < lent->rows; row++) {
    moretta_slice value;
    char room[24];
    if (canonical(lent, row, room, &value) != MORETTA_DONE) return MORETTA_KEY_REFUSED;
    // FNV-1a, stirred once for each byte.
    uint64_t state = 0xcbf29ce484222325u + normalize;
    for (size_t i = 0; i < value.length; i++) state = (state ^ value.bytes[i]) * 0x100000001b3u;
    for (uint32_t i = 0; i < length; i++) {
      state = (state ^ i) * 0x100000001b3u;
      *to++ = moretta_is_null(moretta_validity(lent), row) ? 0 : (uint8_t)(state >> 32);
    }
  }
  return MORETTA_DONE;
}

moretta_pseudonym_key moretta_test_key(const moretta_column *column) {
  return (moretta_pseudonym_key){digests, column};
}

bool moretta_differs(const moretta_golden *golden, int row, const char *what) {
  fprintf(stderr, "case %s, row %d: %s\n", golden->name, row, what);
  return true;
}

const char *moretta_zero_ended(moretta_slice slice) {
  char *text = moretta_allocate(slice.length + 1, 1);
  memcpy(text, slice.bytes, slice.length);
  text[slice.length] = 0;
  return text;
}

static void append(char **text, size_t *length, const void *bytes, size_t count) {
  char *longer = moretta_allocate(*length + count + 1, 1);
  memcpy(longer, *text, *length);
  memcpy(longer + *length, bytes, count);
  *length += count;
  longer[*length] = 0;
  *text = longer;
}

// Writes `"name":value`, with what separates it from the one before.
static void append_member(char **text, size_t *length, const moretta_json *json, int key, int value) {
  if (*length > 1) append(text, length, ",", 1);
  moretta_slice name = moretta_json_raw(json, key), raw = moretta_json_raw(json, value);
  append(text, length, name.bytes, name.length);
  append(text, length, ":", 1);
  append(text, length, raw.bytes, raw.length);
}

// The configuration of a case with the defaults of the schema filled in, as the host does.
static const char *config(const moretta_golden *golden) {
  const moretta_json *json = golden->json;
  char *text = "";
  size_t length = 0;
  append(&text, &length, "{", 1);
  int given = moretta_json_member(json, golden->value, "config");
  for (int key = given + 1, left = given < 0 ? 0 : json->tokens[given].size; left > 0; left--) {
    append_member(&text, &length, json, key, key + 1);
    key = moretta_json_behind(json, key + 1);
  }
  int schema = moretta_json_member(json, moretta_json_member(json, golden->transform, "config"), "properties");
  for (int key = schema + 1, left = schema < 0 ? 0 : json->tokens[schema].size; left > 0; left--) {
    moretta_slice name;
    moretta_json_text(json, key, &name);
    int value = moretta_json_member(json, key + 1, "default");
    if (value >= 0 && moretta_json_member(json, given, moretta_zero_ended(name)) < 0) {
      append_member(&text, &length, json, key, value);
    }
    key = moretta_json_behind(json, key + 1);
  }
  append(&text, &length, "}", 1);
  return text;
}

static bool is_null(const moretta_json *json, int cell) {
  return json->text[json->tokens[cell].start] == 'n' && json->tokens[cell].type == JSMN_PRIMITIVE;
}

static size_t type_of(const moretta_json *json, int column) {
  static const char *const names[] = {"text", "binary", "int64", "float64", "boolean", "date32", "timestamp"};
  for (size_t tag = 0; tag < sizeof names / sizeof *names; tag++) {
    if (moretta_json_member(json, column, names[tag]) >= 0) return tag;
  }
  return sizeof names / sizeof *names;
}

static void set_number(moretta_column *column, int row, const moretta_json *json, int cell) {
  int64_t integer = 0;
  moretta_json_integer(json, cell, &integer);
  if (moretta_float64s(column) != NULL)
    moretta_float64s(column)[row] = strtod(json->text + json->tokens[cell].start, NULL);
  if (moretta_int64s(column) != NULL) moretta_int64s(column)[row] = integer;
  if (moretta_microseconds(column) != NULL) moretta_microseconds(column)[row] = integer;
  if (moretta_days(column) != NULL) moretta_days(column)[row] = (int32_t)integer;
}

moretta_column moretta_read_column(const moretta_json *json, int value) {
  int cells = value + 2, rows = json->tokens[cells].size, cell = cells + 1;
  moretta_builder texts = moretta_build((size_t)rows, 0);
  uint64_t *numbers = calloc((size_t)rows + 1, sizeof *numbers);
  moretta_column column = {.rows = (uint32_t)rows};
  column.values.tag = (uint8_t)type_of(json, value);
  column.values.val.int64 = (contract_list_s64_t){(int64_t *)numbers, (size_t)rows};
  for (int row = 0; row < rows; row++, cell = moretta_json_behind(json, cell)) {
    moretta_slice text = {0};
    bool is_text = moretta_json_text(json, cell, &text);
    if (is_null(json, cell)) {
      moretta_push_null(&texts);
    } else {
      moretta_push(&texts, text.bytes, text.length);
      if (!is_text) set_number(&column, row, json, cell);
    }
  }
  moretta_answer answer = {0};
  moretta_add_built(&answer, &texts);
  column.validity = answer.columns[0].validity;
  return column.values.tag == MORETTA_PLUGIN_TYPES_VALUES_TEXT ? answer.columns[0] : column;
}

static bool matches(const moretta_json *json, int pattern, moretta_slice value) {
  moretta_slice text;
  regex_t compiled;
  if (!moretta_json_text(json, pattern, &text)) return false;
  if (regcomp(&compiled, moretta_zero_ended(text), REG_EXTENDED | REG_NOSUB) != 0) return false;
  bool fits = regexec(&compiled, moretta_zero_ended(value), 0, NULL, 0) == 0;
  regfree(&compiled);
  return fits;
}

// Compares one cell with that of another column, or with its shape.
static bool same_cell(const moretta_golden *golden, const moretta_column *got, const moretta_column *expected, int row,
                      int shape) {
  bool null = moretta_is_null(moretta_validity(got), (size_t)row);
  if (null != moretta_is_null(moretta_validity(expected), (size_t)row)) return false;
  if (null) return true;
  moretta_text text, other;
  if (moretta_text_of(got, &text) == MORETTA_DONE && moretta_text_of(expected, &other) == MORETTA_DONE) {
    moretta_slice value = moretta_value(&text, (size_t)row), wanted = moretta_value(&other, (size_t)row);
    if (shape >= 0) return matches(golden->json, shape, value);
    return value.length == wanted.length && memcmp(value.bytes, wanted.bytes, value.length) == 0;
  }
  size_t size = moretta_days(got) != NULL ? sizeof(int32_t) : sizeof(int64_t);
  const char *values = (const char *)got->values.val.int64.ptr, *wanted = (const char *)expected->values.val.int64.ptr;
  return memcmp(values + (size_t)row * size, wanted + (size_t)row * size, size) == 0;
}

static const char *code_name(uint8_t code) {
  static const char *const names[] = {"unparsable", "out-of-range", "unchanged", "missing", "unsupported"};
  return code < sizeof names / sizeof *names ? names[code] : "";
}

static bool rejections_differ(const moretta_golden *golden, const moretta_answer *answer) {
  const moretta_json *json = golden->json;
  int list = moretta_json_member(json, golden->value, "rejected");
  size_t expected = list < 0 ? 0 : (size_t)json->tokens[list].size;
  if (answer->rejection_count != expected) return moretta_differs(golden, 0, "another number of rows is rejected");
  int value = list + 1;
  for (size_t i = 0; i < expected; i++, value = moretta_json_behind(json, value)) {
    int64_t row = -1;
    moretta_slice code = {0};
    moretta_json_integer(json, moretta_json_member(json, value, "row"), &row);
    moretta_json_text(json, moretta_json_member(json, value, "code"), &code);
    const char *got = code_name(answer->rejections[i].code);
    bool same =
        answer->rejections[i].row == row && code.length == strlen(got) && memcmp(code.bytes, got, code.length) == 0;
    if (!same) return moretta_differs(golden, (int)answer->rejections[i].row, "is rejected, or for another reason");
  }
  return false;
}

static bool is_rejected(const moretta_answer *answer, int row) {
  for (size_t i = 0; i < answer->rejection_count; i++) {
    if (answer->rejections[i].row == (uint32_t)row) return true;
  }
  return false;
}

static bool answer_differs(const moretta_golden *golden, const moretta_answer *answer) {
  const moretta_json *json = golden->json;
  if (rejections_differ(golden, answer)) return true;
  int output = moretta_json_member(json, golden->value, "output");
  int shape = moretta_json_member(json, golden->value, "output_shape");
  moretta_column expected = moretta_read_column(json, output >= 0 ? output : shape);
  if (answer->column_count != 1 || answer->columns[0].rows != expected.rows)
    return moretta_differs(golden, 0, "not one column of as many rows");
  if (answer->columns[0].values.tag != expected.values.tag) return moretta_differs(golden, 0, "another type");
  int cell = (output >= 0 ? output : shape) + 3;
  for (int row = 0; row < (int)expected.rows; row++, cell = moretta_json_behind(json, cell)) {
    bool same = same_cell(golden, answer->columns, &expected, row, output >= 0 ? -1 : cell);
    if (!is_rejected(answer, row) && !same) return moretta_differs(golden, row, "another value");
  }
  return false;
}

static bool case_differs(const moretta_golden *golden, moretta_masker *mask, moretta_pseudonym_masker *mask_with_key) {
  const moretta_json *json = golden->json;
  moretta_slice name;
  moretta_json_text(json, moretta_json_member(json, golden->transform, "name"), &name);
  moretta_plugin_types_request_t asked = request((const char *)name.bytes, name.length, config(golden));
  int64_t today = 0;
  asked.reference_date.is_some =
      moretta_json_integer(json, moretta_json_member(json, golden->value, "reference_date"), &today);
  asked.reference_date.val = (int32_t)today;
  moretta_column input = moretta_read_column(json, moretta_json_member(json, golden->value, "input"));
  // The key digests what was lent, not what the plugin makes of it.
  moretta_column lent = moretta_read_column(json, moretta_json_member(json, golden->value, "input"));
  moretta_pseudonym_key key = moretta_test_key(&lent);
  moretta_call call = {&asked, &input, 1, NULL, 0};
  moretta_answer answer = {0};
  moretta_result result = mask != NULL ? mask(&call, &answer) : mask_with_key(&call, &key, &answer);
  if (result != MORETTA_DONE) return moretta_differs(golden, 0, "the batch is refused");
  return answer_differs(golden, &answer);
}

static char *read_file(const char *path, size_t *length) {
  FILE *file = fopen(path, "rb");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) return NULL;
  long size = ftell(file);
  rewind(file);
  char *text = moretta_allocate((size_t)size + 1, 1);
  *length = fread(text, 1, (size_t)size, file);
  text[*length] = 0;
  fclose(file);
  return text;
}

bool moretta_read_manifest(const char *manifest, moretta_json *json) {
  size_t length = 0;
  char *text = read_file(manifest, &length);
  bool is_read = text != NULL && moretta_json_read(text, length, json);
  if (!is_read) fprintf(stderr, "%s: no JSON can be read from it\n", manifest);
  return is_read;
}

const char *moretta_name_of(const moretta_json *json, int value) {
  moretta_slice name = {0};
  moretta_json_text(json, moretta_json_member(json, value, "name"), &name);
  return moretta_zero_ended(name);
}

int moretta_told(int ran, int failed) {
  printf("%d golden cases, %d failed\n", ran, failed);
  return failed;
}

int moretta_check_cases(const char *manifest, moretta_masker *mask, moretta_pseudonym_masker *mask_with_key) {
  moretta_json json;
  if (!moretta_read_manifest(manifest, &json)) return 1;
  int failed = 0, ran = 0, transforms = moretta_json_member(&json, 0, "transforms"), transform = transforms + 1;
  for (int left = transforms < 0 ? 0 : json.tokens[transforms].size; left > 0; left--) {
    int cases = moretta_json_member(&json, transform, "cases"), value = cases + 1;
    for (int more = cases < 0 ? 0 : json.tokens[cases].size; more > 0; more--, ran++) {
      moretta_golden golden = {&json, transform, value, moretta_name_of(&json, value)};
      failed += case_differs(&golden, mask, mask_with_key);
      value = moretta_json_behind(&json, value);
    }
    transform = moretta_json_behind(&json, transform);
  }
  return moretta_told(ran, failed);
}
