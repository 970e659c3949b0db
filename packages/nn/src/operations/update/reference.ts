import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import type { UpdateOperation } from "./operation.ts";

/** Writes into the numbers of the parameter, in float32, and into the states. */
export function evaluateUpdate(
  { parameter, gradient, momentum, squares, settings, rule }: UpdateOperation,
  context: ReferenceContext,
): FloatArray {
  const { values } = parameter;
  const [common = 0, scale = 0, correction1 = 0, correction2 = 0] = context.of(settings);
  if (common < 0) return values;
  const { decay, epsilon, optimizer } = rule;
  const [beta1, beta2] = rule.betas;
  const rate = common * rule.rate;
  const [gradients, means] = [context.of(gradient), context.of(momentum)];
  const secondMeans = squares && context.of(squares);
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as number;
    const decayed = optimizer === "adamw" ? 0 : decay * value;
    const g = scale * (gradients[at] as number) + decayed;
    if (secondMeans === undefined) {
      const m = beta1 * (means[at] as number) + g;
      means[at] = m;
      values[at] = value - rate * m;
      continue;
    }
    const m = beta1 * (means[at] as number) + (1 - beta1) * g;
    const v = beta2 * (secondMeans[at] as number) + (1 - beta2) * g * g;
    means[at] = m;
    secondMeans[at] = v;
    const direction = m / correction1 / (Math.sqrt(v / correction2) + epsilon);
    const kept = optimizer === "adamw" ? (1 - rate * decay) * value : value;
    values[at] = kept - rate * direction;
  }
  return values;
}
