import { PapilioError } from "@papilio/butterfly";
import type { Value } from "../../graph/value.ts";
import type { GradientContext } from "../gradient-context.ts";
import { reduceVectors } from "../reduce-vectors/operation.ts";
import { type LinearOperation, linear } from "./operation.ts";
import { transposedMatrix } from "./transpose.ts";

/** Of operations as they are traced: what backends move into them has rules of its own. */
export function gradientOfLinear(
  { x, matrix, bias, path }: LinearOperation,
  dy: Value,
  to: GradientContext,
): void {
  if (to.needs(x)) to.add(x, linear(dy, transposedMatrix(matrix), { path }));
  if (bias !== undefined && to.needs(bias)) {
    to.addParameter(bias, reduceVectors(dy, { path, reduce: "sum", period: dy.vectors }));
  }
  if (!matrix.factors.some((factor) => to.needs(factor))) return;
  throw new PapilioError(
    "GRADIENT_UNAVAILABLE",
    `The factors of a linear operation${path && `, ${path},`} have no gradient here.`,
    "Ask for the gradients of its bias and of what it is applied to.",
  );
}
