// Short codes to link records by: a letter and some digits, from a keyed digest of the value.

import { Rejections, TextBuilder, isNull, pseudonymMasker } from "moretta";

const DIGEST = 8;

export const maskWithPseudonymKey = pseudonymMasker({
  "link-code"(call, key) {
    const column = call.only();
    const { length } = call.config<{ length: number }>();
    const digests = key.digests(0, { trim: true, asciiCase: true, separators: false }, DIGEST);
    const codes = new TextBuilder();
    for (let row = 0; row < column.rows; row++) {
      const digest = digests.subarray(row * DIGEST, (row + 1) * DIGEST);
      codes.push(isNull(column.validity, row) ? null : `L${digits(digest, length)}`);
    }
    return new Rejections().with(codes.finish());
  },
});

/** The last digits of a digest taken as one number. */
function digits(digest: Uint8Array, length: number): string {
  const number = digest.reduce((number, byte) => number * 256n + BigInt(byte), 0n);
  return String(number).slice(-length).padStart(length, "0");
}
