import { Chain, KroneckerSparse, Pattern } from "@papilio/butterfly";
import { type Check, flag, listOf, objectOf, optional } from "../../arguments/checks.ts";
import { chainCheck, parameterCheck } from "../../graph/operand-checks.ts";
import type { Parameter } from "../../modules/parameter.ts";

/** A product of Kronecker-sparse factors. A dense matrix is one factor of pattern `(1, rows, cols, 1)`. */
export interface Matrix {
  readonly chain: Chain;
  /** `[a, b, c, d]` of each factor, left-most first; 1 for `a` or `d` where the blocks along it are equal. */
  readonly factors: readonly Parameter[];
  /** False where values are not rounded to few bits, though those of other matrices are; true unless given. */
  readonly fewBits?: boolean;
}

/** A factor as `@papilio/butterfly` has it, of the values that the parameter has now. */
export function factorOf(pattern: Pattern, parameter: Parameter): KroneckerSparse {
  const [a, , , d] = parameter.shape.length === 4 ? parameter.shape : [];
  const sharing = { a: a === 1 && pattern.a > 1, d: d === 1 && pattern.d > 1 };
  return new KroneckerSparse(pattern, parameter.values, sharing);
}

/** A product of factors, as a linear layer has it. */
export const matrixCheck: Check = objectOf({
  chain: chainCheck,
  factors: listOf(parameterCheck),
  fewBits: optional(flag),
});

/** `[rows, cols]` as the one factor of a product. */
export function denseMatrix(weight: Parameter): Matrix {
  parameterCheck("The weight", weight);
  const [rows = 0, cols = 0] = weight.shape;
  return { chain: Chain.of([new Pattern(1, rows, cols, 1)]), factors: [weight] };
}
