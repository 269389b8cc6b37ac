#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "moretta.h"

static volatile uint32_t seen;

static void spin(void) {
  for (;;)
    seen++;
}

// Not in its last place, and with something on the stack, so that it stays a
// call.
static uint32_t recurse(uint32_t depth) {
  volatile uint8_t held[64];
  held[depth % 64] = 1;
  if (seen == 1)
    return 0;
  return recurse(depth + 1) + held[depth % 64];
}

static void hoard(void) {
  for (;;)
    memset(moretta_allocate(1, 1 << 20), 1, 1 << 20);
}

// Every value is this text.
static moretta_result say(moretta_answer *answer, size_t rows, const char *text, size_t length) {
  moretta_builder builder = moretta_build(rows, rows * length);
  for (size_t row = 0; row < rows; row++)
    moretta_push(&builder, text, length);
  moretta_add_built(answer, &builder);
  return MORETTA_DONE;
}

static moretta_result say_number(moretta_answer *answer, size_t rows, uint64_t number) {
  char digits[20];
  size_t at = sizeof digits;
  do
    digits[--at] = '0' + number % 10;
  while ((number /= 10) != 0);
  return say(answer, rows, digits + at, sizeof digits - at);
}

// Calls the bytes of the first value as if they were a function, which the
// first four of them say where to find.
static void evaluate(const moretta_text *text) {
  uint32_t code;
  memcpy(&code, text->data, sizeof code);
  ((void (*)(void))(uintptr_t)code)();
}

static moretta_result mask(const moretta_call *call, moretta_answer *answer) {
  moretta_column *column;
  moretta_text text;
  MORETTA_TRY(moretta_only(call, &column));
  MORETTA_TRY(moretta_text_of(column, &text));
  if (moretta_is(call, "spin"))
    spin();
  if (moretta_is(call, "recurse"))
    seen += recurse(0);
  if (moretta_is(call, "hoard"))
    hoard();
  if (moretta_is(call, "fail"))
    *(volatile uint8_t *)UINT32_MAX = 1;
  if (moretta_is(call, "refuse"))
    return MORETTA_INTERNAL;
  if (moretta_is(call, "shorten"))
    column->rows--;
  if (moretta_is(call, "lengthen"))
    return say(answer, text.rows + 1, "one more", 8);
  if (moretta_is(call, "flood"))
    return say(answer, text.rows, moretta_allocate(16 << 20, 1), 16 << 20);
  if (moretta_is(call, "garble"))
    memset(text.data, 0xff, text.offsets[text.rows]);
  if (moretta_is(call, "clock"))
    return say_number(answer, text.rows, (uint64_t)time(NULL));
  if (moretta_is(call, "seed"))
    return say_number(answer, text.rows, (uint64_t)(uintptr_t)moretta_allocate(1, 1) << 32 ^ (uintptr_t)&text ^ rand());
  if (moretta_is(call, "pollute"))
    return seen++ == 0 ? say(answer, text.rows, "clean", 5) : say(answer, text.rows, "polluted", 8);
  if (moretta_is(call, "evaluate"))
    evaluate(&text);
  moretta_add(answer, column);
  return MORETTA_DONE;
}

MORETTA_MASKER(mask)
