import {
  type BatchShape,
  type Chain,
  ComplexButterfly,
  type Layout,
  type PermutedButterfly,
} from "@papilio/butterfly";
import { requireComplexButterfly, requireObject, requireOptions } from "@papilio/butterfly/errors";
import { invertPermutation } from "@papilio/butterfly/matrix";
import { requireShape, stridesOf } from "@papilio/butterfly/numeric";
import { planInvalid } from "@papilio/butterfly/planning";
import { requireGpu } from "../device/device-checks.ts";
import type { DeviceContext } from "../device/device-context.ts";
import type { Kernel, Step } from "../device/kernel.ts";
import { assertFits } from "../device/storage.ts";
import { complexFactorKernel } from "../kernels/complex-chain/loop-shader.ts";
import {
  complexSharing,
  packComplexChain,
  packComplexFactor,
} from "../kernels/complex-chain/pack.ts";
import type { ComplexChainProblem } from "../kernels/complex-chain/problem.ts";
import { complexChainKernel } from "../kernels/complex-chain/register-shader.ts";
import type { Lease } from "../memory/lease.ts";
import { type Operand, Scratch } from "../memory/scratch.ts";
import { COMPLEX_BYTES } from "../planning/complex-stage-cost.ts";
import type { Plan, Stage } from "../planning/plan.ts";
import { fitsRegisters, planComplexChain } from "../planning/plan-complex-chain.ts";
import { requirePlan } from "../planning/require-plan.ts";
import { BufferSet } from "../tensor/buffer-set.ts";
import type { ComplexVectors } from "../tensor/vectors.ts";
import { assertShape } from "./assert-shape.ts";
import { notFused } from "./fused-chain.ts";
import { unlessOutOfRange } from "./merge-factors.ts";

/** A way of computing `y = W x` for complex vectors. Prepared once, run as often as wanted. */
export interface ComplexMultiplication extends Disposable {
  /**
   * Dispatches that compute `y` from `x`.
   *
   * @throws PapilioError `TENSOR_MISMATCH` unless both have the shape that this was prepared for
   */
  steps(x: ComplexVectors, y: ComplexVectors): readonly Step[];
  /** What is done, a dispatch for each stage: the plan, less the merges that single precision does not hold. */
  readonly plan: Plan;
  /**
   * The sums that make either part of an output, left-most stage first: the number of products in each, two
   * for each of the complex ones, and a 1 for the rounding of values that were merged.
   */
  readonly terms: readonly number[];
  /** Device memory held, in bytes. */
  readonly bytes: number;
}

export interface ComplexButterflyOptions {
  /** How the factors are multiplied; the cost model's choice for the device unless given. */
  readonly plan?: Plan;
}

/** The dispatch of a stage, but for what it reads and writes. */
interface PreparedStage {
  readonly kernel: Kernel;
  readonly rows: number;
  readonly weights: Lease;
  readonly maps: readonly Lease[];
}

/**
 * The product with a complex butterfly, stage by stage as planned. Permutations are in the addresses of the
 * first reads and of the last writes.
 *
 * @throws PapilioError `PLAN_INVALID`, `CHAIN_NOT_CHAINABLE`, `RANGE_NOT_FUSED`, `BATCH_INVALID`, `LAYOUT_INVALID`, `BUFFER_TOO_LARGE`, `MEMORY_BUDGET`
 */
export function prepareComplexButterfly(
  gpu: DeviceContext,
  permuted: PermutedButterfly<ComplexButterfly>,
  shape: BatchShape,
  options: ComplexButterflyOptions = {},
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
  requireOptions("The options", options);
  const plan =
    options.plan === undefined
      ? planComplexChain(gpu.report, chain, { batch, layout })
      : requireComplexPlan(gpu, chain, layout, options.plan);
  const exact = exactStages(matrix, plan.stages);
  const buffers = new BufferSet(gpu);
  try {
    const stages = exact.map(({ stage: { from, to }, range }): PreparedStage => {
      const source = to === chain.length ? right : undefined;
      // Output f of the butterfly is the one at the position that takes it.
      const destination = from === 0 ? left && invertPermutation(left) : undefined;
      const problem: ComplexChainProblem = {
        chain: range.chain,
        batch,
        layout,
        sharing: complexSharing(range),
        permutesInputs: source !== undefined,
        permutesOutputs: destination !== undefined,
      };
      const fits = fitsRegisters(gpu.report, range.chain);
      const packed = fits
        ? packComplexChain(range, problem)
        : packComplexFactor(range, problem.sharing);
      return {
        kernel: fits ? complexChainKernel(problem) : complexFactorKernel(problem),
        rows: range.chain.rows,
        weights: buffers.upload(packed, "f32", "complex weights"),
        maps: [source, destination]
          .filter((map) => map !== undefined)
          .map((map) => buffers.uploadIndices(Uint32Array.from(map), "permutation")),
      };
    });
    return {
      plan: { layout, stages: exact.map(({ stage }) => stage) },
      terms: exact.flatMap(({ stage, range }) => [
        ...range.chain.patterns.map(({ c }) => 2 * c),
        ...(stage.how === "merge" ? [1] : []),
      ]),
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

/** A stage, and the factors that its kernel multiplies by. */
interface ExactStage {
  readonly stage: Stage;
  readonly range: ComplexButterfly;
}

/** The stages, left-most first, with factors one by one where their product is out of range. */
function exactStages(matrix: ComplexButterfly, stages: readonly Stage[]): ExactStage[] {
  const rangeOf = (from: number, to: number): ComplexButterfly =>
    new ComplexButterfly(matrix.factors.slice(from, to));
  return stages.flatMap((stage): ExactStage[] => {
    const { from, to, how } = stage;
    if (how !== "merge") return [{ stage, range: rangeOf(from, to) }];
    const merged = unlessOutOfRange(() => rangeOf(from, to).merge(0, to - from));
    if (merged !== undefined) return [{ stage, range: merged }];
    return Array.from({ length: to - from }, (_, index) => {
      const single = from + index;
      return {
        stage: { from: single, to: single + 1, how: "multiply" },
        range: rangeOf(single, single + 1),
      };
    });
  });
}

/** @throws PapilioError `PLAN_INVALID`, `CHAIN_NOT_CHAINABLE`, `RANGE_NOT_FUSED` */
function requireComplexPlan(gpu: DeviceContext, chain: Chain, layout: Layout, given: Plan): Plan {
  const plan = requirePlan(chain, given);
  if (plan.layout !== layout) {
    throw planInvalid(
      `The plan is ${plan.layout}, and the vectors ${layout}: complex ones stay in their layout.`,
    );
  }
  for (const { from, to, how, matrixUnits } of plan.stages) {
    if (matrixUnits) throw planInvalid("Complex numbers are not multiplied on matrix units.");
    const range = chain.slice(from, to);
    if (how === "fuse" && !fitsRegisters(gpu.report, range)) throw notFused(range);
  }
  return plan;
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
