import type { Butterfly, PermutedButterfly } from "@papilio/butterfly";
import { invertPermutation } from "@papilio/butterfly/matrix";
import type { DeviceContext } from "../device/device-context.ts";
import type { Step } from "../device/kernel.ts";
import { gatherFeaturesKernel } from "../kernels/gather-features/kernel.ts";
import type { Lease } from "../memory/lease.ts";
import type { Plan } from "../planning/plan.ts";
import { planChain } from "../planning/plan-chain.ts";
import { requirePlan } from "../planning/require-plan.ts";
import { BufferSet } from "../tensor/buffer-set.ts";
import type { InputShape } from "../tensor/input-shape.ts";
import { scratchVectors, type Vectors } from "../tensor/vectors.ts";
import { assertShape } from "./assert-shape.ts";
import { type ButterflyMultiplication, prepareButterfly } from "./butterfly.ts";
import { transposition } from "./transposition.ts";

/**
 * The product with a butterfly between permutations: `y = P_left (W1 W2 ... WL) P_right x (+ bias)`. A
 * permutation is a pass of its own at its end, which brings vectors into the layout of the stages as well, so
 * that none is transposed there.
 *
 * @throws PapilioError what {@link prepareButterfly} throws
 */
export function preparePermuted(
  gpu: DeviceContext,
  { matrix, left, right }: PermutedButterfly<Butterfly>,
  shape: InputShape,
  {
    bias,
    plan: asked,
  }: { readonly bias: Float32Array | undefined; readonly plan: Plan | undefined },
): ButterflyMultiplication {
  const added = bias === undefined ? {} : { bias };
  if (left === undefined && right === undefined) {
    return prepareButterfly(gpu, matrix, shape, {
      ...added,
      ...(asked === undefined ? {} : { plan: asked }),
    });
  }
  const { chain } = matrix;
  const { rows, cols } = chain;
  const plan =
    asked === undefined ? planChain(gpu.report, chain, shape) : requirePlan(chain, asked);
  const inner = { ...shape, layout: plan.layout };
  const buffers = new BufferSet(gpu);
  try {
    const maps = [right, left].map(
      (map) => map && buffers.uploadIndices(map.slice(), "permutation"),
    );
    // Each output is added to before it is moved to its place.
    const moved = left && bias && { bias: permuted(bias, invertPermutation(left)) };
    const multiplication = prepareButterfly(gpu, matrix, inner, { ...(moved ?? added), plan });
    const transposed = shape.layout !== plan.layout;
    const dispose = (): void => {
      multiplication.dispose();
      buffers.dispose();
    };
    return {
      plan: multiplication.plan,
      terms: multiplication.terms,
      get bytes() {
        return multiplication.bytes + buffers.bytes;
      },
      steps(x, y) {
        buffers.assertLive();
        assertShape(x, shape, cols, "input");
        assertShape(y, shape, rows, "output");
        const scratch = (map: Lease | undefined, features: number, end: Vectors): Vectors =>
          map !== undefined || transposed
            ? scratchVectors({ ...inner, features }, "beside a permutation")
            : end;
        const [before, after] = maps;
        const [input, output] = [scratch(before, cols, x), scratch(after, rows, y)];
        return [
          ...move(before, x, input),
          ...multiplication.steps(input, output),
          ...move(after, output, y),
        ];
      },
      dispose,
      [Symbol.dispose]: dispose,
    };
  } catch (error) {
    buffers.dispose();
    throw error;
  }
}

/** The step that brings vectors to a place, if they are not there: permuted, transposed, or both. */
function move(map: Lease | undefined, from: Vectors, to: Vectors): Step[] {
  if (from === to) return [];
  if (map === undefined) return [transposition(from, to)];
  const { batch, features, dtype } = from;
  const layouts = { from: from.layout, to: to.layout };
  const kernel = gatherFeaturesKernel({ ...layouts, batch, rows: features, cols: features, dtype });
  return [{ kernel, buffers: [from.memory, map, to.memory], role: "rewrite" }];
}

/** Values at the positions of a map. */
function permuted(values: Float32Array, map: Uint32Array): Float32Array {
  return Float32Array.from(map, (from) => values[from] as number);
}
