import type { Chain } from "@papilio/butterfly";
import { requireChain } from "@papilio/butterfly/errors";
import { requireGpu } from "../device/device-checks.ts";
import type { DeviceContext } from "../device/device-context.ts";
import { chooseKroneckerSparse } from "../kernels/kronecker-sparse/choose.ts";
import { kroneckerSparseName } from "../kernels/kronecker-sparse/variant.ts";
import type { Plan, Stage } from "../planning/plan.ts";
import { requirePlan } from "../planning/require-plan.ts";
import { type InputShape, requireInputShape } from "../tensor/input-shape.ts";
import { requireTuneOptions, type Tuned, type TuneOptions } from "./tune.ts";
import { tuneKroneckerSparse } from "./tune-kronecker-sparse.ts";

/**
 * The same plan, in which each stage of one factor, multiplied or merged, has the shape of the fused kernel that
 * `tuneKroneckerSparse` measures to be the fastest for vectors of a shape: on the device's matrix units too in half
 * precision where it has any. A stage for which that is the one that rules choose has none. Pass the result to
 * `prepareButterfly`.
 *
 * Takes seconds for each stage, up to the time limit, and the device memory of one at a time.
 *
 * @param plan of `factorByFactor` for one factor; for several `tunePlan` measures which
 * @throws PapilioError `PLAN_INVALID`, `F16_UNAVAILABLE`, `BUFFER_TOO_LARGE`, `MEMORY_BUDGET`, `TUNING_TIME_LIMIT`,
 *   `TUNING_FAILED`, `GPU_LOST`, `GPU_DISPOSED`; the signal's reason when it aborts
 *
 * @example
 * ```ts
 * const { best: plan } = await tunePlan(gpu, butterfly.chain, shape);
 * const { best } = await tuneStages(gpu, butterfly.chain, plan, shape);
 * using multiplication = prepareButterfly(gpu, butterfly, shape, { plan: best });
 * ```
 */
export async function tuneStages(
  gpu: DeviceContext,
  chain: Chain,
  plan: Plan,
  shape: InputShape,
  options: TuneOptions = {},
): Promise<Tuned<Plan>> {
  requireGpu(gpu);
  requireChain("The chain", chain);
  const { layout, stages: given } = requirePlan(chain, plan);
  requireInputShape(shape);
  requireTuneOptions(options);
  gpu.assertDtype(shape.dtype);
  const inner = { ...shape, layout };
  const stages: Stage[] = [];
  const all: Tuned<unknown>[] = [];
  for (const { variant, ...stage } of given) {
    if (stage.how === "fuse") {
      stages.push(stage);
      continue;
    }
    const pattern = chain.product(stage.from, stage.to);
    const tuned = await tuneKroneckerSparse(gpu, pattern, inner, options);
    const chosen = chooseKroneckerSparse(gpu.report, { pattern, ...inner });
    const other = kroneckerSparseName(tuned.best) !== kroneckerSparseName(chosen);
    stages.push({ ...stage, ...(other && { variant: tuned.best }) });
    all.push(tuned);
  }
  return {
    best: { layout, stages },
    from: all.every(({ from }) => from === "cache") ? "cache" : "measurement",
    trials: all.flatMap(({ trials }) => trials),
  };
}
