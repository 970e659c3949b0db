import { Butterfly, type Chain, type KroneckerSparse } from "@papilio/butterfly";
import {
  requireArray,
  requireButterfly,
  requireOneOf,
  requireOptions,
} from "@papilio/butterfly/errors";
import { storableButterfly } from "@papilio/butterfly/matrix";
import { FEW_BITS, type FewBits } from "@papilio/butterfly/numeric";
import { requireGpu } from "../device/device-checks.ts";
import type { DeviceContext } from "../device/device-context.ts";
import type { Step } from "../device/kernel.ts";
import { type Epilogue, requireEpilogue } from "../kernels/epilogue.ts";
import { suits } from "../kernels/kronecker-sparse/candidates.ts";
import { DisposableState } from "../memory/disposable-state.ts";
import type { Plan, Stage } from "../planning/plan.ts";
import { planChain, planOfStages } from "../planning/plan-chain.ts";
import { requirePlan } from "../planning/require-plan.ts";
import { type InputShape, requireInputShape } from "../tensor/input-shape.ts";
import { scratchVectors, type Vectors } from "../tensor/vectors.ts";
import { assertShape } from "./assert-shape.ts";
import { type EpilogueOperands, memoryOf } from "./epilogue-operands.ts";
import { prepareFusedChain } from "./fused-chain.ts";
import { prepareKroneckerSparse } from "./kronecker-sparse.ts";
import { mergeFactors } from "./merge-factors.ts";
import type { Multiplication } from "./multiplication.ts";
import { transposition } from "./transposition.ts";
import type { SharedWeights, StageWeights } from "./weight-store.ts";

export interface ButterflyOptions extends Epilogue {
  /**
   * Stores factors in few bits, each rounded as `quantizeValues` of `@papilio/butterfly/numeric` rounds: they are
   * multiplied by one by one, whatever a plan fuses or merges. As the activations are stored unless given.
   */
  readonly weightDtype?: FewBits | undefined;
  /** How the factors are multiplied; the cost model's choice for the device unless given. */
  readonly plan?: Plan;
  /** Added to every output, by the last kernel: `rows` elements. */
  readonly bias?: Float32Array;
  /**
   * Where packed weights are shared with other multiplications by this matrix, the same object. Those that
   * are stored decide the stages, unless a plan is given; this multiplication's own unless given.
   */
  readonly weights?: SharedWeights | undefined;
}

export interface ButterflyMultiplication extends Multiplication {
  /** What is done: the plan that was asked for, less the merges that would have lost accuracy. */
  readonly plan: Plan;
  /**
   * The sums that make an output, left-most stage first, as `verify` of `@papilio/butterfly` takes
   * them for an error bound: the number of products in each, and a 1 for the rounding of values that
   * were merged.
   */
  readonly terms: readonly number[];
}

/**
 * The product with a butterfly matrix, `y = W1 W2 ... WL x (+ bias)`, stage by stage as planned.
 *
 * What passes between stages is in the plan's layout, so that there are transpositions at the ends at
 * most. A fused stage of square blocks works in place: a plan that ends with such stages passes all
 * through the output's own memory, and takes no other.
 *
 * With an {@link Epilogue}, whose operands are given to `steps`, the last stage computes
 * `y = activation(W x + bias) * multiplier + addend`. An operand may be y's own memory, so that a last
 * stage that has any does not work in place. Operands are transposed where the input is.
 *
 * @throws PapilioError `PLAN_INVALID`, `CHAIN_NOT_CHAINABLE` where a stage of a plan is not, `BIAS_LENGTH`, `ACTIVATION_INVALID`, `F16_UNAVAILABLE`, `BUFFER_TOO_LARGE`,
 * `MEMORY_BUDGET`, `MATRIX_UNITS_UNAVAILABLE`, `RANGE_NOT_FUSED`, `CHAIN_RANGE`; `VALUE_RANGE` where half precision does not hold a
 * value, also when the factors are balanced
 */
