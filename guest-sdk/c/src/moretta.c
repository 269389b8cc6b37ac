#include "moretta.h"

#include <stdlib.h>
#include <string.h>

void *moretta_allocate(size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) __builtin_trap();
  // Nothing of zero bytes: its address would be the same as that of no memory.
  void *memory = malloc(bytes == 0 ? 1 : bytes);
  if (memory == NULL) __builtin_trap();
  return memory;
}

// More room, at least twice as much.
static void *grow(void *old, size_t used, size_t *room, size_t needed, size_t size) {
  *room = needed > *room * 2 ? needed : *room * 2;
  void *memory = moretta_allocate(*room, size);
  if (used > 0) memcpy(memory, old, used * size);
  free(old);
  return memory;
}

bool moretta_is(const moretta_call *call, const char *transform) {
  size_t length = strlen(transform);
  return call->request->transform.len == length && memcmp(call->request->transform.ptr, transform, length) == 0;
}

moretta_result moretta_only(const moretta_call *call, moretta_column **column) {
  if (call->column_count != 1) return MORETTA_WRONG_COLUMNS;
  *column = call->columns;
  return MORETTA_DONE;
}

moretta_result moretta_today(const moretta_call *call, int32_t *days) {
  if (!call->request->reference_date.is_some) return MORETTA_NO_REFERENCE_DATE;
  *days = call->request->reference_date.val;
  return MORETTA_DONE;
}

const uint8_t *moretta_validity(const moretta_column *column) {
  return column->validity.is_some ? column->validity.val.ptr : NULL;
}

moretta_result moretta_text_of(const moretta_column *column, moretta_text *text) {
  if (column->values.tag != MORETTA_PLUGIN_TYPES_VALUES_TEXT) return MORETTA_UNSUPPORTED_TYPE;
  const moretta_plugin_types_variable_t *values = &column->values.val.text;
  *text = (moretta_text){column->rows, moretta_validity(column), values->offsets.ptr, values->data.ptr};
  return MORETTA_DONE;
}

int64_t *moretta_int64s(const moretta_column *column) {
  return column->values.tag == MORETTA_PLUGIN_TYPES_VALUES_INT64 ? column->values.val.int64.ptr : NULL;
}

double *moretta_float64s(const moretta_column *column) {
  return column->values.tag == MORETTA_PLUGIN_TYPES_VALUES_FLOAT64 ? column->values.val.float64.ptr : NULL;
}

int32_t *moretta_days(const moretta_column *column) {
  return column->values.tag == MORETTA_PLUGIN_TYPES_VALUES_DATE32 ? column->values.val.date32.ptr : NULL;
}

int64_t *moretta_microseconds(const moretta_column *column) {
  return column->values.tag == MORETTA_PLUGIN_TYPES_VALUES_TIMESTAMP ? column->values.val.timestamp.ptr : NULL;
}

moretta_builder moretta_build(size_t rows, size_t bytes) {
  moretta_builder builder = {.most_rows = rows, .room = bytes};
  builder.offsets = moretta_allocate(rows + 1, sizeof(uint32_t));
  builder.offsets[0] = 0;
  builder.data = moretta_allocate(bytes, 1);
  return builder;
}

static void end_row(moretta_builder *builder, size_t length) {
  if (builder->rows == builder->most_rows) __builtin_trap();
  builder->length += length;
  if (builder->length > UINT32_MAX) __builtin_trap();
  builder->offsets[++builder->rows] = (uint32_t)builder->length;
}

uint8_t *moretta_push_place(moretta_builder *builder, size_t length) {
  if (length > builder->room - builder->length) {
    size_t needed;
    if (__builtin_add_overflow(builder->length, length, &needed)) __builtin_trap();
    builder->data = grow(builder->data, builder->length, &builder->room, needed, 1);
  }
  uint8_t *place = builder->data + builder->length;
  end_row(builder, length);
  return place;
}

void moretta_push(moretta_builder *builder, const void *bytes, size_t length) {
  uint8_t *place = moretta_push_place(builder, length);
  if (length > 0) memcpy(place, bytes, length);
}

