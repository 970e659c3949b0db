import type { Window2d } from "./window.ts";
import { windowsOf } from "./window.ts";

/** Calls back for every place of every window: its number, its place in it, and the pixel or none. */
export function forEachPlace(
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
