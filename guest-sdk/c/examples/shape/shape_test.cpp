#include "shape.cpp"

#include "moretta_testing.h"

static void nothing_of_a_value_is_left_but_its_form() {
  MORETTA_CHECK(shape("Zoë-12 (b)") == "Xxx-99 (x)");
  MORETTA_CHECK(shape("李小龙") == "xxx");
  MORETTA_CHECK(shape("").empty());
}

int main() {
  nothing_of_a_value_is_left_but_its_form();
  return moretta_check_cases("manifest.json", mask, nullptr);
}
