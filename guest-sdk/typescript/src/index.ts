// What the author of a Moretta plugin in TypeScript uses: one function for each world, and views and builders over columns.
//
//     export const mask = masker({ "my-transform": (call) => mapText(call.only(), (value) => value.slice(0, 1)) });
//
// A call runs in an instance of its own: what it stores is gone in the next. There is no clock, no randomness, no console
// and no TextDecoder; the only date is that of the policy.

import type {
  BatchError,
  Classify,
  Column,
  Find,
  Finding,
  Mask,
  MaskWithPseudonymKey,
  Masked,
  PseudonymKey,
  Rejection,
  RejectionCode,
  Request,
  Span,
} from "moretta/contract";
import { fromBytes, length, toBytes } from "./utf8";

export type { BatchError, Classify, Column, Find, Finding, Mask, MaskWithPseudonymKey, Masked, PseudonymKey, Rejection, RejectionCode, Request, Span };

/** Refuses the whole batch, which stops the run. */
export function refuse(error: BatchError): never {
  throw error;
}

/** What is asked of the plugin, for one batch. */
export class Call {
  constructor(
    private readonly request: Request,
    /** The columns to mask. They are the plugin's own: values that keep their lengths can be masked in their place. */
    readonly columns: Column[],
    /** The columns that the plugin may see beside them. */
    readonly context: Column[],
  ) {}

  /** The one column to mask. */
  only(): Column {
    return this.columns.length === 1 ? this.columns[0]! : refuse("wrong-columns");
  }

  /** The rule's `with:`. The host filled in the defaults and checked it against the manifest's schema. */
  config<Config>(): Config {
    try {
      return JSON.parse(this.request.config) as Config;
    } catch {
      return refuse("invalid-config");
    }
  }

  /** The policy's reference date in days since 1970-01-01: the only "today" there is. */
  today(): number {
    return this.request.referenceDate ?? refuse("no-reference-date");
  }
}

/** The export `mask` of the world `masker`: one function for each transform of the manifest. */
export function masker(transforms: Record<string, (call: Call) => Masked>): Mask {
  return {
    mask(request, columns, context) {
      return find(transforms, request)(new Call(request, columns, context));
    },
  };
}

/** The export `maskWithPseudonymKey` of the world `pseudonym-masker`. The key is good for as long as the call lasts. */
export function pseudonymMasker(
  transforms: Record<string, (call: Call, key: PseudonymKey) => Masked>,
): MaskWithPseudonymKey {
  return {
    mask(request, columns, context, key) {
      return find(transforms, request)(new Call(request, columns, context), refusing(key));
    },
  };
}

/** How many values of a column speak for a label of the manifest, counted from 0, of how many that were looked at. */
export interface Match {
  label: number;
  matched: number;
  examined: number;
}

/**
 * The export `classify` of the world `classifier`: what speaks for what in one column of this name. Each label is named
 * once; one that no value speaks for can be left out. Nulls are not looked at.
 */
export function classifier(find: (name: string, column: Column) => Match[]): Classify {
  return {
    classify(_, names, columns) {
      const matches = columns.flatMap((column, index) =>
        find(names[index]!, column).map((match) => ({ column: index, ...match })),
      );
      return matches.filter(({ matched }) => matched > 0);
    },
  };
}

/** How many values of a column of text speak for a label. Nothing is found in what is no text. */
export function countText(column: Column, label: number, speaks: (value: string) => boolean): Match[] {
  if (column.values.tag !== "text") return [];
  const text = Text.of(column);
  let matched = 0;
  let examined = 0;
  for (let row = 0; row < text.rows; row++) {
    const value = text.get(row);
    if (value === null) continue;
    examined++;
    if (speaks(value)) matched++;
  }
  return [{ label, matched, examined }];
}

/** The export `find` of the world `text-classifier`: the pieces of the texts of one column of this name, row by row. */
export function textClassifier(find: (name: string, column: Column) => Span[]): Find {
  return {
    find(_, name, column) {
      return find(name, column);
    },
  };
}

/** A piece of a text, from one place up to another as strings count them: those of `match.index`. */
export interface Piece {
  start: number;
  end: number;
  /** Which label of the manifest, counted from 0. */
  label: number;
  /** How sure that is, 0 to 100. */
  confidence: number;
}

/** Finds pieces text by text, in whatever order. Nothing is found in nulls. */
export function findInText(column: Column, pieces: (value: string) => Iterable<Piece>): Span[] {
  const text = Text.of(column);
  const spans: Span[] = [];
  for (let row = 0; row < text.rows; row++) {
    const value = text.get(row);
    if (value === null || value === "") continue;
    // The contract counts in bytes of UTF-8, and wants what rises.
    let [place, bytes] = [0, 0];
    for (const { start, end, label, confidence } of [...pieces(value)].sort((a, b) => a.start - b.start)) {
      bytes += length(value.slice(place, start));
      place = start;
      spans.push({ row, start: bytes, end: bytes + length(value.slice(start, end)), label, confidence });
    }
  }
  return spans;
}

function find<Transform>(transforms: Record<string, Transform>, request: Request): Transform {
  const transform = Object.hasOwn(transforms, request.transform) ? transforms[request.transform] : undefined;
  return transform ?? refuse("unknown-transform");
}

