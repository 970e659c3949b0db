import { requirePattern } from "../errors/matrix-checks.ts";
import type { Pattern } from "./pattern.ts";

/** Whether two patterns are chainable, with the rank of the pair or the reason why not. */
export type Chainability =
  | { readonly chainable: true; readonly rank: number }
  | { readonly chainable: false; readonly reason: string };

/**
 * Whether a factor of pattern `left = (a1, b1, c1, d1)` times one of pattern
 * `right = (a2, b2, c2, d2)` is Kronecker-sparse again, made of disjoint blocks of rank at most
 * `r`. It is when `a1` divides `a2`, `d2` divides `d1`, and `a1*c1/a2 = b2*d2/d1 = r` is a whole
 * number.
 *
 * Source: arXiv 2411.04506, the definition of chainability.
 *
 * @throws PapilioError `OPTION_INVALID` for what is not a pattern
 */
export function chainability(left: Pattern, right: Pattern): Chainability {
  requirePattern("The left pattern", left);
  requirePattern("The right pattern", right);
  const refuse = (reason: string): Chainability => ({ chainable: false, reason });
  // The two fractions are equal exactly when the sizes agree: a1*c1*d1 = a2*b2*d2.
  if (left.cols !== right.rows) {
    return refuse(`the left one has ${left.cols} columns and the right one ${right.rows} rows`);
  }
  if (right.a % left.a !== 0) {
    return refuse(`a = ${left.a} on the left does not divide a = ${right.a} on the right`);
  }
  if (left.d % right.d !== 0) {
    return refuse(`d = ${right.d} on the right does not divide d = ${left.d} on the left`);
  }
  const numerator = left.a * left.c;
  if (numerator % right.a !== 0) {
    return refuse(
      `the rank a*c of the left one over a of the right one, ${numerator}/${right.a}, is not whole`,
    );
  }
  return { chainable: true, rank: numerator / right.a };
}
