import type { Pattern } from "@papilio/butterfly";
import { requireBoolean, requireObject, requireWhole } from "@papilio/butterfly/errors";
import { type Activation, requireActivation } from "@papilio/butterfly/numeric";
import { PRODUCT } from "../wasm/kernel-ids.ts";
import { activationFlops } from "./activation.ts";
import type { KernelCall, Operand } from "./kernel-call.ts";
import { tileCount, tileWidth, vectorsBytes } from "./layout.ts";
import {
  bitsOf,
  bytesOf,
  type PackedStage,
  type PackedWeights,
  requireStage,
  requireWeights,
  type WeightDtype,
} from "./packed-weights.ts";
import { vectorsOperand, wordsOperand } from "./problem.ts";
import {
  BLOCK_BYTES,
  callWords,
  chunkOf,
  type Division,
  GROUP,
  INPUTS,
  localBytes,
  localFeatures,
  roundedBytes,
  type Selection,
} from "./product-call.ts";

/** Most multiply-adds of an item: some 50 microseconds. */
const WORK_OF_ITEM = 1_500_000;
/** Fewest: some 2 microseconds. */
const LEAST_WORK_OF_ITEM = 60_000;
/** Items that a product is to have, of fewer multiply-adds then: threads share them evenly. */
const ITEMS = 16;
/** Bytes of weights of an item: what memory gives in some 20 microseconds. */
const BYTES_OF_ITEM = 256 * 1024;
/** Items that threads do not share evenly: the last ones of them would wait. */
const FEW_ITEMS = 32;
/**
 * Most tiles of an item. Weights that are unpacked are unpacked once for all of them: with {@link INPUTS} inputs each, they
 * are what the second-level cache holds. Others are read again from it: few tiles stay in the first-level cache, and the
 * outputs are many for inputs that are copied first.
 */
const MOST_TILES = { unpacked: 16, copied: 2, others: 4 } as const;

export interface ProductProblem {
  readonly vectors: number;
  readonly weights: PackedWeights;
  /** One of the stages of the pass on its own; all of them, block by block, unless given. */
  readonly stage?: number | undefined;
  readonly bias?: boolean;
  readonly activation?: Activation;
  /** Multiplies by vectors of y's shape: a gate. */
  readonly multiply?: boolean;
  /** Adds vectors of y's shape: a residual. */
  readonly add?: boolean;
}

/**
 * `y = activation(W x + bias) * multiplier + addend` for a pass of a chain, or a dense matrix, which is the
 * pattern `(1, rows, cols, 1)`. Operands: x, the packed weights, bias, multiplier and addend where there are any, y.
 *
 * @throws PapilioError `OPTION_INVALID`, `ACTIVATION_INVALID`
 */
export function product(problem: ProductProblem): KernelCall {
  requireObject("The problem", problem, "a ProductProblem");
  requireProblem(problem);
  const { vectors, weights, bias = false, activation, multiply = false, add = false } = problem;
  const { dtype } = weights;
  const { pattern, stages, innerA, outerD } = select(weights, problem.stage);
  const { a, d, rows, cols } = pattern;
  const [width, tiles] = [tileWidth(vectors), tileCount(vectors)];
  const rest = vectors - (tiles - 1) * width;
  const lastWidth = width === 1 ? 1 : rest <= 2 ? 2 : 4 * Math.ceil(rest / 4);
  const division = divide(pattern, stages, dtype, vectors);
  const { tilesOfItem, blocksOfItem, pieces } = division;
  const local = localFeatures(pattern, stages, width);
  const rounded = roundedBytes(stages, dtype, vectors);
  const chunk = Math.min(tilesOfItem, chunkOf(local, 1));
  const outputs = { vectors, features: rows };
  const operands: Operand[] = [
    vectorsOperand("x", "read", "tiles", { vectors, features: cols }),
    { name: "weights", access: "read", layout: "plain", bytes: weights.bytes },
    ...(bias ? [wordsOperand("bias", rows)] : []),
    ...(multiply ? [vectorsOperand("multiplier", "read", "tiles", outputs)] : []),
    ...(add ? [vectorsOperand("addend", "read", "tiles", outputs)] : []),
    vectorsOperand("y", "write", "tiles", outputs),
  ];
  const slabs = Math.ceil(tiles / tilesOfItem);
  const numbers = stages.reduce((sum, stage) => sum + stage.numbers, 0);
  const nonZeros = stages.reduce((sum, stage) => sum + stage.pattern.nonZeros, 0);
  const combined = (multiply ? 1 : 0) + (add ? 1 : 0);
  return {
    kernel: PRODUCT,
    label: `product ${stages.map((stage) => stage.pattern).join(" ")} ${dtype} x ${vectors}`,
    items: slabs * (pieces === 1 ? Math.ceil((a * d) / blocksOfItem) : a * d * pieces),
    scratchBytes:
      BLOCK_BYTES +
      (dtype === "f32" ? 0 : 4 * INPUTS * GROUP) +
      rounded +
      localBytes(local, chunk, 1, width),
    operands,
    words: (addresses) => {
      const at = (name: string): number =>
        addresses[operands.findIndex((operand) => operand.name === name)] ?? 0;
      return callWords({
        ...{ x: at("x"), y: at("y"), bias: at("bias") },
        ...{ multiplier: at("multiplier"), addend: at("addend"), activation },
        ...{
          width,
          tiles,
          lastWidth,
          chunk,
          pattern,
          innerA,
          outerD,
          dtype,
          parts: 1,
          local,
          rounded,
        },
        ...{ ...division, stages, weights: at("weights") },
      });
    },
    flops: vectors * (2 * nonZeros + rows * (activationFlops(activation) + combined)),
    bytes:
      bytesOf(dtype) * numbers +
      vectorsBytes("tiles", vectors, cols) +
      vectorsBytes("tiles", vectors, rows) * (1 + combined),
  };
}

