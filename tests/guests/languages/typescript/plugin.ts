import { Rejections, masker, refuse } from "moretta";

function recurse(depth: number): number {
  return 1 + recurse(depth + 1);
}

const keep = new Rejections();

export const mask = masker({
  spin() {
    for (;;);
  },
  recurse() {
    return refuse(recurse(0) > 0 ? "internal" : "invalid-config");
  },
  hoard() {
    const held = [];
    for (;;) held.push(new Uint8Array(1 << 20).fill(1));
  },
  fail() {
    throw new Error("said to nobody");
  },
  refuse() {
    return refuse("internal");
  },
  keep(call) {
    return keep.with(call.only());
  },
  shorten(call) {
    return keep.with({ ...call.only(), rows: call.only().rows - 1 });
  },
});
