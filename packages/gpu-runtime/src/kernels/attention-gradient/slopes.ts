import { literal } from "../activation.ts";
import { isNanWgsl, nanWgsl } from "../not-a-number.ts";
import type { AttentionGradientProblem } from "./problem.ts";

/**
 * Statements that turn `score`, the product of a query and a key, into its weight, and `product`, that of dy and the value,
 * into the gradient of the score: the weight times how far the product is from its mean. 0 where `seen` is not.
 */
export function differentiate(
  { scale }: AttentionGradientProblem,
  { score, product }: { readonly score: string; readonly product: string },
  { logarithm, mean }: { readonly logarithm: string; readonly mean: string },
  seen: string,
): string[] {
  const power = `${score} * ${literal(scale * Math.LOG2E)} - ${logarithm}`;
  return [
    `${score} = ${power};`,
    // Drivers differ in what exp2 makes of NaN.
    `${score} = select(0.0, select(exp2(${score}), ${nanWgsl("group.z", 1)}, ${isNanWgsl(score, 1)}), ${seen});`,
    `${product} = select(0.0, ${score} * (${product} - ${mean}), ${seen});`,
  ];
}
