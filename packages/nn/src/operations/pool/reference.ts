import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import { forEachPlace } from "../shared/window-places.ts";
import type { PoolOperation } from "./operation.ts";

export function evaluatePool(
  { x, pool: kind, window, output }: PoolOperation,
  context: ReferenceContext,
): FloatArray {
  const values = context.of(x);
  const y = context.zeros(output);
  const pixels = window.size[0] * window.size[1];
  const places = window.kernel[0] * window.kernel[1];
  if (kind === "max") y.fill(Number.NEGATIVE_INFINITY);
  forEachPlace(window, (vector, image, _, pixel) => {
    if (pixel === undefined) return;
    for (let channel = 0; channel < window.channels; channel++) {
      const number = values[(image * pixels + pixel) * window.channels + channel] as number;
      const at = vector * window.channels + channel;
      const before = y[at] as number;
      y[at] = kind === "max" ? Math.max(before, number) : before + number / places;
    }
  });
  return y;
}
