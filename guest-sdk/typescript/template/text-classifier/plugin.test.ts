import assert from "node:assert/strict";
import { test } from "node:test";

import { findInText } from "moretta";
import { find as run, testTextClassifierCases, texts } from "moretta/testing";
import { CONFIDENCE, MRN, find } from "./plugin";

testTextClassifierCases("manifest.json", find);

test("places are counted in bytes", () => {
  const found = run(find, "note", texts([null, "née 👩 HX-20481636", "HX-20481637"]));
  assert.deepEqual(found, [{ row: 1, start: 10, end: 21, label: MRN, confidence: CONFIDENCE }]);
});

test("the pieces of a row rise in whatever order they come", () => {
  const piece = (start: number, end: number) => ({ start, end, label: MRN, confidence: 1 });
  const spans = findInText(texts(["é1é"]), () => [piece(2, 3), piece(0, 2)]);
  assert.deepEqual(spans.map(({ start, end }) => [start, end]), [[0, 3], [3, 5]]);
});
