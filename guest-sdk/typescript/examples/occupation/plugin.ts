// Occupations as people write them, generalized to a group: `Sr. Registered Nurse (night shift)` becomes `Healthcare
// Practitioners and Technical`. A rare occupation singles a person out; a group of thousands does not.

import { Reject, mapText, masker } from "moretta";
import { groups } from "./groups";

type Config = { unknown: "other" | "reject"; other: string };

const MOST_WORDS = 3;

/** From the words of a title to its group. */
const titles = new Map(Object.entries(groups).flatMap(([group, list]) => list.split(", ").map((title) => [title, group])));

/** The group of an occupation: of its last words that are a title, so that a `nurse manager` is a manager. */
export function groupOf(occupation: string): string | undefined {
  const words = plain(occupation);
  for (let end = words.length; end > 0; end--) {
    for (let count = Math.min(MOST_WORDS, end); count > 0; count--) {
      const title = words.slice(end - count, end).join(" ");
      const group = titles.get(title) ?? titles.get(title.replace(/s$/, ""));
      if (group !== undefined) return group;
    }
  }
  return undefined;
}

/** The words of an occupation, without what is said in brackets, behind a comma or about its place. */
function plain(occupation: string): string[] {
  const said = occupation.toLowerCase().replace(/\(.*?\)/g, " ").replace(/(,| - | at | for | in | of ).*$/, " ");
  return said.replace(/[^a-z ]/g, " ").split(" ").filter((word) => word !== "");
}

export const mask = masker({
  occupation(call) {
    const { unknown, other } = call.config<Config>();
    const known = new Map<string, string | Reject>([["", ""]]);
    return mapText(call.only(), (occupation) => {
      // Few titles are written most of the time.
      let group = known.get(occupation);
      if (group === undefined) {
        group = groupOf(occupation) ?? (unknown === "other" ? other : new Reject("unsupported"));
        if (group === occupation) group = new Reject("unchanged");
        known.set(occupation, group);
      }
      return group;
    });
  },
});
