import { Chain, type Pattern } from "@papilio/butterfly";

/** The ways of choosing a chain by sliders. */
export const KINDS = {
  factor: "one factor",
  dyadic: "square dyadic",
  monarch: "Monarch",
  custom: "written out",
} as const;

export type Kind = keyof typeof KINDS;

/** What a slider of a pattern's entry goes through. */
export const ENTRIES: readonly number[] = [
  1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512,
];

/** Least and largest exponent of the size of chains of powers of two. */
export const EXPONENTS = { dyadic: [1, 13], monarch: [2, 13] } as const;

/** Which sliders show this chain. */
export function kindOf(chain: Chain): Kind {
  if (chain.length === 1) return "factor";
  const same = (other: Chain): boolean => other.toString() === chain.toString();
  const n = chain.rows;
  if (n !== chain.cols || !Number.isInteger(Math.log2(n))) return "custom";
  if (chain.length === 2) return same(Chain.monarch(n)) ? "monarch" : "custom";
  return same(Chain.squareDyadic(n)) ? "dyadic" : "custom";
}

/** The chain of a kind that is nearest to one of another. */
export function convert(chain: Chain, kind: Kind): string {
  if (kind === "custom") return chain.toString();
  if (kind === "factor") return String(chain.patterns[0] as Pattern);
  return ofExponent(kind, Math.round(Math.log2(Math.max(chain.rows, chain.cols))));
}

/** The chain of a kind with size `2^exponent`, within the kind's limits. */
export function ofExponent(kind: "dyadic" | "monarch", exponent: number): string {
  const [least, most] = EXPONENTS[kind];
  const n = 2 ** Math.min(most, Math.max(least, exponent));
  return String(kind === "dyadic" ? Chain.squareDyadic(n) : Chain.monarch(n));
}
