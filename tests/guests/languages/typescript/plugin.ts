import { Masked, Rejections, TextBuilder, Text, mapText, masker, refuse } from "moretta";

function recurse(depth: number): number {
  return 1 + recurse(depth + 1);
}

const keep = new Rejections();
const everywhere = globalThis as unknown as Record<string, unknown>;
let seen = "clean";

/** Every value is what `say` says. */
function saying(rows: number, say: () => string): Masked {
  const text = new TextBuilder();
  for (let row = 0; row < rows; row++) text.push(say());
  return keep.with(text.finish());
}

/** What an earlier batch left, in each of the places that outlive a call in this language. */
function pollute(): string {
  const left = [seen, everywhere.seen, ({} as { seen?: string }).seen, JSON.parse("{}").seen, Math.max(1, 2)];
  seen = "polluted";
  everywhere.seen = "polluted";
  Object.assign(Object.prototype, { seen: "polluted" });
  Object.defineProperty(Array.prototype, "map", { value: () => ["polluted"] });
  TextBuilder.prototype.push = function () {};
  Text.of = () => refuse("internal");
  Math.max = () => 0;
  return left.join(" ");
}

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
  lengthen(call) {
    return saying(call.only().rows + 1, () => "one more");
  },
  flood(call) {
    return saying(call.only().rows, () => "x".repeat(16 << 20));
  },
  garble(call) {
    const column = call.only();
    if (column.values.tag === "text") column.values.val.data.fill(0xff);
    return keep.with(column);
  },
  clock(call) {
    return saying(call.only().rows, () => `${Date.now()}`);
  },
  seed(call) {
    return saying(call.only().rows, () => `${Math.random()}`);
  },
  pollute(call) {
    const rows = call.only().rows;
    const text = new TextBuilder();
    const push = text.push.bind(text);
    const left = pollute();
    for (let row = 0; row < rows; row++) push(left);
    return keep.with(text.finish());
  },
  backtrack(call) {
    return mapText(call.only(), (value) => `${/^(\w+\s?)*$/.test(`${value.repeat(64)}!`)}`);
  },
  evaluate(call) {
    return mapText(call.only(), (value) => `${(0, eval)(value)}`);
  },
});
