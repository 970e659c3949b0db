import { requireOneOf } from "@papilio/butterfly/errors";
import { UNFOLD } from "../wasm/kernel-ids.ts";
import type { KernelCall } from "./kernel-call.ts";
import { tileCount, vectorsBytes } from "./layout.ts";
import { type VectorsShape, vectorsOperand } from "./problem.ts";
import { WINDOWS_SCRATCH_BYTES, type WindowsProblem, windowWords } from "./windows.ts";

/** The pixels of each window as a vector: a convolution is then a product with a matrix. */
export interface UnfoldProblem extends WindowsProblem {
  /**
   * What a vector of `x` is: an image, with feature `(c·height + h)·width + w`, or a pixel, with its channels as
   * features and number `(image·height + h)·width + w`.
   */
  readonly source: "image" | "pixels";
}

/**
 * PyTorch's `Unfold`: vector `(image·rows + i)·columns + j` of y is window `i, j` of the image, with feature
 * `(c·kernel[0] + p)·kernel[1] + q`; what lies outside of the image is zero. Operands: x, y.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function unfold(problem: UnfoldProblem): KernelCall {
  const { windows, places, strip, words } = windowWords(problem, problem?.source);
  const { images, channels, height, width } = problem;
  const x = windowSource(problem);
  const y = { vectors: windows, features: channels * places };
  return {
    kernel: UNFOLD,
    label: `windows ${images} x ${channels} x ${height} x ${width}`,
    items: tileCount(windows) * Math.ceil(channels / strip),
    scratchBytes: WINDOWS_SCRATCH_BYTES,
    operands: [vectorsOperand("x", "read", "tiles", x), vectorsOperand("y", "write", "tiles", y)],
    words: ([from = 0, to = 0]) => [from, to, ...words],
    flops: 0,
    bytes:
      vectorsBytes("tiles", x.vectors, x.features) + vectorsBytes("tiles", windows, y.features),
  };
}

/**
 * The vectors whose windows are read.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function windowSource(problem: UnfoldProblem): VectorsShape {
  const { images, channels, height, width, source } = problem;
  requireOneOf("The source", source, ["image", "pixels"]);
  const pixels = height * width;
  if (source === "pixels") return { vectors: images * pixels, features: channels };
  return { vectors: images, features: channels * pixels };
}
