import type { LogitRange } from "./logits.ts";

/** Tokens by rising number, with their logits, which are finite. */
export interface Candidates {
  /** Numbered from 0 on unless given. */
  readonly tokens?: Uint32Array;
  readonly logits: Float32Array;
  readonly least: number;
  readonly most: number;
}

/** So many candidates are sorted, rather than divided further. */
const SORTED = 128;

/** The tokens that minus infinity does not rule out. */
export function candidatesOf(
  logits: Float32Array,
  { ruledOut, least, most }: LogitRange,
): Candidates {
  const all = { logits, least, most };
  if (ruledOut === 0) return all;
  const places: number[] = [];
  for (let place = 0; place < logits.length; place++) {
    if (logits[place] !== Number.NEGATIVE_INFINITY) places.push(place);
  }
  return chosen(all, places);
}

/** The candidates at these places, which rise. */
export function chosen({ tokens, logits }: Candidates, places: readonly number[]): Candidates {
  const found = {
    tokens: new Uint32Array(places.length),
    logits: new Float32Array(places.length),
  };
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < places.length; index++) {
    const place = places[index] as number;
    const logit = logits[place] as number;
    found.tokens[index] = tokens === undefined ? place : (tokens[place] as number);
    found.logits[index] = logit;
    if (logit < least) least = logit;
    if (logit > most) most = logit;
  }
  return { ...found, least, most };
}

/** The candidates in one of the bins. */
export function membersOf(candidates: Candidates, bins: Uint16Array, bin: number): Candidates {
  const places: number[] = [];
  for (let place = 0; place < bins.length; place++) {
    if (bins[place] === bin) places.push(place);
  }
  return chosen(candidates, places);
}

/** Whether they are few enough to be sorted, or all equal, so that they are in order already. */
export function canBeSorted({ logits, least, most }: Candidates): boolean {
  return logits.length <= SORTED || least === most;
}

/** Places in the order of falling logits, of equal ones by rising tokens. */
export function orderOf({ logits, least, most }: Candidates): Uint32Array {
  const places = new Uint32Array(logits.length);
  for (let place = 0; place < places.length; place++) places[place] = place;
  if (least === most) return places;
  return places.sort((p, q) => (logits[q] as number) - (logits[p] as number) || p - q);
}
