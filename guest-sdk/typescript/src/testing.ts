// Testing a plugin natively, without a host: the golden cases of its manifest as tests of `node:test`, columns made by
// hand, and a key without a secret.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import {
  type Classify,
  type Column,
  type Find,
  type Finding,
  type Mask,
  type MaskWithPseudonymKey,
  type Masked,
  type PseudonymKey,
  type Span,
  NumberBuilder,
  Numbers,
  Text,
  TextBuilder,
} from "./index";

type Cell = string | number | null;
type CaseColumn = { [type: string]: Cell[] };
type Case = {
  name: string;
  config?: object;
  input: CaseColumn;
  output?: CaseColumn;
  output_shape?: CaseColumn;
  rejected?: { row: number; code: string }[];
  reference_date?: number;
};
type Transform = { name: string; config: { properties?: Record<string, { default?: unknown }> }; cases: Case[] };

type Manifest = {
  labels: (string | { label: string })[];
  cases: { name: string; column?: string; input: CaseColumn; matched: Record<string, number> }[];
};

type CasePiece = { label: string; text: string };
type TextManifest = {
  labels: string[];
  cases: { name: string; column?: string; input: CaseColumn; found: CasePiece[][] }[];
};

/** A column of text, `null` for a null. */
export function texts(values: (string | null)[]): Column {
  const builder = new TextBuilder();
  values.forEach((value) => builder.push(value));
  return builder.finish();
}

/** The cells of a column. */
export function cells(column: Column): Cell[] {
  const view = column.values.tag === "text" ? Text.of(column) : Numbers.of(column);
  return Array.from({ length: column.rows }, (_, row) => view.get(row));
}

/** Masks one column with one transform. */
export function mask(plugin: Mask, transform: string, config: object, column: Column): Masked {
  return plugin.mask({ transform, config: JSON.stringify(config), referenceDate: null }, [column], []);
}

/** A key lent for these columns: its digests differ where the values do, and hide nothing. */
export function testKey(columns: Column[]): PseudonymKey {
  const lent = columns.map(cells);
  return {
    digests(column, _, length) {
      if (lent[column] === undefined || length < 1 || length > 32) throw "not-granted";
      return Uint8Array.from(lent[column].flatMap((cell) => digest(cell, length)));
    },
  };
}

/** FNV-1a, stirred once for each byte. */
function digest(cell: Cell, length: number): number[] {
  const step = (state: number, byte: number) => Math.imul(state ^ byte, 0x01000193);
  let state = Array.from(String(cell)).reduce((state, character) => step(state, character.codePointAt(0)!), 0x811c9dc5);
  return Array.from({ length }, (_, index) => (cell === null ? 0 : (state = step(state, index)) >>> 24));
}

/** What a classifier finds in columns of these names. */
export function classify(plugin: Classify, columns: Record<string, Column>): Finding[] {
  const request = { transform: "classify", config: "{}", referenceDate: null };
  return plugin.classify(request, Object.keys(columns), Object.values(columns));
}

/** Makes a test of each golden case of a classifier's manifest. */
export function testClassifierCases(manifest: string, plugin: Classify): void {
  const { labels, cases } = JSON.parse(readFileSync(manifest, "utf8")) as Manifest;
  const names = labels.map((label) => (typeof label === "string" ? label : label.label));
  for (const golden of cases) {
    test(golden.name, () => {
      // Of several ways to find one label, the most successful counts.
      const matched: Record<string, number> = {};
      for (const found of classify(plugin, { [golden.column ?? ""]: read(golden.input) })) {
        const name = names[found.label]!;
        matched[name] = Math.max(found.matched, matched[name] ?? 0);
      }
      assert.deepEqual(matched, golden.matched);
    });
  }
}

/** What a text classifier finds in a column of this name. */
export function find(plugin: Find, name: string, column: Column): Span[] {
  return plugin.find({ transform: "find", config: "{}", referenceDate: null }, name, column);
}

/** Makes a test of each golden case of a text classifier's manifest. */
export function testTextClassifierCases(manifest: string, plugin: Find): void {
  const { labels, cases } = JSON.parse(readFileSync(manifest, "utf8")) as TextManifest;
  for (const golden of cases) {
    test(golden.name, () => {
      const column = read(golden.input);
      const texts = cells(column).map((cell) => Buffer.from(String(cell ?? "")));
      const found: CasePiece[][] = texts.map(() => []);
      for (const { row, start, end, label } of find(plugin, golden.column ?? "", column)) {
        found[row]!.push({ label: labels[label]!, text: texts[row]!.subarray(start, end).toString() });
      }
      assert.deepEqual(found, golden.found);
    });
  }
}

/** Makes a test of each golden case of a manifest. */
export function testCases(manifest: string, plugin: Mask | MaskWithPseudonymKey): void {
  const { transforms } = JSON.parse(readFileSync(manifest, "utf8")) as { transforms: Transform[] };
  for (const transform of transforms) {
    for (const golden of transform.cases) test(golden.name, () => check(transform, golden, plugin));
  }
}

function check(transform: Transform, golden: Case, plugin: Mask | MaskWithPseudonymKey): void {
  const properties = Object.entries(transform.config.properties ?? {});
  const defaults = properties.filter(([, schema]) => schema.default !== undefined);
  const config = { ...Object.fromEntries(defaults.map(([name, schema]) => [name, schema.default])), ...golden.config };
  const referenceDate = golden.reference_date ?? null;
  const request = { transform: transform.name, config: JSON.stringify(config), referenceDate };
  const masked = plugin.mask(request, [read(golden.input)], [], testKey([read(golden.input)]));
  assert.deepEqual(masked.rejections, golden.rejected ?? []);
  assert.equal(masked.columns.length, 1);
  const rejected = new Set(masked.rejections.map(({ row }) => row));
  const [type, expected] = Object.entries(golden.output ?? golden.output_shape!)[0]!;
  const got = cells(masked.columns[0]!);
  assert.equal(masked.columns[0]!.values.tag, type);
  assert.equal(got.length, expected.length);
  expected.forEach((cell, row) => {
    if (rejected.has(row)) return;
    if (golden.output !== undefined || cell === null) assert.deepEqual(got[row], cell, `row ${row}`);
    else assert.match(String(got[row]), new RegExp(String(cell)), `row ${row}`);
  });
}

function read(column: CaseColumn): Column {
  const [type, values] = Object.entries(column)[0]!;
  if (type === "text") return texts(values as (string | null)[]);
  const builder = new NumberBuilder();
  values.forEach((value) => builder.push(value as number | null));
  return builder.finish(type as "int64");
}
