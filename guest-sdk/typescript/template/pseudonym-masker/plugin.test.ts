import assert from "node:assert/strict";
import { test } from "node:test";

import { cells, testCases, testKey, texts } from "moretta/testing";
import { maskWithPseudonymKey } from "./plugin";

testCases("manifest.json", maskWithPseudonymKey);

test("equal values have equal codes, and others have others", () => {
  const column = texts(["MRN-1", "MRN-2", "MRN-1", null]);
  const request = { transform: "my-plugin", config: '{"digits":12}', referenceDate: null };
  const masked = maskWithPseudonymKey.mask(request, [column], [], testKey([column]));
  const [first, second, third, none] = cells(masked.columns[0]!);
  assert.equal(first, third);
  assert.notEqual(first, second);
  assert.equal(none, null);
});
