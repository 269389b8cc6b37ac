// Codes of a letter and digits, from a keyed digest of the value.

import { Rejections, TextBuilder, isNull, pseudonymMasker } from "moretta";

/** How many bytes of the digest of a value are taken, as one number. */
const DIGEST = 8;

export const maskWithPseudonymKey = pseudonymMasker({
  "my-plugin"(call, key) {
    const column = call.only();
    const { digits } = call.config<{ digits: number }>();
    const digests = key.digests(0, { trim: true, asciiCase: true, separators: false }, DIGEST);
    const codes = new TextBuilder();
    for (let row = 0; row < column.rows; row++) {
      const digest = digests.subarray(row * DIGEST, (row + 1) * DIGEST);
      codes.push(isNull(column.validity ?? null, row) ? null : code(digest, digits));
    }
    return new Rejections().with(codes.finish());
  },
});

function code(digest: Uint8Array, digits: number): string {
  const number = digest.reduce((number, byte) => number * 256n + BigInt(byte), 0n);
  return `C${String(number).slice(-digits).padStart(digits, "0")}`;
}
