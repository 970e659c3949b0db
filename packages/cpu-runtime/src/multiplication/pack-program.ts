import type { Chain, FloatArray, Pattern } from "@papilio/butterfly";
import { arrayTag } from "@papilio/butterfly/errors";
import { type Sharing, storedPattern } from "@papilio/butterfly/matrix";
import type { FactorRange } from "@papilio/butterfly/planning";
import type { CpuEngine } from "../engine/engine.ts";
import { layOutWeights, type PackedStage, type PackedWeights } from "../kernels/packed-weights.ts";
import { callWords, stageWords } from "../kernels/product-call.ts";
import type { CpuPlan } from "../planning/plan.ts";
import { PROGRAM_WORDS, TILE } from "../wasm/constants.ts";
import { packWeights } from "./pack-weights.ts";

/** In what a matrix is multiplied: its values, vectors and sums; vectors in half precision have sums in f32. */
export type CpuDtype = "f32" | "f64";

/** A matrix that is to be packed, and how it is multiplied by. */
export interface PackedMatrix {
  readonly chain: Chain;
  readonly dtype: CpuDtype;
  /** Numbers that make an element: 1 real, 2 complex. */
  readonly parts: 1 | 2;
  readonly plan: CpuPlan;
}

/** A merged factor to be packed: its values, real parts first. */
export interface StageFactor {
  readonly pattern: Pattern;
  readonly sharing: Sharing;
  readonly values: readonly FloatArray[];
}

/** A chain that is packed into the memory for the kernel. */
export interface CpuProgram {
  readonly address: number;
  /** Bytes that it takes in the memory. */
  readonly bytes: number;
  readonly passes: number;
  /** Of all stages, for one vector: twice as many in float64, which take twice as long. */
  readonly multiplyAdds: number;
  /** Most features of a vector that lies in a buffer between passes. */
  readonly features: number;
  /** Most features of a block that lies in scratch memory, before its first stage or between stages. */
  readonly local: number;
}

interface PassValues {
  readonly weights: PackedWeights;
  /** Of each of its stages. */
  readonly values: readonly (readonly FloatArray[])[];
  readonly local: number;
}

/**
 * Packs a chain for the kernel, as passes of a model's linear layers are; shared blocks are packed once.
 *
 * @param factorOf the merged factor of a stage
 * @throws PapilioError `CPU_MEMORY`, `CPU_WORKER_FAILED`
 */
export async function packProgram(
  engine: CpuEngine,
  { chain, dtype, parts, plan }: PackedMatrix,
  factorOf: (stage: FactorRange) => StageFactor,
): Promise<CpuProgram> {
  // As many numbers of float32 would take.
  const numbers = dtype === "f64" ? 2 : 1;
  const passes = plan.passes.toReversed().map(({ from, to, stages }): PassValues => {
    const factors = stages.toReversed().map(factorOf);
    const weights = layOutWeights(chain.product(from, to), factors);
    const { blocks } = weights.pattern;
    const local = Math.max(...factors.map(({ pattern }) => pattern.cols / blocks));
    return { weights, values: factors.map(({ values }) => values), local };
  });
  // The words of the program, the addresses of its passes, their calls, their weights.
  const calls = passes.map((pass) => passWords(pass, dtype, parts, 0).length);
  const words = PROGRAM_WORDS + passes.length + calls.reduce((sum, count) => sum + count, 0);
  const headerBytes = 64 * Math.ceil((4 * words) / 64);
  const bytesOf = ({ weights }: PassValues): number =>
    64 * Math.ceil((numbers * parts * weights.bytes) / 64);
  const bytes = headerBytes + passes.reduce((sum, pass) => sum + bytesOf(pass), 0);
  const { memory } = engine;
  const address = memory.allocate(bytes, "packed values");
  try {
    const header = [chain.rows, chain.cols, parts, passes.length];
    memory.int32(address, PROGRAM_WORDS).set(header);
    let [call, values] = [address + 4 * (PROGRAM_WORDS + passes.length), address + headerBytes];
    for (const [index, pass] of passes.entries()) {
      const numbers = passWords(pass, dtype, parts, values);
      memory.int32(address + 4 * (PROGRAM_WORDS + index), 1).set([call]);
      memory.int32(call, numbers.length).set(numbers);
      await packPass(engine, pass, dtype, parts, values);
      call += 4 * numbers.length;
      values += bytesOf(pass);
    }
  } catch (error) {
    memory.free(address);
    throw error;
  }
  const stages = passes.flatMap(({ weights }) => weights.stages);
  return {
    address,
    bytes,
    passes: passes.length,
    multiplyAdds:
      numbers * parts ** 2 * stages.reduce((sum, { pattern }) => sum + pattern.nonZeros, 0),
    features: Math.max(chain.rows, chain.cols, ...passes.map((pass) => pass.weights.pattern.rows)),
    local: Math.max(...passes.map((pass) => pass.local)),
  };
}

