import { requireList, requireObject, requireWhole } from "../errors/argument-checks.ts";

/** A number for the vertical axis and one for the horizontal axis. */
export type HeightWidth = readonly [height: number, width: number];

/** Where windows slide over an image, in pixels. */
export interface SlidingWindows {
  readonly height: number;
  readonly width: number;
  /** Pixels of a window. */
  readonly kernel: HeightWidth;
  /** Pixels from one window to the next. */
  readonly stride: HeightWidth;
  /** Pixels that are added to the image on either side. */
  readonly padding: HeightWidth;
  /** Pixels from one pixel of a window to the next; 1 unless given. */
  readonly dilation?: HeightWidth;
}

/**
 * Windows over an axis of `size` pixels, below one where not even one fits:
 * `⌊(size + 2·padding - dilation·(kernel - 1) - 1) / stride⌋ + 1`.
 *
 * @throws PapilioError `OPTION_INVALID`
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
  requireObject("What the windows are", options, "an object with kernel, stride and padding");
  const { kernel, stride, padding, dilation = 1 } = options;
  requireWhole("The size of the axis", size, 0);
  requireWhole("The kernel of the windows", kernel, 1);
  requireWhole("The stride of the windows", stride, 1);
  requireWhole("The padding of the windows", padding, 0);
  requireWhole("The dilation of the windows", dilation, 1);
  return Math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;
}

/** {@link windowCount} along both axes of an image. Throws `OPTION_INVALID`. */
export function windowsOf(windows: SlidingWindows): HeightWidth {
  requireObject("What the windows are", windows, "an object with height, width and kernel");
  const { height, width, kernel, stride, padding, dilation = [1, 1] } = windows;
  requireWhole("The height of the image", height, 1);
  requireWhole("The width of the image", width, 1);
  for (const [name, pair] of Object.entries({ kernel, stride, padding, dilation })) {
    requireList(`The ${name} of the windows`, pair);
  }
  const along = (axis: 0 | 1, size: number): number =>
    windowCount(size, {
      kernel: kernel[axis],
      stride: stride[axis],
      padding: padding[axis],
      dilation: dilation[axis],
    });
  return [along(0, height), along(1, width)];
}
