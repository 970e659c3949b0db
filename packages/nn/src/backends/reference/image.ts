import type { FloatArray } from "@papilio/butterfly";
import { windowsOf } from "../../graph/graph.ts";
import type { PoolOperation, UnfoldOperation, Window2d } from "../../graph/operation.ts";
import type { CpuContext } from "./context.ts";

/** Calls back for every place of every window: its number, its place in it, and the pixel or none. */
function forEachPlace(
  window: Window2d,
  visit: (vector: number, image: number, place: number, pixel: number | undefined) => void,
): void {
  const { images, size, kernel, stride, padding, dilation } = window;
  const [high, wide] = windowsOf(window);
  for (let image = 0; image < images; image++) {
    for (let i = 0; i < high; i++) {
      for (let j = 0; j < wide; j++) {
        const vector = (image * high + i) * wide + j;
        for (let place = 0; place < kernel[0] * kernel[1]; place++) {
          const row = i * stride[0] - padding[0] + Math.floor(place / kernel[1]) * dilation[0];
          const column = j * stride[1] - padding[1] + (place % kernel[1]) * dilation[1];
          const inside = row >= 0 && row < size[0] && column >= 0 && column < size[1];
          visit(vector, image, place, inside ? row * size[1] + column : undefined);
        }
      }
    }
  }
}

export function unfold(
  { x, window, source, output }: UnfoldOperation,
  context: CpuContext,
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

export function pool(
  { x, pool: kind, window, output }: PoolOperation,
  context: CpuContext,
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