/** What the host refuses of a key refuses the batch. */
function refusing(key: PseudonymKey): PseudonymKey {
  return {
    digests(column, normalize, length) {
      try {
        return key.digests(column, normalize, length);
      } catch {
        return refuse("key-refused");
      }
    },
  };
}

/** Whether a row has no value. */
export function isNull(validity: Uint8Array | null, row: number): boolean {
  return validity !== null && ((validity[row >> 3]! >> (row & 7)) & 1) === 0;
}

/** A view of a column of text. Nothing is copied until a value is asked for as a string. */
export class Text {
  private whole: string | null = null;
  private ascii = true;

  private constructor(
    readonly rows: number,
    /** Null if no row is null. */
    readonly validity: Uint8Array | null,
    /** Value `row` is `data[offsets[row] .. offsets[row + 1]]`. */
    readonly offsets: ArrayLike<number>,
    /** All values as UTF-8, one after the other. A loop over these bytes is several times quicker than one over strings. */
    readonly data: Uint8Array,
  ) {}

  static of(column: Column): Text {
    if (column.values.tag !== "text") return refuse("unsupported-type");
    const { offsets, data } = column.values.val;
    return new Text(column.rows, column.validity ?? null, offsets, data);
  }

  isNull(row: number): boolean {
    return isNull(this.validity, row);
  }

  /** The value, `null` for a null. */
  get(row: number): string | null {
    if (this.isNull(row)) return null;
    if (this.whole === null) {
      this.whole = fromBytes(this.data);
      this.ascii = !/[^\0-\x7f]/.test(this.whole);
    }
    const value = this.whole.slice(this.offsets[row]!, this.offsets[row + 1]!);
    return this.ascii ? value : decodeURIComponent(escape(value));
  }
}

/** Builds a column of text, value by value. */
export class TextBuilder {
  private readonly values: string[] = [];
  private readonly nulls: number[] = [];

  /** How many rows there are so far. */
  get rows(): number {
    return this.values.length;
  }

  push(value: string | null): void {
    if (value === null) this.nulls.push(this.values.length);
    this.values.push(value ?? "");
  }

  finish(): Column {
    let { values } = this;
    let whole = values.join("");
    if (/[^\0-\x7f]/.test(whole)) {
      values = values.map((value) => unescape(encodeURIComponent(value.toWellFormed())));
      whole = values.join("");
    }
    const offsets = [0];
    let end = 0;
    for (const value of values) offsets.push((end += value.length));
    const validity = bits(values.length, this.nulls);
    return { rows: values.length, validity, values: { tag: "text", val: { offsets, data: toBytes(whole) } } };
  }
}

/** A column of numbers, as its own type has them: integers, days since 1970-01-01, or microseconds since then. */
export class Numbers {
  private constructor(
    readonly rows: number,
    readonly validity: Uint8Array | null,
    private readonly values: ArrayLike<number>,
    private readonly isWhole: boolean,
  ) {}

  static of(column: Column): Numbers {
    const { tag, val } = column.values;
    if (tag === "text" || tag === "binary" || tag === "boolean") return refuse("unsupported-type");
    return new Numbers(column.rows, column.validity ?? null, val, tag !== "float64");
  }

  /** The value, `null` for a null. Refuses the batch at an integer past 2^53, which a number would round. */
  get(row: number): number | null {
    if (isNull(this.validity, row)) return null;
    const value = this.values[row]!;
    return this.isWhole && !Number.isSafeInteger(value) ? refuse("unsupported-type") : value;
  }
}

/** Builds a column of numbers. */
export class NumberBuilder {
  private readonly values: number[] = [];
  private readonly nulls: number[] = [];

  push(value: number | null): void {
    if (value === null) this.nulls.push(this.values.length);
    this.values.push(value ?? 0);
  }

  finish(type: "int64" | "float64" | "date32" | "timestamp"): Column {
    const validity = bits(this.values.length, this.nulls);
    return { rows: this.values.length, validity, values: { tag: type, val: this.values } };
  }
}

/** The rows that could not be handled, and the answer with them. */
export class Rejections {
  private readonly all: Rejection[] = [];

  /** Names one row. Rows are named in rising order, each once; what the returned column has there is ignored. */
  push(row: number, code: RejectionCode): void {
    this.all.push({ row, code });
  }

  /** The answer with one masked column. */
  with(column: Column): Masked {
    return { columns: [column], rejections: this.all };
  }
}

/** In place of a value: why there is none. */
export class Reject {
  constructor(readonly code: RejectionCode) {}
}

/** Masks a column of text value by value. Nulls stay nulls. */
export function mapText(column: Column, change: (value: string) => string | Reject): Masked {
  const text = Text.of(column);
  const masked = new TextBuilder();
  const rejections = new Rejections();
  for (let row = 0; row < text.rows; row++) {
    const value = text.get(row);
    const changed = value === null ? null : change(value);
    if (changed instanceof Reject) rejections.push(row, changed.code);
    masked.push(changed instanceof Reject ? null : changed);
  }
  return rejections.with(masked.finish());
}

function bits(rows: number, nulls: number[]): Uint8Array | null {
  if (nulls.length === 0) return null;
  const validity = new Uint8Array((rows + 7) >> 3).fill(0xff);
  // What lies behind the last row is zero.
  if (rows % 8 !== 0) validity[validity.length - 1] = (1 << (rows & 7)) - 1;
  for (const row of nulls) validity[row >> 3]! &= ~(1 << (row & 7));
  return validity;
}
