import {
  type BatchShape,
  type Chain,
  ComplexButterfly,
  type PermutedButterfly,
} from "@papilio/butterfly";
import { requireComplexButterfly, requireObject } from "@papilio/butterfly/errors";
import { invertPermutation } from "@papilio/butterfly/matrix";
import { requireShape, stridesOf } from "@papilio/butterfly/numeric";
import { requireGpu } from "../device/device-checks.ts";
import type { Gpu } from "../device/gpu.ts";
import type { Kernel, Step } from "../device/kernel.ts";
import { assertFits } from "../device/storage.ts";
import { complexFactorKernel } from "../kernels/complex-range/loop-shader.ts";
import {
  complexSharing,
  packComplexFactor,
  packComplexRange,
} from "../kernels/complex-range/pack.ts";
import type { ComplexRangeProblem } from "../kernels/complex-range/problem.ts";
import { complexRangeKernel } from "../kernels/complex-range/register-shader.ts";
import { localWeights, localWidth } from "../kernels/fused-range/local-factors.ts";
import type { Lease } from "../memory/lease.ts";
import { type Operand, Scratch } from "../memory/scratch.ts";
import { BufferSet } from "../tensor/buffer-set.ts";
import type { ComplexVectors } from "../tensor/vectors.ts";
import { assertShape } from "./assert-shape.ts";

/** Bytes of a complex64 number. */
const COMPLEX_BYTES = 8;

/**
 * Complex numbers of a block that an invocation keeps, and products that it is written out for. On a
 * software adapter more take twice as long to compile and are no faster (lavapipe, Mesa 25).
 */
const MOST = {
  hardware: { width: 16, products: 128 },
  software: { width: 16, products: 24 },
};

/** A way of computing `y = W x` for complex vectors. Prepared once, run as often as wanted. */
export interface ComplexMultiplication extends Disposable {
  /**
   * Dispatches that compute `y` from `x`.
   *
   * @throws PapilioError `TENSOR_MISMATCH` unless both have the shape that this was prepared for
   */
  steps(x: ComplexVectors, y: ComplexVectors): readonly Step[];
  /** How many factors each dispatch multiplies by, in the order of the chain, left-most first. */
  readonly runs: readonly number[];
  /** Device memory held, in bytes. */
  readonly bytes: number;
}

/** A dispatch but for what it reads and writes. */
interface Stage {
  readonly kernel: Kernel;
  readonly rows: number;
  readonly weights: Lease;
  readonly maps: readonly Lease[];
}

/**
 * The product with a complex butterfly, ranges of neighbouring factors fused in registers. Permutations
 * are in the addresses of the first reads and of the last writes.
 *
 * @throws PapilioError `BATCH_INVALID`, `LAYOUT_INVALID`, `BUFFER_TOO_LARGE`, `MEMORY_BUDGET`
 */
export function prepareComplexButterfly(
  gpu: Gpu,
  permuted: PermutedButterfly<ComplexButterfly>,
  shape: BatchShape,
): ComplexMultiplication {
  requireGpu(gpu);
  requireComplexMatrix(permuted);
  requireShape(shape);
  const { matrix, left, right } = permuted;
  const { batch, layout } = shape;
  const { chain } = matrix;
  stridesOf({ batch, layout }, chain.cols); // refuses a bad shape
  for (const { rows, cols } of chain.patterns) {
    assertFits(gpu, COMPLEX_BYTES * batch * Math.max(rows, cols), "complex vectors");
  }
  const runs = runsOf(chain, MOST[gpu.report.kind]);
  const buffers = new BufferSet(gpu);
  try {
    let to = 0;
    const stages = runs.map((length): Stage => {
      const from = to;
      to += length;
      const run = new ComplexButterfly(matrix.factors.slice(from, to));
      const source = to === chain.length ? right : undefined;
      // Output f of the butterfly is the one at the position that takes it.
      const destination = from === 0 ? left && invertPermutation(left) : undefined;
      const problem: ComplexRangeProblem = {
        chain: run.chain,
        batch,
        layout,
        sharing: complexSharing(run),
        permutesInputs: source !== undefined,
        permutesOutputs: destination !== undefined,
      };
      const fits = fitsRegisters(run.chain, MOST[gpu.report.kind]);
      const packed = fits
        ? packComplexRange(run, problem)
        : packComplexFactor(run, problem.sharing);
      return {
        kernel: fits ? complexRangeKernel(problem) : complexFactorKernel(problem),
        rows: run.chain.rows,
        weights: buffers.upload(packed, "f32", "complex weights"),
        maps: [source, destination]
          .filter((map) => map !== undefined)
          .map((map) => buffers.uploadIndices(Uint32Array.from(map), "permutation")),
      };
    });
    return {
      runs,
      get bytes() {
        return buffers.bytes;
      },
      steps(x, y) {
        buffers.assertLive();
        const shape = { batch, layout, dtype: "complex64" } as const;
        assertShape(x, shape, chain.cols, "input");
        assertShape(y, shape, chain.rows, "output");
        return stepsOf(stages, batch, x.memory, y.memory);
      },
      [Symbol.dispose]: () => buffers.dispose(),
    };
  } catch (error) {
    buffers.dispose();
    throw error;
  }
}

/** @throws PapilioError `OPTION_INVALID` for what is not a complex butterfly between permutations */
export function requireComplexMatrix(permuted: unknown): void {
  requireObject("The matrix", permuted, "a PermutedButterfly of a ComplexButterfly", "matrix");
  const { matrix } = permuted as { matrix: unknown };
  requireComplexButterfly("The matrix between permutations", matrix);
}

/** The dispatches in the order in which they run: the right-most factors first. */
function stepsOf(stages: readonly Stage[], batch: number, x: Operand, y: Operand): Step[] {
  let input = x;
  return stages.toReversed().map(({ kernel, rows, weights, maps }, index) => {
    const last = index === stages.length - 1;
    const output = last ? y : new Scratch(COMPLEX_BYTES * batch * rows, "between complex ranges");
    const step: Step = { kernel, buffers: [input, weights, output, ...maps], role: "multiply" };
    input = output;
    return step;
  });
}

type Limits = (typeof MOST)["hardware"];

/** Lengths of runs that fit registers, as long as that allows; 1 where a factor alone does not. */
function runsOf(chain: Chain, limits: Limits): number[] {
  const runs: number[] = [];
  for (let from = 0; from < chain.length; ) {
    let length = 1;
    while (
      from + length < chain.length &&
      fitsRegisters(chain.slice(from, from + length + 1), limits)
    ) {
      length++;
    }
    runs.push(length);
    from += length;
  }
  return runs;
}

function fitsRegisters(chain: Chain, { width, products }: Limits): boolean {
  return localWidth(chain) <= width && localWeights(chain) <= products;
}
