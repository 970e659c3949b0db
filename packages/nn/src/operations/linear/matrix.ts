import { Chain, Pattern } from "@papilio/butterfly";
import { type Check, listOf, objectOf } from "../../arguments/checks.ts";
import { chainCheck, parameterCheck } from "../../graph/operand-checks.ts";
import type { Parameter } from "../../modules/parameter.ts";

/** A product of Kronecker-sparse factors. A dense matrix is one factor of pattern `(1, rows, cols, 1)`. */
export interface Matrix {
  readonly chain: Chain;
  /** `[a, b, c, d]` of each factor, left-most first. */
  readonly factors: readonly Parameter[];
}

/** A product of factors, as a linear layer has it. */
export const matrixCheck: Check = objectOf({
  chain: chainCheck,
  factors: listOf(parameterCheck),
});

/** `[rows, cols]` as the one factor of a product. */
export function denseMatrix(weight: Parameter): Matrix {
  parameterCheck("The weight", weight);
  const [rows = 0, cols = 0] = weight.shape;
  return { chain: Chain.of([new Pattern(1, rows, cols, 1)]), factors: [weight] };
}
