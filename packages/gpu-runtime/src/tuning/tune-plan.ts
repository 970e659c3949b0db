import type { Chain } from "@papilio/butterfly";
import { requireGpu } from "../device/device-checks.ts";
import type { DeviceContext } from "../device/device-context.ts";
import { prepareButterfly } from "../multiplication/butterfly.ts";
import { factorByFactor, type Plan, planName } from "../planning/plan.ts";
import { type PlanOptions, rankPlans } from "../planning/plan-chain.ts";
import { type InputShape, requireInputShape } from "../tensor/input-shape.ts";
import { shapeClass } from "./key.ts";
import { MultiplicationHarness } from "./multiplication-harness.ts";
import { requireTuneOptions, type Tuned, type TuneOptions, tune } from "./tune.ts";

/**
 * Measures which plan for a chain is the fastest on a device, among the best few by the cost model
 * and multiplying factor by factor, on random values, and those that fuse on the device's matrix units where it
 * has any; each is compared with the float64 product
 * first. Pass the result to `prepareButterfly`.
 *
 * Takes seconds, up to the time limit, and device memory for the input, the output and the weights
 * of the plans that are close to the best.
 *
 * @throws PapilioError `F16_UNAVAILABLE`, `BUFFER_TOO_LARGE`, `MEMORY_BUDGET`, `TUNING_TIME_LIMIT`,
 *   `TUNING_FAILED`, `GPU_LOST`, `GPU_DISPOSED`; the signal's reason when it aborts
 *
 * @example
 * ```ts
 * const shape = { batch: 128, layout: "batch-last", dtype: "f32" } as const;
 * const { best } = await tunePlan(gpu, butterfly.chain, shape);
 * console.log(describePlan(best, butterfly.chain, shape));
 * using multiplication = prepareButterfly(gpu, butterfly, shape, { plan: best });
 * ```
 */
export async function tunePlan(
  gpu: DeviceContext,
  chain: Chain,
  shape: InputShape,
  options: TuneOptions & Omit<PlanOptions, "operands" | "matrixUnits"> = {},
): Promise<Tuned<Plan>> {
  requireGpu(gpu);
  requireInputShape(shape);
  requireTuneOptions(options);
  gpu.assertDtype(shape.dtype);
  const ranked = (matrixUnits: boolean): Plan[] =>
    rankPlans(gpu.report, chain, shape, { ...options, matrixUnits }).map(({ plan }) => plan);
  const onMatrixUnits = ranked(true).filter(({ stages }) =>
    stages.some(({ matrixUnits }) => matrixUnits),
  );
  const [best, ...others] = [...ranked(false), ...onMatrixUnits];
  // Factor by factor early: a time limit cuts off the end, and its kernels are quick to compile.
  const plain = planName(factorByFactor(chain, shape.layout));
  others.sort((p, q) => Number(planName(q) === plain) - Number(planName(p) === plain));
  const candidates = [best as Plan, ...others].map((plan) => ({
    name: planName(plan),
    value: plan,
  }));
  return await tune(
    gpu,
    {
      what: `plan ${chain} ${shapeClass(shape)} ${options.allow?.toSorted().join(" ") ?? ""}`.trim(),
      candidates,
      open: () =>
        new MultiplicationHarness(gpu, chain, shape, options.signal, (plan: Plan, butterfly) => {
          const multiplication = prepareButterfly(gpu, butterfly, shape, { plan });
          return { multiplication, terms: multiplication.terms };
        }),
    },
    options,
  );
}
