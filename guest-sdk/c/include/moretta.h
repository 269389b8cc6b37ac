// What the author of a Moretta plugin in C or C++ uses: views and builders over columns, and one macro for each world.
//
// A plugin is one function, and a line that exports it:
//
//     static moretta_result mask(const moretta_call *call, moretta_answer *answer) { ... }
//     MORETTA_MASKER(mask)
//
// A call runs in an instance of its own, which is thrown away afterwards: nothing has to be freed, and nothing that is
// stored is there in the next. When memory runs out, the kit traps, and the host says so.
#ifndef MORETTA_H
#define MORETTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "contract.h"

#ifdef __cplusplus
extern "C" {
#endif

// How a call ended: done, or why the whole batch is refused, which stops the run. See `batch-error` in `wit/types.wit`.
typedef enum {
  MORETTA_DONE = 0,
  MORETTA_UNKNOWN_TRANSFORM = 1 + MORETTA_PLUGIN_TYPES_BATCH_ERROR_UNKNOWN_TRANSFORM,
  MORETTA_INVALID_CONFIG = 1 + MORETTA_PLUGIN_TYPES_BATCH_ERROR_INVALID_CONFIG,
  MORETTA_UNSUPPORTED_TYPE = 1 + MORETTA_PLUGIN_TYPES_BATCH_ERROR_UNSUPPORTED_TYPE,
  MORETTA_WRONG_COLUMNS = 1 + MORETTA_PLUGIN_TYPES_BATCH_ERROR_WRONG_COLUMNS,
  MORETTA_NO_REFERENCE_DATE = 1 + MORETTA_PLUGIN_TYPES_BATCH_ERROR_NO_REFERENCE_DATE,
  MORETTA_KEY_REFUSED = 1 + MORETTA_PLUGIN_TYPES_BATCH_ERROR_KEY_REFUSED,
  MORETTA_INTERNAL = 1 + MORETTA_PLUGIN_TYPES_BATCH_ERROR_INTERNAL,
} moretta_result;

// Returns from the function around it if a step refuses the batch.
#define MORETTA_TRY(step)                                    \
  do {                                                       \
    moretta_result moretta_step = (step);                    \
    if (moretta_step != MORETTA_DONE) return moretta_step;   \
  } while (0)

// Why one row could not be handled. See `rejection-code` in `wit/types.wit`.
typedef enum {
  MORETTA_UNPARSABLE = MORETTA_PLUGIN_TYPES_REJECTION_CODE_UNPARSABLE,
  MORETTA_OUT_OF_RANGE = MORETTA_PLUGIN_TYPES_REJECTION_CODE_OUT_OF_RANGE,
  MORETTA_UNCHANGED = MORETTA_PLUGIN_TYPES_REJECTION_CODE_UNCHANGED,
  MORETTA_MISSING = MORETTA_PLUGIN_TYPES_REJECTION_CODE_MISSING,
  MORETTA_UNSUPPORTED = MORETTA_PLUGIN_TYPES_REJECTION_CODE_UNSUPPORTED,
} moretta_code;

typedef moretta_plugin_types_column_t moretta_column;

// What is asked of the plugin. The columns to mask are the plugin's own and can be overwritten; those beside them that it
// may see are not.
typedef struct {
  const moretta_plugin_types_request_t *request;
  moretta_column *columns;
  size_t column_count;
  const moretta_column *context;
  size_t context_count;
} moretta_call;

// What the plugin answers: its columns, and the rows that it could not handle.
typedef struct {
  moretta_column *columns;
  size_t column_count;
  moretta_plugin_types_rejection_t *rejections;
  size_t rejection_count, rejection_room;
} moretta_answer;

// Some bytes, not ended by a zero.
typedef struct {
  const uint8_t *bytes;
  size_t length;
} moretta_slice;

// Whether the request names this transform.
bool moretta_is(const moretta_call *call, const char *transform);

// The one column of a call; MORETTA_WRONG_COLUMNS if there are more or none.
moretta_result moretta_only(const moretta_call *call, moretta_column **column);

// The policy's reference date in days since 1970-01-01: the only "today" there is. No clock can be read.
moretta_result moretta_today(const moretta_call *call, int32_t *days);

// A property of the rule's `with:`. The host filled in the defaults and checked the schema of the manifest, so one that is
// missing or of another type is MORETTA_INVALID_CONFIG: schema and code disagree.
moretta_result moretta_get_integer(const moretta_call *call, const char *name, int64_t *value);
moretta_result moretta_get_number(const moretta_call *call, const char *name, double *value);
moretta_result moretta_get_boolean(const moretta_call *call, const char *name, bool *value);
moretta_result moretta_get_text(const moretta_call *call, const char *name, moretta_slice *value);

// A view of a column of text. `validity` is NULL if no row is null.
//
// Value `row` is `data[offsets[row] .. offsets[row + 1]]`, UTF-8, empty for a null. A loop over it is as quick as the
// sandbox allows; values that keep their lengths can be overwritten in their place.
typedef struct {
  size_t rows;
  const uint8_t *validity;
  const uint32_t *offsets;
  uint8_t *data;
} moretta_text;

moretta_result moretta_text_of(const moretta_column *column, moretta_text *text);

// Whether a row has no value.
static inline bool moretta_is_null(const uint8_t *validity, size_t row) {
  return validity != NULL && (validity[row / 8] >> (row % 8) & 1) == 0;
}

static inline moretta_slice moretta_value(const moretta_text *text, size_t row) {
  return (moretta_slice){text->data + text->offsets[row], text->offsets[row + 1] - text->offsets[row]};
}

// The values of a column of numbers, one for each row, those of nulls without meaning; NULL if it is of another type.
int64_t *moretta_int64s(const moretta_column *column);
double *moretta_float64s(const moretta_column *column);
int32_t *moretta_days(const moretta_column *column);
int64_t *moretta_microseconds(const moretta_column *column);
// The bits of a column; NULL if no row is null.
const uint8_t *moretta_validity(const moretta_column *column);

// Builds a column of text, value by value.
typedef struct {
  uint32_t *offsets;
  uint8_t *data, *validity;
  size_t rows, most_rows, length, room;
} moretta_builder;

// Room for so many rows, no more, and for so many bytes at first.
moretta_builder moretta_build(size_t rows, size_t bytes);
// Ends a row with a value of this length, and says where to write it. Good until the next row is ended.
uint8_t *moretta_push_place(moretta_builder *builder, size_t length);
void moretta_push(moretta_builder *builder, const void *bytes, size_t length);
void moretta_push_null(moretta_builder *builder);

// Names a row that could not be handled; rows are named in rising order, each once. What the returned column has in that
// row is ignored.
void moretta_reject(moretta_answer *answer, size_t row, moretta_code code);

// Adds a column to the answer: what was built, or a column of the call that was overwritten.
void moretta_add_built(moretta_answer *answer, moretta_builder *builder);
void moretta_add(moretta_answer *answer, const moretta_column *column);

// Permission to digest the columns of one call, in the world `pseudonym-masker`. See `wit/pseudonym.wit`.
//
// `digests` gives `length` bytes for each row, zeros for a null. A test lends a key of its own making.
typedef struct moretta_pseudonym_key moretta_pseudonym_key;
struct moretta_pseudonym_key {
  moretta_result (*digests)(const moretta_pseudonym_key *key, uint32_t column, uint8_t normalize, uint32_t length,
                            moretta_slice *digests);
  const void *lent;
};

// How values are brought to one form before they are digested, added up.
enum { MORETTA_TRIM = 1, MORETTA_ASCII_CASE = 2, MORETTA_SEPARATORS = 4 };

// What a classifier found in one column. The labels are those of `manifest.json`, counted from 0.
typedef struct {
  uint32_t column;
  moretta_plugin_types_finding_t *findings;
  size_t count, room;
} moretta_findings;

// Tells that so many values of the column speak for a label, of so many that were looked at: nulls are not. Each label is
// told once; one that no value speaks for is left out.
void moretta_found(moretta_findings *findings, uint32_t label, size_t matched, size_t examined);

// A piece of a text: its bytes from `start` up to `end`, both at borders of characters. The labels are those of
// `manifest.json`, counted from 0; `confidence` is 0 to 100.
typedef struct {
  uint32_t row, start, end, label;
  uint8_t confidence;
} moretta_span;

// The pieces that a text classifier found in a column.
typedef struct {
  moretta_span *spans;
  size_t count, room;
} moretta_spans;

// Adds a piece. Rows are gone through in rising order; the pieces of one row may come in any, and may overlap.
void moretta_add_span(moretta_spans *spans, size_t row, size_t start, size_t end, uint32_t label, uint8_t confidence);

// What a plugin of each world is. A classifier is asked once for each column of a call, a text classifier about one column
// in each call. A null is an empty text, in which there is nothing to find.
typedef moretta_result moretta_text_classifier(moretta_slice name, const moretta_text *texts, moretta_spans *spans);
typedef moretta_result moretta_classifier(moretta_slice name, const moretta_column *column, moretta_findings *findings);
typedef moretta_result moretta_masker(const moretta_call *call, moretta_answer *answer);
typedef moretta_result moretta_pseudonym_masker(const moretta_call *call, const moretta_pseudonym_key *key,
                                                moretta_answer *answer);

// Memory that is there, or a trap.
void *moretta_allocate(size_t count, size_t size);

// Hands an answer to the host.
bool moretta_finish(moretta_result result, const moretta_answer *answer, moretta_plugin_types_masked_t *masked,
                    moretta_plugin_types_batch_error_t *error);

#ifdef __cplusplus
}
#endif

