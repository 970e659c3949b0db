import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import { forEachPlace } from "../shared/window-places.ts";
import type { FoldOperation } from "./operation.ts";

export function evaluateFold(
  { x, window, source, output }: FoldOperation,
  context: ReferenceContext,
): FloatArray {
  const values = context.of(x);
  const sums = new Float64Array(output.vectors * output.features);
  const pixels = window.size[0] * window.size[1];
  const places = window.kernel[0] * window.kernel[1];
  forEachPlace(window, (vector, image, place, pixel) => {
    if (pixel === undefined) return;
    for (let channel = 0; channel < window.channels; channel++) {
      const to =
        source === "image"
          ? (image * window.channels + channel) * pixels + pixel
          : (image * pixels + pixel) * window.channels + channel;
      const number = values[vector * x.features + channel * places + place] as number;
      sums[to] = (sums[to] as number) + number;
    }
  });
  const y = context.zeros(output);
  y.set(sums);
  return y;
}
