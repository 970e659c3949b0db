import type { Chain, FloatArray, Pattern } from "@papilio/butterfly";
import { type Sharing, storedPattern } from "@papilio/butterfly/matrix";
import type { FactorRange } from "@papilio/butterfly/planning";
import type { CpuMemory } from "../memory/cpu-memory.ts";
import type { CpuPlan, PassPlan } from "../planning/plan.ts";
import { PASS_WORDS, PROGRAM_WORDS, STAGE_WORDS } from "../wasm/constants.ts";

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
  /** Of all stages, for one vector. */
  readonly multiplyAdds: number;
  /** Most features of a vector that lies in a buffer between passes. */
  readonly features: number;
  /** Most features of a block that lies in scratch memory, before its first stage or between stages. */
  readonly local: number;
}

/**
 * Packs a chain for the kernel: the values of a stage in the order of the blocks of its pass; shared
 * blocks are packed once.
 *
 * @param factorOf the merged factor of a stage
 * @throws PapilioError `CPU_MEMORY`
 */
export function packProgram(
  memory: CpuMemory,
  chain: Chain,
  parts: 1 | 2,
  plan: CpuPlan,
  factorOf: (stage: FactorRange) => StageFactor,
): CpuProgram {
  const passes = plan.passes.toReversed();
  const stages = passes.flatMap((pass) => pass.stages.toReversed());
  const factors = stages.map(factorOf);
  const numbers = factors.reduce(
    (sum, { values }) => sum + parts * (values[0] as FloatArray).length,
    0,
  );
  const headerWords = PROGRAM_WORDS + PASS_WORDS * passes.length + STAGE_WORDS * stages.length;
  const headerBytes = Math.ceil((4 * headerWords) / 64) * 64;
  const bytes = headerBytes + 4 * numbers;
  const address = memory.allocate(bytes, "packed values");
  const words = memory.int32(address, headerWords);
  const packed = memory.float32(address + headerBytes, numbers);

  const firstPass = address + 4 * PROGRAM_WORDS;
  const firstStage = firstPass + 4 * PASS_WORDS * passes.length;
  words.set([chain.rows, chain.cols, parts, firstPass, passes.length]);
  let word = PROGRAM_WORDS;
  let stage = 0;
  for (const { from, to, stages: run } of passes) {
    const { a, b, c, d } = chain.product(from, to);
    words.set([a, b, c, d, firstStage + 4 * STAGE_WORDS * stage, run.length], word);
    word += PASS_WORDS;
    stage += run.length;
  }
  let at = 0;
  stage = 0;
  for (const pass of passes) {
    const block = chain.product(pass.from, pass.to);
    for (let index = 0; index < pass.stages.length; index++) {
      const factor = factors[stage++] as StageFactor;
      const target = packed.subarray(at);
      const layout = layOut(factor, block);
      packValues(factor, layout, target);
      const { pattern } = factor;
      const bytesOf = layout.distances.map((distance) => 4 * distance);
      words.set([layout.a, pattern.b, pattern.c, layout.d], word);
      words.set([address + headerBytes + 4 * at, ...bytesOf], word + 4);
      word += STAGE_WORDS;
      at += layout.numbers;
    }
  }
  return {
    address,
    bytes,
    passes: passes.length,
    multiplyAdds: parts ** 2 * factors.reduce((sum, { pattern }) => sum + pattern.nonZeros, 0),
    features: Math.max(
      chain.rows,
      chain.cols,
      ...plan.passes.map((pass) => chain.product(pass.from, pass.to).rows),
    ),
    local: Math.max(...plan.passes.map((pass) => localFeatures(chain, pass))),
  };
}

function localFeatures(chain: Chain, { from, to, stages }: PassPlan): number {
  const { blocks } = chain.product(from, to);
  return Math.max(...stages.map((stage) => chain.product(stage.from, stage.to).cols / blocks));
}

/** How the blocks of a stage are packed: in the order of the blocks of its pass, then of its own. */
interface ValuesLayout {
  /** Of the stage within a block of the pass. */
  readonly a: number;
  readonly d: number;
  /** Numbers from one block to the next: along the pass's `a` and `d`, the stage's own `a` and `d`. */
  readonly distances: readonly [number, number, number, number];
  readonly numbers: number;
}

function layOut({ pattern, sharing, values }: StageFactor, pass: Pattern): ValuesLayout {
  const a = pattern.a / pass.a;
  const d = pattern.d / pass.d;
  const block = values.length * pattern.b * pattern.c;
  const [copiesA, copiesD] = [sharing.a ? 1 : a, sharing.d ? 1 : d];
  const outerD = block * copiesA * copiesD;
  return {
    a,
    d,
    distances: [
      sharing.a ? 0 : outerD * (sharing.d ? 1 : pass.d),
      sharing.d ? 0 : outerD,
      sharing.a ? 0 : block * copiesD,
      sharing.d ? 0 : block,
    ],
    numbers: values.length * storedPattern(pattern, sharing).nonZeros,
  };
}

function packValues(
  { pattern, sharing, values }: StageFactor,
  { a, d, distances }: ValuesLayout,
  packed: Float32Array,
): void {
  const stored = storedPattern(pattern, sharing);
  const passD = pattern.d / d;
  const packBlock = values.length === 1 ? packReal : packComplex;
  for (let i = 0; i < stored.a; i++) {
    for (let k = 0; k < stored.d; k++) {
      const [outerI, innerI] = [Math.floor(i / a), i % a];
      const [outerK, innerK] = [k % passD, Math.floor(k / passD)];
      const [p, q, r, s] = distances;
      packBlock(
        values,
        stored,
        i * stored.b * stored.c * stored.d + k,
        packed,
        outerI * p + outerK * q + innerI * r + innerK * s,
      );
    }
  }
}

/** Two rows at a time, interleaved: `[c, 2]`, the last of an odd number alone. */
function packReal(
  [values]: readonly FloatArray[],
  { b, c, d }: Pattern,
  from: number,
  packed: Float32Array,
  start: number,
): void {
  const array = values as FloatArray;
  let to = start;
  for (let j = 0; j < b; j += 2) {
    const rows = Math.min(2, b - j);
    for (let l = 0; l < c; l++) {
      for (let row = 0; row < rows; row++) {
        packed[to++] = array[from + ((j + row) * c + l) * d] as number;
      }
    }
  }
}

/** `[b, c, 2]`: real and imaginary parts side by side. */
function packComplex(
  [re, im]: readonly FloatArray[],
  { b, c, d }: Pattern,
  from: number,
  packed: Float32Array,
  start: number,
): void {
  for (let index = 0; index < b * c; index++) {
    packed[start + 2 * index] = (re as FloatArray)[from + index * d] as number;
    packed[start + 2 * index + 1] = (im as FloatArray)[from + index * d] as number;
  }
}
