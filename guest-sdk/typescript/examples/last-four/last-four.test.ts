import assert from "node:assert/strict";
import { test } from "node:test";

import { cells, mask as run, testCases, texts } from "moretta/testing";
import { mask } from "./plugin";

testCases("manifest.json", mask);

test("no more than four letters and digits survive, and never all", () => {
  const alphabet = "aZ09-/@ {";
  for (let round = 0; round < 2000; round++) {
    const value = Array.from({ length: 1 + (round % 12) }, (_, i) => alphabet[(round * 7 + i * i * 3) % 9]).join("");
    const [masked] = cells(run(mask, "last-four", {}, texts(["behind", value])).columns[0]!).slice(1);
    const survive = String(masked).replace(/[^A-Za-z0-9]/g, "");
    const before = value.replace(/[^A-Za-z0-9]/g, "");
    assert.equal(survive, before.length > 4 ? before.slice(-4) : "", value);
    assert.notEqual(masked, value);
  }
});

test("another transform is refused", () => {
  assert.throws(() => run(mask, "toString", {}, texts([])), (error) => error === "unknown-transform");
});
