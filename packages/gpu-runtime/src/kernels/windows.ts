import type { BatchStorage } from "./outputs.ts";
import { checks, requireProblem } from "./problem-checks.ts";

/** A number for the vertical axis and one for the horizontal axis. */
export type HeightWidth = readonly [height: number, width: number];

/** Windows that slide over images, in pixels. */
export interface WindowsProblem extends BatchStorage {
  readonly images: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Pixels of a window. */
  readonly kernel: HeightWidth;
  /** Pixels from one window to the next. */
  readonly stride: HeightWidth;
  /** Pixels that are added to the image on either side. */
  readonly padding: HeightWidth;
}

/**
 * Windows over an axis of `size` pixels, below one where not even one fits:
 * `⌊(size + 2·padding - dilation·(kernel - 1) - 1) / stride⌋ + 1`.
 */
export function windowCount(
  size: number,
  options: {
    readonly kernel: number;
    readonly stride: number;
    readonly padding: number;
    readonly dilation?: number;
  },
): number {
  checks.amount("The size of the axis", size);
  requireProblem("windows", options, {
    kernel: checks.count,
    stride: checks.count,
    padding: checks.amount,
    dilation: checks.optional(checks.count),
  });
  const { kernel, stride, padding, dilation = 1 } = options;
  return Math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;
}

/** Windows along both axes of an image. */
export function windowsOf(
  problem: WindowsProblem & { readonly dilation?: HeightWidth },
): HeightWidth {
  requireProblem("windows", problem, {
    height: checks.count,
    width: checks.count,
    kernel: checks.pair(checks.count),
    stride: checks.pair(checks.count),
    padding: checks.pair(checks.amount),
    dilation: checks.optional(checks.pair(checks.count)),
  });
  const { height, width, kernel, stride, padding, dilation = [1, 1] } = problem;
  const along = (axis: 0 | 1, size: number): number =>
    windowCount(size, {
      kernel: kernel[axis],
      stride: stride[axis],
      padding: padding[axis],
      dilation: dilation[axis],
    });
  return [along(0, height), along(1, width)];
}

/** WGSL that declares the `image`, `i` and `j` of window `(image·rows + i)·columns + j`: `vector`. */
export function windowWgsl([rows, columns]: HeightWidth): string {
  return `let j = vector % ${columns}u;
  let i = (vector / ${columns}u) % ${rows}u;
  let image = vector / ${rows * columns}u;`;
}
