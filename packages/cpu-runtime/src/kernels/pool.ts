import { requireOneOf } from "@papilio/butterfly/errors";
import { POOL } from "../wasm/kernel-ids.ts";
import type { KernelCall } from "./kernel-call.ts";
import { tileCount, vectorsBytes } from "./layout.ts";
import { vectorsOperand } from "./problem.ts";
import { WINDOWS_SCRATCH_BYTES, type WindowsProblem, windowWords } from "./windows.ts";

/** Each window of an image as one pixel; a vector is a pixel, with its channels as features. */
export interface PoolProblem extends WindowsProblem {
  /** `average` counts the padding as zeros; the largest of nothing but padding is -∞. */
  readonly pool: "max" | "average";
}

/**
 * PyTorch's `MaxPool2d` or `AvgPool2d`. Operands: x, with pixel `(image·height + h)·width + w`; y, with pixel
 * `(image·rows + i)·columns + j`.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function pool(problem: PoolProblem): KernelCall {
  const { windows, places, strip, words } = windowWords(problem, "pixels");
  const { images, channels, height, width, pool: kind } = problem;
  requireOneOf("The kind of pooling", kind, ["max", "average"]);
  const x = { vectors: images * height * width, features: channels };
  const y = { vectors: windows, features: channels };
  return {
    kernel: POOL,
    label: `${kind} pooling ${images} x ${channels} x ${height} x ${width}`,
    items: tileCount(windows) * Math.ceil(channels / strip),
    scratchBytes: WINDOWS_SCRATCH_BYTES,
    operands: [vectorsOperand("x", "read", "tiles", x), vectorsOperand("y", "write", "tiles", y)],
    words: ([from = 0, to = 0]) => [from, to, ...words, kind === "max" ? 1 : 0],
    flops: windows * channels * places,
    bytes: vectorsBytes("tiles", x.vectors, channels) + vectorsBytes("tiles", windows, channels),
  };
}
