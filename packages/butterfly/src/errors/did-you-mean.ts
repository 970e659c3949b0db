import { requireList, requireText } from "./argument-checks.ts";

/**
 * What to do where a name is not known: the sentence `Did you mean ...?` where one is near, else nothing.
 *
 * @param names that there are
 * @throws PapilioError `OPTION_INVALID`
 *
 * @example
 * ```ts
 * didYouMean("monach", ["monarch", "dyadic"]); // "Did you mean monarch? "
 * ```
 */
export function didYouMean(text: string, names: readonly string[]): string {
  requireText("The text", text);
  requireList("The names", names);
  if (text.length > 64) return "";
  const wanted = text.toLowerCase();
  let [best, least]: [string | undefined, number] = [undefined, Number.POSITIVE_INFINITY];
  for (const name of names) {
    requireText("A name", name);
    const known = name.toLowerCase();
    const begins = wanted.length >= 2 && (known.startsWith(wanted) || wanted.startsWith(known));
    const changes = begins ? 1 : editDistance(wanted, known);
    // As many as a third of the letters, and never all of them.
    const most = Math.max(1, Math.floor(Math.max(wanted.length, known.length) / 3));
    if (changes > most || changes >= known.length || changes >= least) continue;
    [best, least] = [name, changes];
  }
  return best === undefined ? "" : `Did you mean ${best}? `;
}

/**
 * Letters to insert, to delete, to change, or to exchange with their neighbour, to make one text of
 * another. Source: the restricted Damerau-Levenshtein distance.
 */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let changes = Math.min(
        (last[j] as number) + 1,
        (row[j - 1] as number) + 1,
        (last[j - 1] as number) + same,
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        changes = Math.min(changes, (before[j - 2] as number) + 1);
      }
      row.push(changes);
    }
    [before, last] = [last, row];
  }
  return last[b.length] as number;
}