#ifdef __wasm__

#define MORETTA_MASKER(function)                                                                             \
  bool exports_moretta_plugin_mask_mask(moretta_plugin_types_request_t *request,                             \
                                        exports_moretta_plugin_mask_list_column_t *columns,                  \
                                        exports_moretta_plugin_mask_list_column_t *context,                  \
                                        moretta_plugin_types_masked_t *masked,                               \
                                        moretta_plugin_types_batch_error_t *error) {                         \
    moretta_call call = {request, columns->ptr, columns->len, context->ptr, context->len};                   \
    moretta_answer answer = {NULL, 0, NULL, 0, 0};                                                           \
    moretta_result result = function(&call, &answer);                                                        \
    return moretta_finish(result, &answer, masked, error);                                                   \
  }

#define MORETTA_CLASSIFIER(function)                                                                         \
  bool exports_moretta_plugin_classify_classify(moretta_plugin_types_request_t *request,                     \
                                                contract_list_string_t *names,                               \
                                                exports_moretta_plugin_classify_list_column_t *columns,      \
                                                exports_moretta_plugin_classify_list_finding_t *found,       \
                                                moretta_plugin_types_batch_error_t *error) {                 \
    moretta_findings findings = {0, NULL, 0, 0};                                                             \
    (void)request;                                                                                           \
    for (; findings.column < columns->len; findings.column++) {                                              \
      moretta_slice name = {names->ptr[findings.column].ptr, names->ptr[findings.column].len};               \
      moretta_result result = function(name, &columns->ptr[findings.column], &findings);                     \
      if (result != MORETTA_DONE) {                                                                          \
        *error = (moretta_plugin_types_batch_error_t)(result - 1);                                           \
        return false;                                                                                        \
      }                                                                                                      \
    }                                                                                                        \
    found->ptr = findings.findings;                                                                          \
    found->len = findings.count;                                                                             \
    return true;                                                                                             \
  }

