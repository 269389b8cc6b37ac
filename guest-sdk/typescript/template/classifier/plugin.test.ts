import assert from "node:assert/strict";
import { test } from "node:test";

import { classify as run, testClassifierCases, texts } from "moretta/testing";
import { US_SSN, classify } from "./plugin";

testClassifierCases("manifest.json", classify);

test("numbers are counted and nulls left out", () => {
  const number = texts(["123-45-6789", null, "000-12-3456", "987-65-4321"]);
  const found = run(classify, { name: texts(["Ada", null]), number });
  assert.deepEqual(found, [{ column: 1, label: US_SSN, matched: 1, examined: 3 }]);
});

test("a column of no rows gives no finding", () => {
  assert.deepEqual(run(classify, { number: texts([]) }), []);
});
