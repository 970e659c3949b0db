import { type Chain, DisposableStack, PapilioError } from "@papilio/butterfly";
import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import {
  type Gpu,
  type InputShape,
  MemoryTuningCache,
  type Plan,
  planChain,
  Tensor,
  tunePlan,
} from "@papilio/gpu-runtime";
import {
  Program,
  prepareButterfly,
  prepareKroneckerSparse,
  type Vectors,
} from "@papilio/gpu-runtime/kernels";
import { planName } from "@papilio/gpu-runtime/planning";
import { bytesHeld, inTurn } from "./from-multiplication.ts";
import type { DeviceImplementation, DeviceProblem, Prepared } from "./implementation.ts";

/** Winners of this process: a case that is measured again is not tuned again. */
const tuned = new MemoryTuningCache();
const TUNING_SECONDS = 20;

/**
 * What can be done about a product of several factors as a whole, from nothing to all that the
 * runtime knows. For products only: for one factor they are all the fused kernel.
 */
export const chainImplementations: readonly DeviceImplementation[] = [
  {
    name: "unpooled",
    description: "factor by factor, each with a submission and an output of its own",
    prepare: (problem) => Promise.resolve(prepareUnpooled(problem)),
  },
  planned("fused-runs", "ranges of factors fused where they can be", (gpu, chain, shape) =>
    planChain(gpu.report, chain, shape, { allow: ["fuse"] }),
  ),
  planned("planned", "stages by the cost model", (gpu, chain, shape) =>
    planChain(gpu.report, chain, shape),
  ),
  planned(
    "planned-tuned",
    "stages by measuring the cost model's best few",
    async (gpu, chain, shape) => {
      const options = { cache: tuned, timeLimitSeconds: TUNING_SECONDS };
      return (await tunePlan(gpu, chain, shape, options)).best;
    },
  ),
];

/** Multiplies by a chain in the stages of a plan. */
function planned(
  name: string,
  description: string,
  plan: (gpu: Gpu, chain: Chain, shape: InputShape) => Plan | Promise<Plan>,
): DeviceImplementation {
  return {
    name,
    description,
    async prepare({ gpu, butterfly, shape, inputs, y }): Promise<Prepared> {
      requireSeveral(butterfly.chain);
      using held = new DisposableStack();
      const multiplication = held.use(
        prepareButterfly(gpu, butterfly, shape, { plan: await plan(gpu, butterfly.chain, shape) }),
      );
      const programs = await Program.recordAll(
        gpu,
        inputs.map((x) => multiplication.steps(x, y)),
      );
      for (const program of programs) held.use(program);
      const owned = held.move();
      return {
        ...inTurn(gpu, programs),
        bytes: bytesHeld([multiplication], programs),
        terms: multiplication.terms,
        plan: planName(multiplication.plan),
        [Symbol.dispose]: () => owned.dispose(),
      };
    },
  };
}

/**
 * Factor by factor as a library without programs does it: memory for every output, a recording, a
 * submission. Nothing is kept but the weights.
 */
function prepareUnpooled({ gpu, butterfly, shape, inputs, y }: DeviceProblem): Prepared {
  requireSeveral(butterfly.chain);
  using held = new DisposableStack();
  const factors = butterfly.factors.toReversed();
  const multiplications = factors.map((factor) =>
    held.use(prepareKroneckerSparse(gpu, factor, shape)),
  );
  let next = 0;
  async function once(): Promise<void> {
    using between = new DisposableStack();
    let x: Vectors = inputs[next++ % inputs.length] as Tensor;
    for (const [index, multiplication] of multiplications.entries()) {
      const features = (factors[index] as (typeof factors)[number]).pattern.rows;
      const last = index === multiplications.length - 1;
      const output = last ? y : between.use(new Tensor(gpu, { ...shape, features }));
      using program = await Program.record(gpu, multiplication.steps(x, output));
      program.run();
      x = output;
    }
    await gpu.settled();
  }
  const outputs = factors.slice(0, -1).reduce((sum, { pattern }) => {
    return sum + pattern.rows * shape.batch * FLOAT_FORMATS[shape.dtype].bytes;
  }, 0);
  const owned = held.move();
  return {
    bytes: bytesHeld(multiplications, []) + outputs,
    run: async (repeats) => {
      for (let repeat = 0; repeat < repeats; repeat++) {
        await once();
        // What was released waits for reuse: without a pool it would be freed.
        gpu.memory.trim();
      }
    },
    [Symbol.dispose]: () => owned.dispose(),
  };
}

/** @throws PapilioError `CHAIN_OF_ONE` for a single factor */
function requireSeveral(chain: Chain): void {
  if (chain.length > 1) return;
  throw new PapilioError(
    "CHAIN_OF_ONE",
    `${chain} is one factor: there is nothing to plan.`,
    "Compare kronecker-sparse with the others.",
  );
}
