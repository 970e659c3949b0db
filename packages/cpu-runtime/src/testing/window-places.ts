import { windowsOf } from "@papilio/butterfly/numeric";
import type { WindowsProblem } from "../kernels/windows.ts";

/** For each window, the pixel at each of its places, among those of all images; none outside of them. */
export function windowPlaces(problem: WindowsProblem): (number | undefined)[][] {
  const { images, height, width, kernel, stride, padding, dilation = [1, 1] } = problem;
  const [rows, columns] = windowsOf(problem);
  return Array.from({ length: images * rows * columns }, (_, window) => {
    const image = Math.floor(window / (rows * columns));
    const i = Math.floor(window / columns) % rows;
    const j = window % columns;
    return Array.from({ length: kernel[0] * kernel[1] }, (_, place) => {
      const row = i * stride[0] - padding[0] + Math.floor(place / kernel[1]) * dilation[0];
      const column = j * stride[1] - padding[1] + (place % kernel[1]) * dilation[1];
      const isInside = row >= 0 && row < height && column >= 0 && column < width;
      return isInside ? (image * height + row) * width + column : undefined;
    });
  });
}

/** Windows with strides, padding and dilations, whose numbers are those of all widths of tiles. */
export const WINDOWS: readonly WindowsProblem[] = [
  { images: 1, channels: 3, height: 4, width: 5, kernel: [4, 5], stride: [1, 1], padding: [0, 0] },
  { images: 1, channels: 1, height: 1, width: 1, kernel: [1, 1], stride: [1, 1], padding: [0, 0] },
  { images: 1, channels: 5, height: 6, width: 6, kernel: [3, 3], stride: [1, 1], padding: [1, 1] },
  {
    images: 2,
    channels: 700,
    height: 3,
    width: 2,
    kernel: [2, 2],
    stride: [1, 1],
    padding: [1, 0],
  },
  { images: 3, channels: 2, height: 8, width: 8, kernel: [4, 4], stride: [4, 4], padding: [0, 0] },
  {
    ...{ images: 1, channels: 4, height: 7, width: 9, kernel: [2, 3], stride: [2, 1] },
    ...{ padding: [1, 2], dilation: [3, 2] },
  },
  { images: 1, channels: 2, height: 2, width: 2, kernel: [1, 2], stride: [1, 1], padding: [2, 2] },
];