#define MORETTA_TEXT_CLASSIFIER(function)                                                                    \
  bool exports_moretta_plugin_find_find(moretta_plugin_types_request_t *request, contract_string_t *name,    \
                                        moretta_column *column,                                              \
                                        exports_moretta_plugin_find_list_span_t *found,                      \
                                        moretta_plugin_types_batch_error_t *error) {                         \
    moretta_text texts;                                                                                      \
    moretta_spans spans = {NULL, 0, 0};                                                                      \
    moretta_slice named = {name->ptr, name->len};                                                            \
    (void)request;                                                                                           \
    moretta_result result = moretta_text_of(column, &texts);                                                 \
    if (result == MORETTA_DONE) result = function(named, &texts, &spans);                                    \
    if (result != MORETTA_DONE) {                                                                            \
      *error = (moretta_plugin_types_batch_error_t)(result - 1);                                             \
      return false;                                                                                          \
    }                                                                                                        \
    found->ptr = (exports_moretta_plugin_find_span_t *)moretta_allocate(spans.count, sizeof *found->ptr);    \
    found->len = spans.count;                                                                                \
    for (size_t i = 0; i < spans.count; i++) {                                                               \
      found->ptr[i].row = spans.spans[i].row;                                                                \
      found->ptr[i].start = spans.spans[i].start;                                                            \
      found->ptr[i].end = spans.spans[i].end;                                                                \
      found->ptr[i].label = spans.spans[i].label;                                                            \
      found->ptr[i].confidence = spans.spans[i].confidence;                                                  \
    }                                                                                                        \
    return true;                                                                                             \
  }

