import assert from "node:assert/strict";
import { test } from "node:test";

import { cells, mask as run, testCases, texts } from "moretta/testing";
import { mask } from "./plugin";

testCases("manifest.json", mask);

test("no more is kept than is asked for", () => {
  const masked = run(mask, "my-plugin", { keep: 0 }, texts(["Ada", "A*", "😀!", null]));
  assert.deepEqual(cells(masked.columns[0]!), ["*", "*", "*", null]);
});

test("another transform is refused", () => {
  assert.throws(() => run(mask, "other", {}, texts([])), (error) => error === "unknown-transform");
});
