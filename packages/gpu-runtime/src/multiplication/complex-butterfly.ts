import { type BatchShape, ComplexButterfly, type PermutedButterfly } from "@papilio/butterfly";
import { requireComplexButterfly, requireObject } from "@papilio/butterfly/errors";
import { invertPermutation } from "@papilio/butterfly/matrix";
import { requireShape, stridesOf } from "@papilio/butterfly/numeric";
import { requireGpu } from "../device/device-checks.ts";
import type { DeviceContext } from "../device/device-context.ts";
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
import type { Lease } from "../memory/lease.ts";
import { type Operand, Scratch } from "../memory/scratch.ts";
import type { Plan } from "../planning/plan.ts";
import { fitsRegisters, planComplexChain } from "../planning/plan-complex-chain.ts";
import { BufferSet } from "../tensor/buffer-set.ts";
import type { ComplexVectors } from "../tensor/vectors.ts";
import { assertShape } from "./assert-shape.ts";

/** Bytes of a complex64 number. */
const COMPLEX_BYTES = 8;

/** A way of computing `y = W x` for complex vectors. Prepared once, run as often as wanted. */
export interface ComplexMultiplication extends Disposable {
  /**
   * Dispatches that compute `y` from `x`.
   *
   * @throws PapilioError `TENSOR_MISMATCH` unless both have the shape that this was prepared for
   */
  steps(x: ComplexVectors, y: ComplexVectors): readonly Step[];
  /** What is done: a dispatch for each stage. */
  readonly plan: Plan;
  /**
   * The sums that make either part of an output, left-most factor first: the number of products in each, two
   * for each of the complex ones.
   */
  readonly terms: readonly number[];
  /** Device memory held, in bytes. */
  readonly bytes: number;
}

/** The dispatch of a stage, but for what it reads and writes. */
interface PreparedStage {
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
  gpu: DeviceContext,
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
  const plan = planComplexChain(gpu.report, chain, { batch, layout });
  const buffers = new BufferSet(gpu);
  try {
    const stages = plan.stages.map(({ from, to }): PreparedStage => {
      const range = new ComplexButterfly(matrix.factors.slice(from, to));
      const source = to === chain.length ? right : undefined;
      // Output f of the butterfly is the one at the position that takes it.
      const destination = from === 0 ? left && invertPermutation(left) : undefined;
      const problem: ComplexRangeProblem = {
        chain: range.chain,
        batch,
        layout,
        sharing: complexSharing(range),
        permutesInputs: source !== undefined,
        permutesOutputs: destination !== undefined,
      };
      const fits = fitsRegisters(gpu.report, range.chain);
      const packed = fits
        ? packComplexRange(range, problem)
        : packComplexFactor(range, problem.sharing);
      return {
        kernel: fits ? complexRangeKernel(problem) : complexFactorKernel(problem),
        rows: range.chain.rows,
        weights: buffers.upload(packed, "f32", "complex weights"),
        maps: [source, destination]
          .filter((map) => map !== undefined)
          .map((map) => buffers.uploadIndices(Uint32Array.from(map), "permutation")),
      };
    });
    return {
      plan,
      terms: chain.patterns.map(({ c }) => 2 * c),
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
function requireComplexMatrix(permuted: unknown): void {
  requireObject("The matrix", permuted, "a PermutedButterfly of a ComplexButterfly", "matrix");
  const { matrix } = permuted as { matrix: unknown };
  requireComplexButterfly("The matrix between permutations", matrix);
}

/** The dispatches in the order in which they run: the right-most factors first. */
function stepsOf(stages: readonly PreparedStage[], batch: number, x: Operand, y: Operand): Step[] {
  let input = x;
  return stages.toReversed().map(({ kernel, rows, weights, maps }, index) => {
    const last = index === stages.length - 1;
    const output = last ? y : new Scratch(COMPLEX_BYTES * batch * rows, "between complex ranges");
    const step: Step = { kernel, buffers: [input, weights, output, ...maps], role: "multiply" };
    input = output;
    return step;
  });
}