/**
 * Which stages of a pass are products of their own, in the order in which they are applied: all of them where blocks and
 * tiles are too few for the threads to share, and otherwise none, which `[undefined]` says.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function stagesApart(weights: PackedWeights, vectors: number): (number | undefined)[] {
  requireWeights(weights);
  requireWhole("The number of vectors", vectors, 1);
  const { pattern, stages, dtype } = weights;
  const numbers = stages.reduce((sum, stage) => sum + stage.pattern.nonZeros, 0);
  const isLong =
    numbers * vectors > 2 * WORK_OF_ITEM || numbers * bytesOf(dtype) > 2 * BYTES_OF_ITEM;
  const isOne = stages.length === 1 || !isLong || pattern.blocks * tileCount(vectors) >= FEW_ITEMS;
  return isOne ? [undefined] : stages.map((_, stage) => stage);
}

function requireProblem({ vectors, weights, activation, ...problem }: ProductProblem): void {
  requireWhole("The number of vectors", vectors, 1);
  requireWeights(weights);
  if (activation !== undefined) requireActivation("the activation", activation);
  for (const name of ["bias", "multiply", "add"] as const) {
    if (problem[name] !== undefined) requireBoolean(name, problem[name]);
  }
}

/** A stage on its own is a pass whose blocks have the weights of the stage's. */
function select(weights: PackedWeights, stage: number | undefined): Selection {
  const { pattern, stages } = weights;
  if (stage === undefined) return { pattern, stages, innerA: 1, outerD: pattern.d };
  const found = requireStage(weights, stage);
  const { a } = found;
  return {
    pattern: found.pattern,
    stages: [{ ...found, a: 1, d: 1 }],
    innerA: a,
    outerD: pattern.d,
  };
}

/**
 * Blocks are divided by their outputs, in whole groups of six, where an item would take long otherwise; where they
 * are small, an item has several. Tiles are taken together, so that weights are read once for all of them.
 */
function divide(
  pattern: Pattern,
  stages: readonly PackedStage[],
  dtype: WeightDtype,
  vectors: number,
): Division {
  const { b, blocks } = pattern;
  const tiles = tileCount(vectors);
  const numbers = stages.reduce((sum, stage) => sum + stage.pattern.nonZeros, 0) / blocks;
  // Several stages take tile after tile anyway.
  const kind =
    bitsOf(dtype) < 32
      ? "unpacked"
      : localFeatures(pattern, stages, tileWidth(vectors)) > 0
        ? "copied"
        : "others";
  const slabs = Math.ceil(tiles / (stages.length > 1 ? 1 : MOST_TILES[kind]));
  const tilesOfItem = Math.ceil(tiles / slabs);
  const share = Math.max(LEAST_WORK_OF_ITEM, (numbers * blocks * vectors) / ITEMS);
  const most = Math.min(
    Math.min(WORK_OF_ITEM, share) / (tilesOfItem * tileWidth(vectors)),
    BYTES_OF_ITEM / bytesOf(dtype),
  );
  if (numbers <= most || stages.length > 1) {
    const blocksOfItem = Math.max(1, Math.floor(most / numbers));
    return { tilesOfItem, blocksOfItem, pieces: 1, outputsOfPiece: b };
  }
  const outputsOfPiece = GROUP * Math.max(1, Math.round(((most / numbers) * b) / GROUP));
  const pieces = Math.max(1, Math.ceil((GROUP * wholeSixes(b)) / outputsOfPiece));
  return { tilesOfItem, blocksOfItem: 1, pieces, outputsOfPiece };
}

/** Groups of six of so many outputs, see assembly/products/group.ts. */
function wholeSixes(outputs: number): number {
  const even = outputs - (outputs % 2);
  if (even === 2 || (even <= 16 && even % 4 === 0)) return 0;
  const rest = even % GROUP;
  return Math.max(0, (even - (rest === 0 ? 0 : rest === 2 ? 8 : 4)) / GROUP);
}
