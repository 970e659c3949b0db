import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import type { StepSettingsOperation } from "./operation.ts";

export function evaluateStepSettings(
  { gradients, loss, given, clip = Number.POSITIVE_INFINITY, output }: StepSettingsOperation,
  context: ReferenceContext,
): FloatArray {
  const [rate = 0, scale = 0, correction1 = 0, correction2 = 0] = context.of(given);
  let sum = 0;
  for (const gradient of gradients) {
    for (const number of context.of(gradient)) sum += number * number;
  }
  const norm = Math.sqrt(sum) * scale;
  const finite = Number.isFinite(norm) && Number.isFinite(context.of(loss)[0]);
  const settings = context.zeros(output);
  const clipped = norm > clip ? (scale * clip) / norm : scale;
  settings.set([finite ? rate : -1, clipped, correction1, correction2, norm]);
  return settings;
}
