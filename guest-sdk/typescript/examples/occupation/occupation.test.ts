import assert from "node:assert/strict";
import { test } from "node:test";

import { cells, mask as run, testCases, texts } from "moretta/testing";
import { groups } from "./groups";
import { groupOf, mask } from "./plugin";

testCases("manifest.json", mask);

test("no title stands in two groups", () => {
  const titles = Object.values(groups).flatMap((list) => list.split(", "));
  assert.deepEqual(titles.filter((title, at) => titles.indexOf(title) !== at), []);
});

test("every title is of its own group", () => {
  for (const [group, list] of Object.entries(groups)) {
    for (const title of list.split(", ")) assert.equal(groupOf(`Senior ${title}`), group, title);
  }
});

test("what comes out is a group, whatever goes in", () => {
  const outputs = new Set([...Object.keys(groups), "Other", ""]);
  const values = ["", "🩺 nurse", "ärztin", "toString", "__proto__", "nurses (2)", " , ", "x".repeat(1000)];
  for (const cell of cells(run(mask, "occupation", { unknown: "other", other: "Other" }, texts(values)).columns[0]!)) {
    assert.ok(outputs.has(String(cell)), String(cell));
  }
});
