// Bytes as strings of one character for each byte, and back, by what the engine has built in: a loop over bytes costs it a
// hundred times as much.

/** One character for each byte. */
export function fromBytes(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let start = 0; start < bytes.length; start += 8192) {
    parts.push(String.fromCharCode.apply(null, bytes.subarray(start, start + 8192) as unknown as number[]));
  }
  return parts.join("");
}

/** One byte for each character, which is below 256. */
export function toBytes(text: string): Uint8Array {
  const { fromBase64 } = Uint8Array as unknown as { fromBase64?: (text: string) => Uint8Array };
  if (fromBase64 !== undefined) return fromBase64.call(Uint8Array, btoa(text));
  // Node before 25, where tests run.
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** How many bytes a text has as UTF-8. */
export function length(text: string): number {
  return /[^\0-\x7f]/.test(text) ? unescape(encodeURIComponent(text.toWellFormed())).length : text.length;
}
