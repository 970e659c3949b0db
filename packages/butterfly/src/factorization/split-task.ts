import type { Pattern } from "../pattern/pattern.ts";
import type { Parts } from "./parts.ts";

/**
 * Where the values of two chainable factors and of their product lie. The middle indices fall into
 * `a2·d1` classes of `rank` each, and the `b1 x c2` block of a class on the product is the product of
 * the class's columns on the left and of its rows on the right: the blocks are disjoint.
 *
 * Source: arXiv 2411.04506, the partition of the middle indices.
 */
export interface Split {
  readonly left: Pattern;
  readonly right: Pattern;
  readonly product: Pattern;
  readonly rank: number;
  readonly classes: number;
}

/** Which of two factors has orthonormal columns (the left one) or rows (the right one) in each class. */
export type OrthonormalSide = "left" | "right";

/** The values of both factors, `[a, b, c, d]`. */
export interface SplitValues {
  readonly left: Parts;
  readonly right: Parts;
}

/** What is split, and where the factors are written; without that, only what is dropped is found. */
export interface SplitTask {
  readonly product: Parts;
  readonly split: Split;
  readonly side: OrthonormalSide;
  readonly to: SplitValues | undefined;
}