#define MORETTA_PSEUDONYM_MASKER(function)                                                                   \
  static moretta_result moretta_lent_digests(const moretta_pseudonym_key *key, uint32_t column,              \
                                             uint8_t normalize, uint32_t length, moretta_slice *digests) {   \
    contract_list_u8_t bytes;                                                                                \
    moretta_plugin_types_key_error_t refused;                                                                \
    if (!moretta_plugin_pseudonym_method_pseudonym_key_digests(                                              \
            *(const moretta_plugin_pseudonym_borrow_pseudonym_key_t *)key->lent, column, normalize, length,  \
            &bytes, &refused))                                                                               \
      return MORETTA_KEY_REFUSED;                                                                            \
    *digests = (moretta_slice){bytes.ptr, bytes.len};                                                        \
    return MORETTA_DONE;                                                                                     \
  }                                                                                                          \
  bool exports_moretta_plugin_mask_with_pseudonym_key_mask(                                                  \
      moretta_plugin_types_request_t *request,                                                               \
      exports_moretta_plugin_mask_with_pseudonym_key_list_column_t *columns,                                 \
      exports_moretta_plugin_mask_with_pseudonym_key_list_column_t *context,                                 \
      moretta_plugin_pseudonym_borrow_pseudonym_key_t lent, moretta_plugin_types_masked_t *masked,           \
      moretta_plugin_types_batch_error_t *error) {                                                           \
    moretta_call call = {request, columns->ptr, columns->len, context->ptr, context->len};                   \
    moretta_pseudonym_key key = {moretta_lent_digests, &lent};                                               \
    moretta_answer answer = {NULL, 0, NULL, 0, 0};                                                           \
    moretta_result result = function(&call, &key, &answer);                                                  \
    moretta_plugin_pseudonym_pseudonym_key_drop_borrow(lent);                                                \
    return moretta_finish(result, &answer, masked, error);                                                   \
  }

#else

// The export exists only where it is called from, in WebAssembly: natively the plugin is a plain function.
#define MORETTA_MASKER(function) moretta_masker *const moretta_plugin = function;
#define MORETTA_PSEUDONYM_MASKER(function) moretta_pseudonym_masker *const moretta_plugin = function;
#define MORETTA_CLASSIFIER(function) moretta_classifier *const moretta_plugin = function;
#define MORETTA_TEXT_CLASSIFIER(function) moretta_text_classifier *const moretta_plugin = function;

#endif
#endif
