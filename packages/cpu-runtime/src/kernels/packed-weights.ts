import type { Pattern } from "@papilio/butterfly";
import {
  describeValue,
  requireObject,
  requireOneOf,
  requireWhole,
  wrongArgument,
} from "@papilio/butterfly/errors";
import { type Sharing, storedPattern } from "@papilio/butterfly/matrix";
import { CODE_GRIDS, FEW_BITS, fewBitsOf } from "@papilio/butterfly/numeric";
import { BIPOLAR, E4M3, E5M2, WHOLE } from "../wasm/kernel-options.ts";

/** How weights are stored: sums are in float32 with all of them. */
export const WEIGHT_DTYPES: readonly ["f32", "f16", ...typeof FEW_BITS] = [
  ...(["f32", "f16"] as const),
  ...FEW_BITS,
];
export type WeightDtype = (typeof WEIGHT_DTYPES)[number];

/** A factor, or a product of factors, of a pass. */
export interface StagePattern {
  readonly pattern: Pattern;
  /** Axes along which its blocks are stored once. */
  readonly sharing: Sharing;
}

/** Where the weights of a stage lie among those of its pass: in the order of the blocks of the pass, then of its own. */
export interface PackedStage extends StagePattern {
  /** Blocks of the stage within a block of the pass. */
  readonly a: number;
  readonly d: number;
  /** Numbers, or of few bits bytes, from one block to the next: along the pass's `a` and `d`, the stage's own `a` and `d`. */
  readonly distances: readonly [number, number, number, number];
  /** Numbers before it, and its own. */
  readonly start: number;
  readonly numbers: number;
}

/**
 * Weights of a pass in the order in which the product's kernel reads them, for any number of vectors: each block in groups
 * of six, four, two outputs or one, a group as `[c, size]`.
 */
export interface PackedWeights {
  /** Of the product of its stages. */
  readonly pattern: Pattern;
  /** In the order in which they are applied. */
  readonly stages: readonly PackedStage[];
  readonly dtype: WeightDtype;
  readonly bytes: number;
}

/**
 * @param pattern of the pass: the product of its stages, whose blocks are multiplied one by one
 * @param stages in the order in which they are applied
 * @throws PapilioError `OPTION_INVALID`
 */
export function layOutWeights(
  pattern: Pattern,
  stages: readonly StagePattern[],
  dtype: WeightDtype = "f32",
): PackedWeights {
  requireOneOf("The dtype of weights", dtype, WEIGHT_DTYPES);
  const packed: PackedStage[] = [];
  let start = 0;
  for (const stage of stages) {
    const layout = layOut(stage, pattern, start, dtype);
    packed.push(layout);
    start += layout.numbers;
  }
  return { pattern, stages: packed, dtype, bytes: 4 * Math.ceil((bytesOf(dtype) * start) / 4) };
}

/** Bytes of what distances between weights are counted in: a number, or of few bits a byte. */
export function bytesOf(dtype: WeightDtype): number {
  return dtype === "f32" ? 4 : dtype === "f16" ? 2 : 1;
}

/** Bits of a weight, or of few bits of its code. @throws PapilioError `OPTION_INVALID` */
export function bitsOf(dtype: WeightDtype): number {
  requireOneOf("The dtype of weights", dtype, WEIGHT_DTYPES);
  const few = fewBitsOf(dtype);
  return few === undefined ? 8 * bytesOf(dtype) : CODE_GRIDS[few].bits;
}

/** What the codes of few bits are, for the kernels; of other weights anything. */
export function codesOf(dtype: WeightDtype): number {
  const few = fewBitsOf(dtype);
  if (few === undefined) return WHOLE;
  const { whole } = CODE_GRIDS[few];
  if (whole !== undefined) return whole.step === 1 ? WHOLE : BIPOLAR;
  return few === "f8e4m3" ? E4M3 : E5M2;
}

/**
 * The bits that a single vector is rounded to, 32 inputs to a scale, where it is multiplied by weights of few bits as whole
 * numbers; undefined for others, by which it is multiplied as it is. Groups of fewer than four outputs multiply it so, too.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function inputBits(dtype: WeightDtype): 8 | 16 | undefined {
  requireOneOf("The dtype of weights", dtype, WEIGHT_DTYPES);
  const few = fewBitsOf(dtype);
  if (few === undefined || CODE_GRIDS[few].whole === undefined) return;
  return CODE_GRIDS[few].bits === 4 ? 8 : 16;
}

/** Inputs that share a scale: assembly/products/few-bits.ts. */
export const SCALED = 32;

/** Numbers of an output of a block, or of few bits bytes: codes filled up to eight inputs, and scales. */
function rowOf(inputs: number, dtype: WeightDtype): number {
  const bits = bitsOf(dtype);
  return bits < 16 ? bits * Math.ceil(inputs / 8) + 2 * Math.ceil(inputs / SCALED) : inputs;
}

function layOut(
  { pattern, sharing }: StagePattern,
  pass: Pattern,
  start: number,
  dtype: WeightDtype,
): PackedStage {
  const a = pattern.a / pass.a;
  const d = pattern.d / pass.d;
  const row = rowOf(pattern.c, dtype);
  const block = pattern.b * row;
  const [copiesA, copiesD] = [sharing.a ? 1 : a, sharing.d ? 1 : d];
  const outerD = block * copiesA * copiesD;
  return {
    pattern,
    sharing,
    a,
    d,
    distances: [
      sharing.a ? 0 : outerD * (sharing.d ? 1 : pass.d),
      sharing.d ? 0 : outerD,
      sharing.a ? 0 : block * copiesD,
      sharing.d ? 0 : block,
    ],
    start,
    numbers: (storedPattern(pattern, sharing).nonZeros / pattern.c) * row,
  };
}

/** @throws PapilioError `OPTION_INVALID` unless there is such a stage */
export function requireStage({ stages }: PackedWeights, stage: unknown): PackedStage {
  requireWhole("The stage", stage, 0);
  const found = stages[stage];
  if (found !== undefined) return found;
  throw wrongArgument("The stage", describeValue(stage), `one of ${stages.length}, from 0`);
}

/** @throws PapilioError `OPTION_INVALID` */
export function requireWeights(weights: unknown): void {
  requireObject("The weights", weights, "laid out by layOutWeights", "pattern", "stages", "dtype");
}
