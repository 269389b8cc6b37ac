// Masks the letters and digits of ASCII text but the last four: the plugin that the languages are compared by.

import { Rejections, Text, masker } from "moretta";

const KEPT = 4;
const FILL = 42;
const ASCII_END = 128;

/** Of each byte whether it is a letter or digit (1), outside ASCII (2), or neither (0): one look instead of comparisons. */
const kinds = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= ASCII_END ? 2 : /[A-Za-z0-9]/.test(String.fromCharCode(byte)) ? 1 : 0,
);

/** Masks one value in its place, from its end. False if it is not ASCII. */
function maskOne(data: Uint8Array, start: number, end: number): boolean {
  let seen = 0;
  for (let at = end - 1; at >= start; at--) {
    const kind = kinds[data[at]!]!;
    if (kind === 1 && ++seen > KEPT) data[at] = FILL;
    else if (kind === 2) return false;
  }
  // Too little to keep any of it; or nothing but separators, which would say all.
  if (seen <= KEPT) {
    for (let at = start; at < end; at++) if (seen === 0 || kinds[data[at]!] === 1) data[at] = FILL;
  }
  return true;
}

function isFilled(data: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (data[at] !== FILL) return false;
  return start < end;
}

export const mask = masker({
  "last-four"(call) {
    const column = call.only();
    const { rows, offsets, data } = Text.of(column);
    const rejections = new Rejections();
    let start = 0;
    for (let row = 0; row < rows; row++) {
      const end = offsets[row + 1]!;
      // A value that begins as it will end is rare, and looked at twice.
      const same = data[start] === FILL && isFilled(data, start, end);
      if (same) rejections.push(row, "unchanged");
      else if (!maskOne(data, start, end)) {
        data.fill(FILL, start, end);
        rejections.push(row, "unsupported");
      }
      start = end;
    }
    return rejections.with(column);
  },
});