/** The call of a pass; what depends on the vectors is in the call of the multiplication. */
function passWords(
  { weights, local }: PassValues,
  dtype: CpuDtype,
  parts: 1 | 2,
  address: number,
): number[] {
  const { pattern, stages } = weights;
  if (dtype === "f64") {
    // Field by field, as `DoublePass` of assembly/products/double-pass.ts declares them.
    const { a, b, c, d } = pattern;
    return [a, b, c, d, stages.length, local, ...stageWords(stages, address, 8 * parts)];
  }
  return callWords({
    ...{ x: 0, y: 0, bias: 0, multiplier: 0, addend: 0 },
    ...{ width: TILE, tiles: 1, lastWidth: TILE, chunk: 1, tilesOfItem: 1, blocksOfItem: 1 },
    ...{ pieces: 1, outputsOfPiece: pattern.b, pattern, innerA: 1, outerD: pattern.d },
    ...{ dtype: weights.dtype, parts, local, rounded: 0, stages, weights: address },
  });
}

async function packPass(
  engine: CpuEngine,
  { weights, values }: PassValues,
  dtype: CpuDtype,
  parts: 1 | 2,
  address: number,
): Promise<void> {
  if (parts === 1 && dtype === "f32") {
    const singles = values.map(([array]) => float32(array as FloatArray));
    await packWeights(engine, weights, singles, { address, bytes: weights.bytes });
    return;
  }
  const type = dtype === "f64" ? "float64" : "float32";
  const packed = engine.memory.floats(type, address, parts * (weights.bytes / 4));
  for (const [index, stage] of weights.stages.entries()) {
    packStage(values[index] as readonly FloatArray[], stage, weights.pattern, packed);
  }
}

function float32(array: FloatArray): Float32Array {
  return arrayTag(array) === "Float32Array" ? (array as Float32Array) : Float32Array.from(array);
}

function packStage(
  values: readonly FloatArray[],
  { pattern, sharing, a, distances, start }: PackedStage,
  pass: Pattern,
  packed: FloatArray,
): void {
  const stored = storedPattern(pattern, sharing);
  const [p, q, r, s] = distances;
  const parts = values.length;
  for (let i = 0; i < stored.a; i++) {
    for (let k = 0; k < stored.d; k++) {
      const [outerI, innerI] = [Math.floor(i / a), i % a];
      const [outerK, innerK] = [k % pass.d, Math.floor(k / pass.d)];
      const block = start + outerI * p + outerK * q + innerI * r + innerK * s;
      const from = i * stored.b * stored.c * stored.d + k;
      if (parts === 2) packComplex(values, stored, from, packed, 2 * block);
      else packGroups(values[0] as FloatArray, stored, from, packed, block);
    }
  }
}

/** A block as `[b, c, 2]`: real and imaginary parts side by side. */
function packComplex(
  [re, im]: readonly FloatArray[],
  { b, c, d }: Pattern,
  from: number,
  packed: FloatArray,
  start: number,
): void {
  for (let index = 0; index < b * c; index++) {
    packed[start + 2 * index] = (re as FloatArray)[from + index * d] as number;
    packed[start + 2 * index + 1] = (im as FloatArray)[from + index * d] as number;
  }
}

/** Outputs that are packed together in float64, of a block that has so many left: assembly/products/doubles.ts. */
const DOUBLES = 4;

/** A block in groups of {@link DOUBLES} outputs, or of one, each as `[c, size]`. */
function packGroups(
  values: FloatArray,
  { b, c, d }: Pattern,
  from: number,
  packed: FloatArray,
  start: number,
): void {
  let at = start;
  for (let j = 0; j < b; ) {
    const size = b - j >= DOUBLES ? DOUBLES : 1;
    for (let l = 0; l < c; l++) {
      for (let o = j; o < j + size; o++) packed[at++] = values[from + (o * c + l) * d] as number;
    }
    j += size;
  }
}
