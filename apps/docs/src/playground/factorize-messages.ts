import type { Problem } from "./messages.ts";

/** What the page asks the factorizing worker for. */
export type FactorizeRequest =
  /** Which chains come how near to the matrix. */
  | { readonly ask: "search"; readonly dense: Float64Array; readonly n: number }
  /** The butterfly of one chain, as a dense matrix again. */
  | { readonly ask: "factorize"; readonly chain: string };

/** A chain with what it takes and how near it comes. */
export interface Point {
  readonly chain: string;
  /** Stored values over those of the dense matrix. */
  readonly parameters: number;
  readonly error: number;
}

export type FactorizeAnswer =
  | { readonly tell: "progress"; readonly share: number }
  | { readonly tell: "front"; readonly points: readonly Point[]; readonly seconds: number }
  | {
      readonly tell: "factorized";
      readonly point: Point;
      readonly bounds: { readonly lower: number; readonly upper: number };
      readonly approximation: Float64Array;
      readonly seconds: number;
    }
  | { readonly tell: "failed"; readonly problem: Problem };
