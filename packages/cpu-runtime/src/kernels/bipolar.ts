import type { Pattern } from "@papilio/butterfly";
import { requireObject, requirePattern, requireWhole } from "@papilio/butterfly/errors";
import {
  type BipolarBits,
  bipolarPlanesWords,
  bipolarWeightsWords,
  type Sizes,
} from "@papilio/butterfly/numeric";
import { BIPOLAR_PLANES, BIPOLAR_PRODUCT } from "../wasm/kernel-ids.ts";
import type { KernelCall } from "./kernel-call.ts";
import { vectorsBytes } from "./layout.ts";
import { vectorsOperand, wordsOperand } from "./problem.ts";

/** Inputs of a word. */
const WORD = 32;
/** Outputs that are computed together. */
const GROUP = 4;
/** Inputs that an item brings to planes, and pairs of words that an item compares. */
const INPUTS_OF_ITEM = 16_384;
const PAIRS_OF_ITEM = 32_768;
/** Most vectors of an item: their planes stay in the cache. */
const VECTORS_OF_ITEM = 64;

/** Vectors that become bits of bipolar numbers. */
export interface BipolarPlanesProblem {
  readonly vectors: number;
  /** Of the factor that multiplies them: each vector has a scale for the inputs of each block. */
  readonly pattern: Pattern;
  readonly bits: BipolarBits;
}

/** A product of bipolar numbers. */
export interface BipolarProductProblem {
  readonly vectors: number;
  readonly pattern: Pattern;
  readonly weightBits: BipolarBits;
  readonly vectorBits: BipolarBits;
}

/**
 * Rounds vectors as `roundBipolar` does, block by block, to the bits that {@link bipolarProduct} reads. Operands: x,
 * planes, rows of `bipolarPlanesWords` words. A block with an input that is not finite has outputs that are NaN.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function bipolarPlanes(problem: BipolarPlanesProblem): KernelCall {
  requireObject("The problem", problem, "a BipolarPlanesProblem");
  const { vectors, pattern, bits } = problem;
  requireWhole("The number of vectors", vectors, 1);
  requirePattern("The pattern", pattern);
  const features = bipolarPlanesWords(sizesOf(pattern), bits);
  const { a, c, d, cols } = pattern;
  const blocks = Math.max(1, Math.floor(INPUTS_OF_ITEM / c));
  return {
    kernel: BIPOLAR_PLANES,
    label: `bits ${pattern} of ${bits} x ${vectors}`,
    items: Math.ceil((vectors * a * d) / blocks),
    scratchBytes: 4 * WORD * wordsOf(c),
    operands: [
      vectorsOperand("x", "read", "rows", { vectors, features: cols }),
      vectorsOperand("planes", "write", "rows", { vectors, features }),
    ],
    words: ([x = 0, planes = 0]) => [x, planes, vectors, a, c, d, bits, blocks],
    flops: vectors * cols * (2 * bits + 1),
    bytes: vectorsBytes("rows", vectors, cols) + vectorsBytes("rows", vectors, features),
  };
}

/**
 * `y = W x` of bipolar numbers: for each pair of a bit of weights and a bit of vectors, the bits that differ are
 * counted. Sums are exact in whole numbers; an output is its sum times two scales, in float32. Operands: planes of
 * {@link bipolarPlanes}, weights of `packBipolar`, y.
 *
 * Source: arXiv 2409.17870.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function bipolarProduct(problem: BipolarProductProblem): KernelCall {
  requireObject("The problem", problem, "a BipolarProductProblem");
  const { vectors, pattern, weightBits, vectorBits } = problem;
  requireWhole("The number of vectors", vectors, 1);
  requirePattern("The pattern", pattern);
  const features = bipolarPlanesWords(sizesOf(pattern), vectorBits);
  const weightWords = bipolarWeightsWords(sizesOf(pattern), weightBits);
  const { a, b, c, d, rows, nonZeros } = pattern;
  const pairs = wordsOf(c) * weightBits * vectorBits;
  const vectorsOfItem = Math.min(vectors, VECTORS_OF_ITEM);
  const groups = Math.max(1, Math.floor(PAIRS_OF_ITEM / (pairs * vectorsOfItem)));
  const items = Math.ceil((a * d * Math.ceil(b / GROUP)) / groups);
  return {
    kernel: BIPOLAR_PRODUCT,
    label: `bipolar product ${pattern} of ${weightBits} by ${vectorBits} bits x ${vectors}`,
    items: items * Math.ceil(vectors / vectorsOfItem),
    scratchBytes: 0,
    operands: [
      vectorsOperand("planes", "read", "rows", { vectors, features }),
      wordsOperand("weights", weightWords),
      vectorsOperand("y", "write", "rows", { vectors, features: rows }),
    ],
    words: ([planes = 0, weights = 0, y = 0]) => [
      ...[planes, weights, y, vectors, a, b, c, d],
      ...[weightBits, vectorBits, groups, vectorsOfItem],
    ],
    flops: 2 * vectors * nonZeros,
    bytes:
      4 * weightWords +
      vectorsBytes("rows", vectors, features) +
      vectorsBytes("rows", vectors, rows),
  };
}

function wordsOf(inputs: number): number {
  return Math.ceil(inputs / WORD);
}

function sizesOf({ a, b, c, d }: Pattern): Sizes {
  return [a, b, c, d];
}
