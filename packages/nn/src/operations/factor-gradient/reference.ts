import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import type { FactorGradientOperation } from "./operation.ts";

export function evaluateFactorGradient(
  { x, dy, pattern, output }: FactorGradientOperation,
  context: ReferenceContext,
): FloatArray {
  const { a, b, c, d } = pattern;
  const [values, gradients] = [context.of(x), context.of(dy)];
  const result = context.zeros(output);
  let index = 0;
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      for (let l = 0; l < c; l++) {
        for (let k = 0; k < d; k++) {
          let sum = 0;
          let input = (i * c + l) * d + k;
          let outputAt = (i * b + j) * d + k;
          for (let vector = 0; vector < x.vectors; vector++) {
            sum += (gradients[outputAt] as number) * (values[input] as number);
            input += x.features;
            outputAt += dy.features;
          }
          result[index++] = sum;
        }
      }
    }
  }
  return result;
}
