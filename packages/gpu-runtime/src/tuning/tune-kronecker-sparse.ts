import { Chain, type KroneckerSparse, type Pattern } from "@papilio/butterfly";
import { requireGpu } from "../device/device-checks.ts";
import type { DeviceContext } from "../device/device-context.ts";
import { kroneckerSparseVariants } from "../kernels/kronecker-sparse/candidates.ts";
import {
  type KroneckerSparseVariant,
  kroneckerSparseName,
} from "../kernels/kronecker-sparse/variant.ts";
import { prepareKroneckerSparse } from "../multiplication/kronecker-sparse.ts";
import { type InputShape, requireInputShape } from "../tensor/input-shape.ts";
import { shapeClass } from "./key.ts";
import { MultiplicationHarness } from "./multiplication-harness.ts";
import { requireTuneOptions, type Tuned, type TuneOptions, tune } from "./tune.ts";

/**
 * Measures which shape of the fused kernel is the fastest for a pattern, an input's shape and a
 * device, on random values; each is compared with the float64 product first. Pass the result to
 * `prepareKroneckerSparse`. In a cache, batches count as equal from one power of two to the next
 * when loads of the same width divide them.
 *
 * Takes seconds, up to the time limit, and device memory for the input, the output and the weights
 * of the candidates that are close to the best.
 *
 * @throws PapilioError `F16_UNAVAILABLE`, `BUFFER_TOO_LARGE`, `MEMORY_BUDGET`, `TUNING_TIME_LIMIT`,
 *   `TUNING_FAILED`, `GPU_LOST`, `GPU_DISPOSED`; the signal's reason when it aborts
 *
 * @example
 * ```ts
 * const shape = { batch: 128, layout: "batch-last", dtype: "f32" } as const;
 * const { best } = await tuneKroneckerSparse(gpu, factor.pattern, shape);
 * using multiplication = prepareKroneckerSparse(gpu, factor, shape, { variant: best });
 * ```
 */
export async function tuneKroneckerSparse(
  gpu: DeviceContext,
  pattern: Pattern,
  shape: InputShape,
  options: TuneOptions = {},
): Promise<Tuned<KroneckerSparseVariant>> {
  requireGpu(gpu);
  requireInputShape(shape);
  requireTuneOptions(options);
  gpu.assertDtype(shape.dtype);
  const candidates = kroneckerSparseVariants(gpu.report, { pattern, ...shape }).map((variant) => ({
    name: kroneckerSparseName(variant),
    value: variant,
  }));
  return await tune(
    gpu,
    {
      what: `kronecker-sparse ${pattern} ${shapeClass(shape)}`,
      candidates,
      open: () =>
        new MultiplicationHarness(
          gpu,
          Chain.of([pattern]),
          shape,
          options.signal,
          (variant, { factors }) => ({
            multiplication: prepareKroneckerSparse(gpu, factors[0] as KroneckerSparse, shape, {
              variant,
            }),
            terms: [pattern.c],
          }),
        ),
    },
    options,
  );
}
