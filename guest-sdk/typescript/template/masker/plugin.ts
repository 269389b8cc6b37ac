// Keeps the first characters of a text.

import { Reject, mapText, masker } from "moretta";

export const mask = masker({
  "my-plugin"(call) {
    const { keep } = call.config<{ keep: number }>();
    return mapText(call.only(), (value) => (value === "" ? "" : shorten(value, keep)));
  },
});

/** What takes the place of a value. Characters are code points: an emoji is not cut in two. */
function shorten(value: string, keep: number): string | Reject {
  const characters = [...value];
  const kept = characters.length > keep ? characters.slice(0, keep).join("") : "";
  const masked = `${kept}*`;
  return masked === value ? new Reject("unchanged") : masked;
}
