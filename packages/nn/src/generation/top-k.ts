import { type Candidates, canBeSorted, chosen, membersOf, orderOf } from "./candidates.ts";

const BINS = 4096;

/**
 * The `count` candidates with the largest logits, of equal ones those with the first tokens. O(n) for n
 * candidates: bins of equal widths say where the last of them is, and only that bin is looked into.
 */
export function topK(candidates: Candidates, count: number): Candidates {
  const { logits } = candidates;
  if (count >= logits.length) return candidates;
  const { logit, equal } = findCutOff(candidates, count);
  const places: number[] = [];
  let left = equal;
  for (let place = 0; place < logits.length; place++) {
    const value = logits[place] as number;
    if (value > logit || (value === logit && left-- > 0)) places.push(place);
  }
  return chosen(candidates, places);
}

/** The logit of the last of the first `count`, and how many of these have it. */
function findCutOff(candidates: Candidates, count: number): { logit: number; equal: number } {
  const { logits, least, most } = candidates;
  if (canBeSorted(candidates)) {
    const order = orderOf(candidates);
    const logitOf = (place: number): number => logits[order[place] as number] as number;
    const logit = logitOf(count - 1);
    let equal = 1;
    while (equal < count && logitOf(count - 1 - equal) === logit) equal++;
    return { logit, equal };
  }
  const scale = (BINS - 1) / (most - least);
  const bins = new Uint16Array(logits.length);
  const sizes = new Uint32Array(BINS);
  for (let place = 0; place < logits.length; place++) {
    const bin = ((most - (logits[place] as number)) * scale) | 0;
    bins[place] = bin;
    sizes[bin] = (sizes[bin] as number) + 1;
  }
  let [bin, before] = [0, 0];
  while (before + (sizes[bin] as number) < count) before += sizes[bin++] as number;
  return findCutOff(membersOf(candidates, bins, bin), count - before);
}
