import {
  requireBoolean,
  requireObject,
  requireWhole,
  wrongArgument,
} from "@papilio/butterfly/errors";
import { type Activation, requireActivation } from "@papilio/butterfly/numeric";
import { TILE } from "../wasm/constants.ts";
import { ROWS_PRODUCT } from "../wasm/kernel-ids.ts";
import { activationFlops, activationWords } from "./activation.ts";
import { floatWord, type KernelCall } from "./kernel-call.ts";
import { tileCount, vectorsBytes } from "./layout.ts";
import { type PackedWeights, requireWeights } from "./packed-weights.ts";
import { vectorsOperand, wordsOperand } from "./problem.ts";

/** Most inputs that are multiplied at a time: assembly/products/product-call.ts. */
const INPUTS = 384;
/** Multiply-adds of an item: some 30 microseconds. */
const WORK_OF_ITEM = 1_000_000;
/** Most outputs: more of them make up for inputs that are brought to tiles once, for other readers too. */
const MOST_OUTPUTS = 32;
/** Fewest vectors: what is fewer is a narrower tile. */
const LEAST_VECTORS = TILE - 3;

export interface RowsProductProblem {
  readonly vectors: number;
  /** Which {@link readsRows} accepts. */
  readonly weights: PackedWeights;
  readonly bias?: boolean;
  readonly activation?: Activation;
}

/**
 * Whether {@link rowsProduct} multiplies so many vectors by a pass: for few outputs, a factor of pattern `(a, b, c, 1)`
 * in float32. Bringing all inputs to tiles in memory first would take longer than the product.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function readsRows(weights: PackedWeights, vectors: number): boolean {
  requireWeights(weights);
  requireWhole("The number of vectors", vectors, 1);
  const { pattern, stages, dtype } = weights;
  const [stage] = stages;
  return (
    dtype === "f32" &&
    stages.length === 1 &&
    !stage?.sharing.a &&
    pattern.d === 1 &&
    pattern.rows <= MOST_OUTPUTS &&
    vectors >= LEAST_VECTORS
  );
}

/**
 * `y = activation(W x + bias)` of vectors in rows. Operands: x, the packed weights, bias where there is one, y.
 *
 * @throws PapilioError `OPTION_INVALID`, `ACTIVATION_INVALID`
 */
export function rowsProduct(problem: RowsProductProblem): KernelCall {
  requireObject("The problem", problem, "a RowsProductProblem");
  const { vectors, weights, bias = false, activation } = problem;
  requireBoolean("bias", bias);
  if (activation !== undefined) requireActivation("the activation", activation);
  if (!readsRows(weights, vectors)) {
    const given = `${weights.pattern} in ${weights.dtype}, and ${vectors} vectors`;
    throw wrongArgument("The problem", given, "one that readsRows accepts");
  }
  const { a, b, c, rows, cols, nonZeros } = weights.pattern;
  const tiles = Math.max(1, Math.round(WORK_OF_ITEM / (TILE * nonZeros)));
  return {
    kernel: ROWS_PRODUCT,
    label: `product of rows ${weights.pattern} x ${vectors}`,
    items: Math.ceil(tileCount(vectors) / tiles),
    scratchBytes: 4 * TILE * Math.min(INPUTS, c),
    operands: [
      vectorsOperand("x", "read", "rows", { vectors, features: cols }),
      { name: "weights", access: "read", layout: "plain", bytes: weights.bytes },
      ...(bias ? [wordsOperand("bias", rows)] : []),
      vectorsOperand("y", "write", "tiles", { vectors, features: rows }),
    ],
    words: (addresses) => {
      const [x = 0, packed = 0] = addresses;
      return [
        ...[x, packed, addresses.at(-1) ?? 0, bias ? (addresses[2] ?? 0) : 0],
        ...[...activationWords(activation), vectors, a, b, c, tiles, floatWord(-0)],
      ];
    },
    flops: vectors * (2 * nonZeros + rows * activationFlops(activation)),
    bytes:
      weights.bytes + vectorsBytes("rows", vectors, cols) + vectorsBytes("tiles", vectors, rows),
  };
}
