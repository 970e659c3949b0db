import { Chain } from "@papilio/butterfly";
import type { Value } from "../../graph/value.ts";
import type { Parameter } from "../../modules/parameter.ts";
import { factorGradient } from "../factor-gradient/operation.ts";
import type { GradientContext } from "../gradient-context.ts";
import { reduceVectors } from "../reduce-vectors/operation.ts";
import type { Matrix } from "./matrix.ts";
import { type LinearOperation, linear } from "./operation.ts";
import { transposedMatrix } from "./transpose.ts";

/** Of operations as they are traced: what backends move into them has rules of its own. */
export function gradientOfLinear(operation: LinearOperation, dy: Value, to: GradientContext): void {
  const { x, matrix, bias, path } = operation;
  if (bias !== undefined && to.needs(bias)) {
    to.addParameter(bias, reduceVectors(dy, { path, reduce: "sum", period: dy.vectors }));
  }
  if (matrix.factors.some((factor) => to.needs(factor))) {
    gradientsOfFactors(operation, dy, to);
  } else if (to.needs(x)) {
    to.add(x, linear(dy, transposedMatrix(matrix), { path }));
  }
}

/**
 * Factor by factor: what each is applied to is computed again, from x on, and each passes the gradient of its output on
 * to the one before.
 */
function gradientsOfFactors(
  { x, matrix, path }: LinearOperation,
  dy: Value,
  to: GradientContext,
): void {
  const { chain, factors } = matrix;
  const single = (index: number): Matrix => ({
    chain: Chain.of(chain.patterns.slice(index, index + 1)),
    factors: factors.slice(index, index + 1),
  });
  const needed = factors.map((factor) => to.needs(factor));
  const [first, last] = [needed.indexOf(true), needed.lastIndexOf(true)];
  const inputs: Value[] = [];
  let input = x;
  for (let index = factors.length - 1; index >= first; index--) {
    inputs[index] = input;
    if (index > first) input = linear(input, single(index), { path });
  }
  let gradient = dy;
  for (const [index, pattern] of chain.patterns.entries()) {
    if (needed[index]) {
      const found = factorGradient(inputs[index] as Value, gradient, pattern, path);
      to.addParameter(factors[index] as Parameter, found);
    }
    if (index >= last && !to.needs(x)) break;
    gradient = linear(gradient, transposedMatrix(single(index)), { path });
  }
  to.add(x, gradient);
}
