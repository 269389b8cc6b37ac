#include <string.h>

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

static moretta_result mask(const moretta_call *call, moretta_answer *answer) {
  moretta_column *column;
  MORETTA_TRY(moretta_only(call, &column));
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
  moretta_add(answer, column);
  return MORETTA_DONE;
}

MORETTA_MASKER(mask)