export function prepareButterfly(
  gpu: DeviceContext,
  given: Butterfly,
  shape: InputShape,
  options: ButterflyOptions = {},
): ButterflyMultiplication {
  requireGpu(gpu);
  requireButterfly("The matrix", given);
  requireInputShape(shape);
  requireOptions("The options", options);
  const { plan: asked, bias, weights, weightDtype, ...epilogue } = options;
  requireEpilogue(epilogue);
  if (weightDtype !== undefined) requireOneOf("weightDtype", weightDtype, FEW_BITS);
  gpu.assertDtype(shape.dtype);
  const dtype = weightDtype ?? shape.dtype;
  // What is written within programs is known there alone.
  const placed = weights?.placed ?? false;
  const butterfly = placed ? given : storableButterfly(given, dtype === "f16" ? "F16" : "F32");
  const allow = weightDtype ? { allow: [] } : placed ? { allow: ["fuse"] as const } : {};
  const operands = Number(epilogue.multiply ?? false) + Number(epilogue.add ?? false);
  const stored = weights?.stages(given, dtype);
  const plan =
    asked !== undefined
      ? factorByFactor(requirePlan(butterfly.chain, asked), weightDtype)
      : ((stored &&
          planOfStages(gpu.report, butterfly.chain, shape, stored, { operands, ...allow })) ??
        planChain(gpu.report, butterfly.chain, shape, { operands, ...allow }));
  const { rows, cols } = butterfly.chain;
  const transposed = plan.layout !== shape.layout;
  const inner = { ...shape, layout: plan.layout };
  if (bias !== undefined) requireArray("The bias", bias, "Float32Array");
  const state = new DisposableState("multiplication");
  const prepared = prepareStages(gpu, butterfly, plan, {
    inner,
    transposed,
    bias,
    epilogue,
    weightDtype,
    weights: (stage) => weights && { shared: weights, matrix: given, stage },
  });
  const stages = prepared.map(({ stage }) => stage).reverse();
  // A variant is for vectors of this shape.
  weights?.keepStages(
    given,
    dtype,
    stages.map(({ variant, ...stage }) => stage),
  );
  const dispose = (): void => state.dispose(() => disposeAll(prepared));
  return {
    plan: { layout: plan.layout, stages },
    terms: stages.flatMap((stage) => termsOf(butterfly.chain, stage, weightDtype)),
    get bytes() {
      return prepared.reduce((sum, { multiplication }) => sum + multiplication.bytes, 0);
    },
    steps(x, y, given = {}) {
      state.assertLive();
      assertShape(x, shape, cols, "input");
      assertShape(y, shape, rows, "output");
      memoryOf(epilogue, given, shape, rows);
      if (!transposed) return stageSteps(prepared, inner, given, y, x).steps;
      const output = scratchVectors({ ...inner, features: rows }, "output to transpose");
      const turned = transposedOperands(given, inner);
      const { input, steps } = stageSteps(prepared, inner, turned.operands, output);
      return [...turned.steps, transposition(x, input), ...steps, transposition(output, y)];
    },
    dispose,
    [Symbol.dispose]: dispose,
  };
}

/** A stage on the device. */
interface PreparedStage {
  readonly stage: Stage;
  readonly multiplication: Multiplication;
  /** Features that it reads. */
  readonly inputs: number;
  /** Whether it writes its outputs where its inputs are. */
  readonly inPlace: boolean;
}

interface StageContext {
  /** Shape of what passes between stages. */
  readonly inner: InputShape;
  readonly transposed: boolean;
  readonly bias: Float32Array | undefined;
  readonly epilogue: Epilogue;
  readonly weightDtype: FewBits | undefined;
  /** Where the weights of a stage are shared, if they are. */
  readonly weights: (stage: string) => StageWeights | undefined;
}

