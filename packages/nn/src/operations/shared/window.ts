import { windowCount } from "@papilio/butterfly/numeric";
import { type Check, number, objectOf, pairOfNumbers } from "../../arguments/checks.ts";
import { shapeError } from "../../graph/operands.ts";

export type Size2d = readonly [height: number, width: number];

/** Where a window slides over an image. */
export interface Window2d {
  readonly images: number;
  readonly channels: number;
  /** Of an image, in pixels. */
  readonly size: Size2d;
  readonly kernel: Size2d;
  readonly stride: Size2d;
  readonly padding: Size2d;
  readonly dilation: Size2d;
}

/** Where a window slides over images. */
export const windowCheck: Check = objectOf({
  images: number,
  channels: number,
  size: pairOfNumbers,
  kernel: pairOfNumbers,
  stride: pairOfNumbers,
  padding: pairOfNumbers,
  dilation: pairOfNumbers,
});

/** Windows over an image along each axis. Throws `GRAPH_SHAPE` where there is none. */
export function windowsOf(window: Window2d): Size2d {
  const along = (axis: 0 | 1): number =>
    windowCount(window.size[axis], {
      kernel: window.kernel[axis],
      stride: window.stride[axis],
      padding: window.padding[axis],
      dilation: window.dilation[axis],
    });
  const count = [along(0), along(1)] as const;
  if (count.every((windows) => Number.isSafeInteger(windows) && windows >= 1)) return count;
  throw shapeError(
    `Images of ${window.size.join(" x ")} with padding ${window.padding.join(", ")} have no windows of ${window.kernel.join(" x ")}`,
    "Use larger images, a smaller kernel or more padding.",
  );
}
