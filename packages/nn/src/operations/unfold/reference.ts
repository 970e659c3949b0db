import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import { forEachPlace } from "../shared/window-places.ts";
import type { UnfoldOperation } from "./operation.ts";

export function evaluateUnfold(
  { x, window, source, output }: UnfoldOperation,
  context: ReferenceContext,
): FloatArray {
  const values = context.of(x);
  const y = context.zeros(output);
  const pixels = window.size[0] * window.size[1];
  const places = window.kernel[0] * window.kernel[1];
  forEachPlace(window, (vector, image, place, pixel) => {
    if (pixel === undefined) return;
    for (let channel = 0; channel < window.channels; channel++) {
      const from =
        source === "image"
          ? (image * window.channels + channel) * pixels + pixel
          : (image * pixels + pixel) * window.channels + channel;
      y[vector * output.features + channel * places + place] = values[from] as number;
    }
  });
  return y;
}
