import { Pattern } from "@papilio/butterfly";
import {
  requireObject,
  requireOneOf,
  requirePattern,
  requireWhole,
  wrongArgument,
} from "@papilio/butterfly/errors";
import {
  BIPOLAR_BITS,
  type BipolarBits,
  type BipolarValues,
  requireBipolar,
} from "@papilio/butterfly/numeric";
import { BIPOLAR_PLANES, BIPOLAR_PRODUCT } from "../wasm/kernel-ids.ts";
import type { KernelCall } from "./kernel-call.ts";
import { vectorsBytes } from "./layout.ts";
import { vectorsOperand, wordsOperand } from "./problem.ts";

/** Inputs of a word. */
const WORD = 32;
/** Outputs that are computed together. */
const GROUP = 4;
/** Inputs of a block whose sums, of 15 times 15 each and twice that, stay below 2^31. */
const MOST_INPUTS = 2 ** 22;
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
 * planes, rows of {@link planesFeatures} words. A block with an input that is not finite has outputs that are NaN.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function bipolarPlanes(problem: BipolarPlanesProblem): KernelCall {
  requireObject("The problem", problem, "a BipolarPlanesProblem");
  const { vectors, pattern, bits } = problem;
  requireWhole("The number of vectors", vectors, 1);
  const features = planesFeatures(pattern, bits);
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
 * Words of 32 bits that the planes of a vector take for a factor: of each block those of its inputs and a scale.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function planesFeatures(pattern: Pattern, bits: BipolarBits): number {
  requirePattern("The pattern", pattern);
  requireOneOf("The number of bits", bits, BIPOLAR_BITS);
  const { a, c, d } = pattern;
  if (c > MOST_INPUTS) {
    const wanted = `at most ${MOST_INPUTS}, whose sum fits 32 bits`;
    throw wrongArgument("The inputs of a block", `${c}`, wanted);
  }
  return a * d * (wordsOf(c) * bits + 1);
}

/**
 * `y = W x` of bipolar numbers: for each pair of a bit of weights and a bit of vectors, the bits that differ are
 * counted. Sums are exact in whole numbers; an output is its sum times two scales, in float32. Operands: planes of
 * {@link bipolarPlanes}, weights of {@link packBipolar}, y.
 *
 * Source: arXiv 2409.17870.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function bipolarProduct(problem: BipolarProductProblem): KernelCall {
  requireObject("The problem", problem, "a BipolarProductProblem");
  const { vectors, pattern, weightBits, vectorBits } = problem;
  requireWhole("The number of vectors", vectors, 1);
  const features = planesFeatures(pattern, vectorBits);
  const weightWords = packedWords(pattern, weightBits);
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

/** Words of packed weights. */
function packedWords({ a, b, c, d }: Pattern, bits: BipolarBits): number {
  requireOneOf("The number of bits", bits, BIPOLAR_BITS);
  return GROUP * a * d * Math.ceil(b / GROUP) * (wordsOf(c) * bits + 1);
}

/**
 * The order of weights that {@link bipolarProduct} reads: of each block four rows at a time, of each bit, the highest
 * first, 32 inputs of each of the four; then their scales. Rows and inputs that fill it up are zeros.
 *
 * @param weights of shape `[a, b, c, d]`
 * @throws PapilioError `OPTION_INVALID`, `VALUES_LENGTH`, `ARRAY_TYPE`
 */
export function packBipolar(weights: BipolarValues): Uint32Array<ArrayBuffer> {
  requireBipolar(weights);
  const { bits, shape, numbers, scales } = weights;
  const pattern = new Pattern(...shape);
  const { a, b, c, d } = pattern;
  const packed = new Uint32Array(packedWords(pattern, bits));
  const floats = new Float32Array(packed.buffer);
  const [words, groups, top] = [wordsOf(c), Math.ceil(b / GROUP), 2 ** bits - 1];
  const size = GROUP * (words * bits + 1);
  for (let row = 0; row < a * b; row++) {
    const [i, j] = [Math.floor(row / b), row % b];
    for (let k = 0; k < d; k++) {
      const start = ((i * d + k) * groups + Math.floor(j / GROUP)) * size + (j % GROUP);
      for (let l = 0; l < c; l++) {
        const code = ((numbers[(row * c + l) * d + k] as number) + top) / 2;
        for (let plane = 0; plane < bits; plane++) {
          const at = start + GROUP * (plane * words + Math.floor(l / WORD));
          const bit = (code >> (bits - 1 - plane)) & 1;
          packed[at] = (packed[at] as number) | (bit << (l % WORD));
        }
      }
      floats[start + GROUP * words * bits] = scales[row * d + k] as number;
    }
  }
  return packed;
}

function wordsOf(inputs: number): number {
  return Math.ceil(inputs / WORD);
}