/** Every stage, in the order in which they run: the right-most factors first. */
function prepareStages(
  gpu: DeviceContext,
  butterfly: Butterfly,
  plan: Plan,
  { inner, transposed, bias, epilogue, weightDtype, weights }: StageContext,
): PreparedStage[] {
  const prepared: PreparedStage[] = [];
  try {
    for (const { stage, factor } of exactStages(butterfly, plan, inner)) {
      const { from, to, how, matrixUnits, variant } = stage;
      const { b, c, cols } = butterfly.chain.product(from, to);
      const last = from === 0 ? epilogue : {};
      // The first one cannot write where it reads: the input is the caller's. Nor can what has
      // operands: the stages before it would write over one that is in y.
      const inPlace =
        how === "fuse" &&
        b === c &&
        (prepared.length > 0 || transposed) &&
        !(last.multiply || last.add);
      const shared = { weights: weights(`${from}-${to} ${how}`) };
      const added = { ...last, ...shared, ...(bias !== undefined && from === 0 ? { bias } : {}) };
      const multiplication =
        factor === undefined
          ? prepareFusedChain(gpu, new Butterfly(butterfly.factors.slice(from, to)), inner, {
              inPlace,
              matrixUnits,
              ...added,
            })
          : prepareKroneckerSparse(gpu, factor, inner, {
              ...added,
              weightDtype,
              ...(variant &&
                suits(gpu.report, { pattern: factor.pattern, ...inner }, variant) && { variant }),
            });
      prepared.push({ stage, multiplication, inputs: cols, inPlace });
    }
    return prepared;
  } catch (error) {
    disposeAll(prepared);
    throw error;
  }
}

/** The stages in the order in which they run, with the one factor that each multiplies by, if any. */
function exactStages(
  butterfly: Butterfly,
  { stages }: Plan,
  { dtype }: InputShape,
): { readonly stage: Stage; readonly factor?: KroneckerSparse }[] {
  return stages.toReversed().flatMap((stage) => {
    const { from, to, how } = stage;
    if (how === "fuse") return [{ stage }];
    const factor =
      how === "merge" ? mergeFactors(butterfly, from, to, dtype) : butterfly.factors[from];
    if (factor !== undefined) return [{ stage, factor }];
    return singles(stage)
      .map((single) => ({
        stage: single,
        factor: butterfly.factors[single.from] as KroneckerSparse,
      }))
      .reverse();
  });
}

/** The dispatches of all stages, which end in `y`, and what the first one reads: `x` if given. */
function stageSteps(
  prepared: readonly PreparedStage[],
  inner: InputShape,
  operands: EpilogueOperands,
  y: Vectors,
  x?: Vectors,
): { readonly input: Vectors; readonly steps: Step[] } {
  const steps: Step[] = [];
  let output = y;
  // From the end, because a stage that works in place takes the memory of what follows.
  prepared.toReversed().forEach(({ multiplication, inputs, inPlace }, index) => {
    const first = index === prepared.length - 1;
    const input = inPlace
      ? output
      : ((first ? x : undefined) ??
        scratchVectors({ ...inner, features: inputs }, "between stages"));
    steps.unshift(...multiplication.steps(input, output, index === 0 ? operands : {}));
    output = input;
  });
  return { input: output, steps };
}

/** The plan, without what fuses or merges factors of few bits. */
function factorByFactor(plan: Plan, weightDtype: FewBits | undefined): Plan {
  if (weightDtype === undefined) return plan;
  return { layout: plan.layout, stages: plan.stages.flatMap(singles) };
}

/** The factors of a stage, each a stage of its own. */
function singles({ from, to }: Stage): Stage[] {
  return Array.from({ length: to - from }, (_, index) => ({
    from: from + index,
    to: from + index + 1,
    how: "multiply",
  }));
}

function termsOf(chain: Chain, { from, to, how }: Stage, weightDtype?: FewBits): number[] {
  // The sum of a group is scaled, and added to those of others.
  if (weightDtype !== undefined) return [chain.product(from, to).c + 2];
  if (how === "merge") return [chain.product(from, to).c, 1];
  return chain.patterns.slice(from, to).map(({ c }) => c);
}

/** The operands of an epilogue in the layout of the stages, and the steps that bring them there. */
function transposedOperands(
  operands: EpilogueOperands,
  inner: InputShape,
): { readonly operands: EpilogueOperands; readonly steps: readonly Step[] } {
  const steps: Step[] = [];
  const turned = Object.entries(operands).map(([role, vectors]: [string, Vectors]) => {
    const { features } = vectors;
    const into = scratchVectors({ ...inner, features }, `${role}, transposed`);
    steps.push(transposition(vectors, into));
    return [role, into];
  });
  return { operands: Object.fromEntries(turned), steps };
}

function disposeAll(prepared: readonly PreparedStage[]): void {
  for (const { multiplication } of prepared) multiplication.dispose();
}
