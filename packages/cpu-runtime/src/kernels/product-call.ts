import type { Pattern } from "@papilio/butterfly";
import type { Activation } from "@papilio/butterfly/numeric";
import { TILE, TILE_BYTES } from "../wasm/constants.ts";
import { activationWords } from "./activation.ts";
import { floatWord } from "./kernel-call.ts";
import {
  bitsOf,
  bytesOf,
  codesOf,
  type PackedStage,
  SCALED,
  type WeightDtype,
} from "./packed-weights.ts";

/** Most inputs that outputs are computed from at a time, and most outputs of a group: assembly/kernels/product.ts. */
export const INPUTS = 384;
export const GROUP = 6;
/** The state of a block at the beginning of scratch memory. */
export const BLOCK_BYTES = 128;

/** Stages that are one product. */
export interface Selection {
  readonly pattern: Pattern;
  readonly stages: readonly PackedStage[];
  readonly innerA: number;
  readonly outerD: number;
}

/** How a product is divided into items. */
export interface Division {
  readonly tilesOfItem: number;
  readonly blocksOfItem: number;
  readonly pieces: number;
  readonly outputsOfPiece: number;
}

/** What a `ProductCall` has, and the stages behind it. */
export interface CallFields extends Selection, Division {
  readonly x: number;
  readonly y: number;
  readonly bias: number;
  readonly multiplier: number;
  readonly addend: number;
  readonly activation?: Activation | undefined;
  readonly width: number;
  readonly tiles: number;
  readonly lastWidth: number;
  readonly chunk: number;
  readonly dtype: WeightDtype;
  /** Numbers that make an element: 1 real, 2 complex. */
  readonly parts: 1 | 2;
  readonly local: number;
  /** Bytes of rounded inputs: see {@link roundedBytes}. */
  readonly rounded: number;
  /** Address of the weights of the pass. */
  readonly weights: number;
}

/** Field by field, as `ProductCall` of assembly/products/product-call.ts and `Stage` of assembly/program.ts declare them. */
export function callWords(call: CallFields): number[] {
  const { pattern, stages, dtype, parts } = call;
  const { a, b, c, d } = pattern;
  return [
    ...[call.x, call.y, call.bias, call.multiplier, call.addend],
    ...activationWords(call.activation),
    ...[call.width, call.tiles, call.lastWidth, call.chunk, a, b, c, d],
    ...[call.innerA, call.outerD, bitsOf(dtype), codesOf(dtype), parts],
    ...[call.tilesOfItem, call.blocksOfItem, call.pieces, call.outputsOfPiece],
    ...[floatWord(-0), call.local, call.rounded, stages.length],
    ...stageWords(stages, call.weights, parts * bytesOf(dtype)),
  ];
}

/**
 * Field by field, as `Stage` of assembly/program.ts declares them.
 *
 * @param weights address of those of the pass
 * @param size bytes of what distances between them are counted in
 */
export function stageWords(
  stages: readonly PackedStage[],
  weights: number,
  size: number,
): number[] {
  return stages.flatMap(({ a, d, pattern, start, distances }) => [
    ...[a, pattern.b, pattern.c, d, weights + size * start],
    ...distances.map((numbers) => size * numbers),
  ]);
}

/** Scratch memory for a block, twice: what the first-level cache holds besides the values. */
const SCRATCH_BYTES = 20 * 1024;

/** Of one vector for weights of few bits: 72 bytes for 32 inputs, see assembly/products/rounded-inputs.ts. */
export function roundedBytes(
  stages: readonly PackedStage[],
  dtype: WeightDtype,
  vectors: number,
): number {
  if (vectors > 1 || bitsOf(dtype) >= 16) return 0;
  const groups = Math.max(...stages.map(({ pattern }) => Math.ceil(pattern.c / SCALED)));
  return 64 * Math.ceil((72 * groups) / 64);
}

/** Tiles of a block that go through several stages together. */
export function chunkOf(local: number, parts: number): number {
  return Math.max(1, Math.floor(SCRATCH_BYTES / (2 * TILE_BYTES * parts * Math.max(1, local))));
}

/** Of a block twice: rows of an odd number of lines. */
export function localBytes(local: number, chunk: number, parts: number, width: number): number {
  return 2 * local * 4 * width * (parts * chunk + 1);
}

/**
 * Most features of a block that lies in scratch memory: between stages, or before the first one, where its inputs lie
 * so far apart that they might drive each other out of the cache.
 */
export function localFeatures(
  { a, d }: Pattern,
  stages: readonly PackedStage[],
  width: number,
): number {
  const gathers = width === TILE && (stages[0] as PackedStage).pattern.d > 1;
  if (stages.length === 1 && !gathers) return 0;
  return Math.max(...stages.map(({ pattern }) => pattern.cols / (a * d)));
}