void moretta_push_null(moretta_builder *builder) {
  size_t bytes = (builder->most_rows + 7) / 8;
  if (builder->validity == NULL) {
    builder->validity = moretta_allocate(bytes, 1);
    memset(builder->validity, 0xff, bytes);
    // What lies behind the last row is zero.
    if (builder->most_rows % 8 != 0) builder->validity[bytes - 1] = (uint8_t)((1 << (builder->most_rows % 8)) - 1);
  }
  size_t row = builder->rows;
  end_row(builder, 0);
  builder->validity[row / 8] &= (uint8_t)~(1 << (row % 8));
}

void moretta_reject(moretta_answer *answer, size_t row, moretta_code code) {
  if (answer->rejection_count == answer->rejection_room) {
    answer->rejections = grow(answer->rejections, answer->rejection_count, &answer->rejection_room,
                              answer->rejection_count + 8, sizeof *answer->rejections);
  }
  answer->rejections[answer->rejection_count++] =
      (moretta_plugin_types_rejection_t){(uint32_t)row, (moretta_plugin_types_rejection_code_t)code};
}

void moretta_add(moretta_answer *answer, const moretta_column *column) {
  size_t room = answer->column_count;
  answer->columns = grow(answer->columns, answer->column_count, &room, answer->column_count + 1, sizeof *column);
  answer->columns[answer->column_count++] = *column;
}

void moretta_add_built(moretta_answer *answer, moretta_builder *builder) {
  // A row that was forgotten would shift all that follow.
  if (builder->rows != builder->most_rows) __builtin_trap();
  moretta_column column = {.rows = (uint32_t)builder->rows};
  column.validity.is_some = builder->validity != NULL;
  column.validity.val = (contract_list_u8_t){builder->validity, (builder->rows + 7) / 8};
  column.values.tag = MORETTA_PLUGIN_TYPES_VALUES_TEXT;
  column.values.val.text.offsets = (contract_list_u32_t){builder->offsets, builder->rows + 1};
  column.values.val.text.data = (contract_list_u8_t){builder->data, builder->length};
  moretta_add(answer, &column);
}

void moretta_found(moretta_findings *findings, uint32_t label, size_t matched, size_t examined) {
  if (matched == 0) return;
  if (findings->count == findings->room) {
    findings->findings = grow(findings->findings, findings->count, &findings->room, findings->count + 8,
                              sizeof *findings->findings);
  }
  findings->findings[findings->count++] = (moretta_plugin_types_finding_t){
      .column = findings->column, .label = label, .matched = (uint32_t)matched, .examined = (uint32_t)examined};
}

void moretta_add_span(moretta_spans *spans, size_t row, size_t start, size_t end, uint32_t label, uint8_t confidence) {
  if (spans->count == spans->room) {
    spans->spans = grow(spans->spans, spans->count, &spans->room, spans->count + 8, sizeof *spans->spans);
  }
  // The host wants those of a row to rise.
  size_t place = spans->count++;
  while (place > 0 && spans->spans[place - 1].row == row && spans->spans[place - 1].start > start) {
    spans->spans[place] = spans->spans[place - 1];
    place--;
  }
  spans->spans[place] = (moretta_span){(uint32_t)row, (uint32_t)start, (uint32_t)end, label, confidence};
}

bool moretta_finish(moretta_result result, const moretta_answer *answer, moretta_plugin_types_masked_t *masked,
                    moretta_plugin_types_batch_error_t *error) {
  if (result != MORETTA_DONE) {
    *error = (moretta_plugin_types_batch_error_t)(result - 1);
    return false;
  }
  masked->columns.ptr = answer->columns;
  masked->columns.len = answer->column_count;
  masked->rejections.ptr = answer->rejections;
  masked->rejections.len = answer->rejection_count;
  return true;
}

// Generated code asks for this to be linked from an object that says which world it is of. `moretta plugin pack` says it
// instead, so there is no such object. Native programs have none either.
void __component_type_object_force_link_contract(void);
void __component_type_object_force_link_contract(void) {}
