import { requireWhole, wrongArgument } from "@papilio/butterfly/errors";
import { TILE } from "../wasm/constants.ts";
import { CONVOLUTION } from "../wasm/kernel-ids.ts";
import type { KernelCall } from "./kernel-call.ts";
import { tileCount, vectorsBytes } from "./layout.ts";
import { bitsOf, type PackedWeights, requireWeights } from "./packed-weights.ts";
import { vectorsOperand } from "./problem.ts";
import { type ProductProblem, product } from "./product.ts";
import { BLOCK_BYTES, GROUP, INPUTS } from "./product-call.ts";
import { type UnfoldProblem, windowSource } from "./unfold.ts";
import { WINDOWS_SCRATCH_BYTES, windowWords } from "./windows.ts";

/** Multiply-adds of an item, about. */
const WORK_OF_ITEM = 3_000_000;
/** Fewest tiles: threads could not share fewer evenly, as only tiles are divided. */
const LEAST_TILES = 8;

/** A {@link UnfoldProblem}, and what its windows are multiplied by. */
export interface ConvolutionProblem
  extends UnfoldProblem,
    Omit<ProductProblem, "vectors" | "stage"> {}

/**
 * Whether {@link convolution} multiplies so many windows: by a dense matrix in float32 or float16, of which a product takes
 * whole rows of windows at a time.
 *
 * @param rowLength pixels of a row of a window
 * @throws PapilioError `OPTION_INVALID`
 */
export function readsWindows(weights: PackedWeights, windows: number, rowLength: number): boolean {
  requireWeights(weights);
  requireWhole("The number of windows", windows, 1);
  requireWhole("The length of a row", rowLength, 1);
  const { pattern, stages, dtype } = weights;
  const isDense = pattern.blocks === 1 && stages.length === 1;
  return (
    isDense &&
    bitsOf(dtype) >= 16 &&
    inputsTogether(pattern.cols) % rowLength === 0 &&
    windows > TILE * (LEAST_TILES - 1)
  );
}

/** Inputs that a product takes at a time: of all, equal parts, in fours. `run-stage.ts` in assembly is the other side. */
function inputsTogether(inputs: number): number {
  const parts = Math.ceil(inputs / INPUTS);
  return parts === 1 ? inputs : 4 * Math.ceil(inputs / parts / 4);
}

/**
 * The product of a dense matrix and the windows of images, bit by bit as `product` of what `unfold` gives. The windows are brought
 * to a thread's scratch memory, a part at a time, and are nowhere else. Operands: x as of `unfold`, the others as of
 * `product`.
 *
 * @throws PapilioError `OPTION_INVALID`, `ACTIVATION_INVALID`
 */
export function convolution(problem: ConvolutionProblem): KernelCall {
  const { windows, places, words } = windowWords(problem, problem?.source);
  const { weights, bias, activation, multiply, add, images, channels, kernel } = problem;
  const x = windowSource(problem);
  const multiplied = product({
    ...{ vectors: windows, weights },
    ...(bias !== undefined && { bias }),
    ...(activation !== undefined && { activation }),
    ...(multiply !== undefined && { multiply }),
    ...(add !== undefined && { add }),
  });
  if (!readsWindows(weights, windows, kernel[1])) {
    const given = `${weights.pattern} in ${weights.dtype}, and ${windows} windows with rows of ${kernel[1]}`;
    throw wrongArgument("The problem", given, "one that readsWindows accepts");
  }
  const { cols, nonZeros } = weights.pattern;
  if (cols !== channels * places) {
    const given = `${weights.pattern} and windows of ${channels * places}`;
    throw wrongArgument("The matrix", given, "one with as many columns as a window has pixels");
  }
  const tiles = Math.max(1, Math.round(WORK_OF_ITEM / (TILE * nonZeros)));
  const rows = inputsTogether(cols) / kernel[1];
  return {
    ...multiplied,
    kernel: CONVOLUTION,
    label: `convolution ${images} x ${channels} x ${problem.height} x ${problem.width} by ${kernel.join(" x ")}, ${weights.pattern} ${weights.dtype}`,
    items: Math.ceil(tileCount(windows) / tiles),
    scratchBytes:
      BLOCK_BYTES +
      (weights.dtype === "f32" ? 0 : 4 * INPUTS * GROUP) +
      WINDOWS_SCRATCH_BYTES +
      4 * TILE * tiles * rows * kernel[1],
    operands: [vectorsOperand("x", "read", "tiles", x), ...multiplied.operands.slice(1)],
    words: (addresses) => {
      const [from = 0] = addresses;
      return [tiles, rows, from, 0, ...words, ...multiplied.words(addresses)];
    },
    bytes:
      multiplied.bytes -
      vectorsBytes("tiles", windows, cols) +
      vectorsBytes("tiles", x.vectors, x.features),
  };
}
