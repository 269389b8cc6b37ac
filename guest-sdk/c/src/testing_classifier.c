#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "testing.h"

// The label at a place of the manifest: alone, or with what finding it is worth.
static moretta_slice label_at(const moretta_json *json, uint32_t place) {
  int labels = moretta_json_member(json, 0, "labels"), label = labels + 1;
  moretta_slice name = {0};
  if (labels < 0 || place >= (uint32_t)json->tokens[labels].size) return name;
  for (; place > 0; place--) label = moretta_json_behind(json, label);
  int inside = moretta_json_member(json, label, "label");
  moretta_json_text(json, inside < 0 ? label : inside, &name);
  return name;
}

// How many values speak for a label, in the way that most do.
static int64_t most_matched(const moretta_json *json, const moretta_findings *findings, moretta_slice label) {
  int64_t most = 0;
  for (size_t i = 0; i < findings->count; i++) {
    moretta_slice found = label_at(json, findings->findings[i].label);
    bool same = found.length == label.length && memcmp(found.bytes, label.bytes, label.length) == 0;
    if (same && findings->findings[i].matched > most) most = findings->findings[i].matched;
  }
  return most;
}

static bool counts_differ(const moretta_golden *golden, const moretta_findings *findings) {
  const moretta_json *json = golden->json;
  int matched = moretta_json_member(json, golden->value, "matched");
  for (int key = matched + 1, left = json->tokens[matched].size; left > 0; left--) {
    moretta_slice label;
    int64_t expected = 0;
    moretta_json_text(json, key, &label);
    moretta_json_integer(json, key + 1, &expected);
    int64_t got = most_matched(json, findings, label);
    if (got != expected) {
      fprintf(stderr, "case %s: %" PRId64 " values speak for %s, and the case says %" PRId64 "\n", golden->name, got,
              moretta_zero_ended(label), expected);
      return true;
    }
    key = moretta_json_behind(json, key + 1);
  }
  for (size_t i = 0; i < findings->count; i++) {
    const char *label = moretta_zero_ended(label_at(json, findings->findings[i].label));
    if (moretta_json_member(json, matched, label) < 0) {
      fprintf(stderr, "case %s: values speak for %s, which the case does not say\n", golden->name, label);
      return true;
    }
  }
  return false;
}

int moretta_check_classifier_cases(const char *manifest, moretta_classifier *classify) {
  moretta_json json;
  if (!moretta_read_manifest(manifest, &json)) return 1;
  int failed = 0, ran = 0, cases = moretta_json_member(&json, 0, "cases"), value = cases + 1;
  for (int left = cases < 0 ? 0 : json.tokens[cases].size; left > 0; left--, ran++) {
    moretta_golden golden = {&json, 0, value, moretta_name_of(&json, value)};
    moretta_slice name = {0};
    moretta_json_text(&json, moretta_json_member(&json, value, "column"), &name);
    moretta_column column = moretta_read_column(&json, moretta_json_member(&json, value, "input"));
    moretta_findings findings = {0};
    if (classify(name, &column, &findings) != MORETTA_DONE) {
      fprintf(stderr, "case %s: the batch is refused\n", golden.name);
      failed++;
    } else {
      failed += counts_differ(&golden, &findings);
    }
    value = moretta_json_behind(&json, value);
  }
  return moretta_told(ran, failed);
}

// Whether a span is the piece that a case says.
static bool is_piece(const moretta_json *json, int piece, const moretta_text *texts, const moretta_span *span) {
  moretta_slice label = {0}, text = {0}, found = label_at(json, span->label), value = moretta_value(texts, span->row);
  moretta_json_text(json, moretta_json_member(json, piece, "label"), &label);
  moretta_json_text(json, moretta_json_member(json, piece, "text"), &text);
  if (span->start >= span->end || span->end > value.length || span->end - span->start != text.length) return false;
  return found.length == label.length && memcmp(found.bytes, label.bytes, label.length) == 0 &&
         memcmp(value.bytes + span->start, text.bytes, text.length) == 0;
}

static bool pieces_differ(const moretta_golden *golden, const moretta_text *texts, const moretta_spans *spans) {
  const moretta_json *json = golden->json;
  int rows = moretta_json_member(json, golden->value, "found"), row = rows + 1;
  size_t next = 0;
  for (size_t i = 0; i < texts->rows; i++, row = moretta_json_behind(json, row)) {
    int piece = row + 1;
    for (int left = json->tokens[row].size; left > 0; left--, next++, piece = moretta_json_behind(json, piece)) {
      bool is_there = next < spans->count && spans->spans[next].row == i;
      if (!is_there || !is_piece(json, piece, texts, &spans->spans[next]))
        return moretta_differs(golden, (int)i, "a piece is missing, or another one is found");
    }
    if (next < spans->count && spans->spans[next].row == i)
      return moretta_differs(golden, (int)i, "a piece is found that the case does not say");
  }
  if (next == spans->count) return false;
  return moretta_differs(golden, (int)texts->rows, "a piece is found in a row that is not there");
}

int moretta_check_text_classifier_cases(const char *manifest, moretta_text_classifier *find) {
  moretta_json json;
  if (!moretta_read_manifest(manifest, &json)) return 1;
  int failed = 0, ran = 0, cases = moretta_json_member(&json, 0, "cases"), value = cases + 1;
  for (int left = cases < 0 ? 0 : json.tokens[cases].size; left > 0; left--, ran++) {
    moretta_golden golden = {&json, 0, value, moretta_name_of(&json, value)};
    moretta_slice name = {0};
    moretta_json_text(&json, moretta_json_member(&json, value, "column"), &name);
    moretta_column column = moretta_read_column(&json, moretta_json_member(&json, value, "input"));
    moretta_text texts;
    moretta_spans spans = {0};
    if (moretta_text_of(&column, &texts) != MORETTA_DONE || find(name, &texts, &spans) != MORETTA_DONE) {
      failed += moretta_differs(&golden, 0, "the batch is refused");
    } else {
      failed += pieces_differ(&golden, &texts, &spans);
    }
    value = moretta_json_behind(&json, value);
  }
  return moretta_told(ran, failed);
}
