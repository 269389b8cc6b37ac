// What the tests of maskers and those of classifiers share.
#ifndef MORETTA_SRC_TESTING_H
#define MORETTA_SRC_TESTING_H

#include "json.h"
#include "moretta_testing.h"

// One golden case, as tokens of the manifest.
typedef struct {
  const moretta_json *json;
  int transform, value;
  const char *name;
} moretta_golden;

// Reads a manifest; a message says if there is none.
bool moretta_read_manifest(const char *manifest, moretta_json *json);

// The name of a case or of a transform.
const char *moretta_name_of(const moretta_json *json, int value);

// A column as a case writes it: `{"text": [..]}`, `{"int64": [..]}` and so on.
moretta_column moretta_read_column(const moretta_json *json, int value);

// A copy that ends with a zero.
const char *moretta_zero_ended(moretta_slice slice);

// Tells what differs in a row, and is true.
bool moretta_differs(const moretta_golden *golden, int row, const char *what);

// Tells how many cases ran, and is how many failed.
int moretta_told(int ran, int failed);

#endif
