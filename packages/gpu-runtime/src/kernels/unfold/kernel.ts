import { type HeightWidth, stridesOf, windowsOf } from "@papilio/butterfly/numeric";
import type { Kernel } from "../../device/kernel.ts";
import { element, outputsKernel, vectorBindings } from "../outputs.ts";
import { type Check, checks, requireProblem, storageChecks } from "../problem-checks.ts";
import { times } from "../wgsl.ts";
import { type WindowsProblem, windowWgsl } from "../windows.ts";

/** The pixels of each window as a vector: a convolution is then a product with a matrix. */
export interface UnfoldProblem extends WindowsProblem {
  /** Pixels from one pixel of a window to the next. */
  readonly dilation: HeightWidth;
  /**
   * What a vector of `x` is: an image, with feature `(c·height + h)·width + w`, or a pixel, with its
   * channels as features and number `(image·height + h)·width + w`.
   */
  readonly source: "image" | "pixels";
}

/** What the problem of windows is. */
export const unfoldChecks: { readonly [K in keyof UnfoldProblem]?: Check } = {
  ...storageChecks,
  batches: checks.batches,
  source: checks.oneOf("image", "pixels"),
  dilation: checks.pair(checks.count),
  images: checks.count,
  channels: checks.count,
  height: checks.count,
  width: checks.count,
  kernel: checks.pair(checks.count),
  stride: checks.pair(checks.count),
  padding: checks.pair(checks.amount),
};

/**
 * Generates PyTorch's `Unfold`: vector `(image·rows + i)·columns + j` of y is window `i, j` of the
 * image, with feature `(c·kernel[0] + p)·kernel[1] + q`; what lies outside of the image is zero. Pure
 * memory rewriting. Bindings: x, y.
 */
export function unfoldKernel(problem: UnfoldProblem): Kernel {
  requireProblem("unfold", problem, unfoldChecks);
  const { images, channels, height, width, source, batches, from, to, dtype } = problem;
  const { kernel, stride, padding, dilation } = problem;
  const windows = windowsOf(problem);
  const inputs = source === "image" ? channels * height * width : channels;
  const strides = stridesOf({ batch: batches.from, layout: from }, inputs);
  const features = channels * kernel[0] * kernel[1];
  const pixel =
    source === "image"
      ? element("x", strides, "image", `(c * ${height}u + h) * ${width}u + w`)
      : element("x", strides, `(image * ${height}u + h) * ${width}u + w`, "c");
  return outputsKernel({
    label: `unfold ${images}x${channels}x${height}x${width} by ${kernel.join("x")}`,
    dtype,
    width: 1,
    y: { batch: batches.to, layout: to, count: images * windows[0] * windows[1], features },
    bindings: vectorBindings(dtype, 1),
    // Above and left of the image the difference wraps around, to far below and right of it.
    body: `${windowWgsl(windows)}
  let q = feature % ${kernel[1]}u;
  let p = (feature / ${kernel[1]}u) % ${kernel[0]}u;
  let c = feature / ${kernel[0] * kernel[1]}u;
  let h = ${times("i", stride[0])} + ${times("p", dilation[0])} - ${padding[0]}u;
  let w = ${times("j", stride[1])} + ${times("q", dilation[1])} - ${padding[1]}u;
  var value = ${dtype}();
  if (h < ${height}u && w < ${width}u) {
    value = ${pixel};
  }`,
  });
}
