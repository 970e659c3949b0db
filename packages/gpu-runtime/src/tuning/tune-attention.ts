import { requireGpu } from "../device/device-checks.ts";
import type { DeviceContext } from "../device/device-context.ts";
import { attentionVariants } from "../kernels/attention/candidates.ts";
import { type AttentionProblem, requireAttention } from "../kernels/attention/problem.ts";
import { type AttentionVariant, attentionName } from "../kernels/attention/variant.ts";
import { AttentionHarness } from "./attention-harness.ts";
import { requireTuneOptions, type Tuned, type TuneOptions, tune } from "./tune.ts";

/**
 * Measures which shape of the attention kernel is the fastest for a problem and a device, on random values of
 * which every key counts: those of `attentionVariants`, on matrix units too where the device has any and the
 * operands are in half precision. Each is compared with attention in float64 first, for some of the
 * queries. Pass the result to `attentionKernel`.
 *
 * Takes seconds, up to the time limit, and device memory for the operands: of pages, for as many as the
 * sequences have.
 *
 * @throws PapilioError `KERNEL_PROBLEM`, `BATCH_INVALID`, `LAYOUT_INVALID`, `F16_UNAVAILABLE`, `BUFFER_TOO_LARGE`,
 *   `MEMORY_BUDGET`, `TUNING_TIME_LIMIT`, `TUNING_FAILED`, `GPU_LOST`, `GPU_DISPOSED`; the signal's reason when it
 *   aborts
 *
 * @example
 * ```ts
 * const { best } = await tuneAttention(gpu, problem, { cache });
 * const kernel = attentionKernel(problem, best);
 * ```
 */
export async function tuneAttention(
  gpu: DeviceContext,
  problem: AttentionProblem,
  options: TuneOptions = {},
): Promise<Tuned<AttentionVariant>> {
  requireGpu(gpu);
  requireAttention(problem);
  requireTuneOptions(options);
  gpu.assertDtype(problem.dtype);
  const measured = withoutSparePages(problem);
  const candidates = attentionVariants(gpu.report, measured).map((variant) => ({
    name: attentionName(variant),
    value: variant,
  }));
  return await tune(
    gpu,
    {
      what: `attention ${attentionKey(measured)}`,
      candidates,
      open: () => new AttentionHarness(gpu, measured, options.signal),
    },
    options,
  );
}

/** All of a problem that its kernels' speed depends on: not the scale. */
function attentionKey(problem: AttentionProblem): string {
  const { sequences, queries, keys, heads, keyValueHeads, headFeatures, dtype, pages } = problem;
  const operands = [problem.q, problem.k, problem.v, problem.y];
  return [
    `${dtype} ${sequences}x${queries}x${keys} ${heads}/${keyValueHeads}x${headFeatures}`,
    ...operands.map(({ batch, layout }) => `${batch} ${layout}`),
    ...(["causal", "position", "lengths"] as const).filter((name) => problem[name]),
    ...(pages ? [`pages ${pages.count}x${pages.size}`] : []),
  ].join(", ");
}

/** The same with as many pages as its sequences have at most: a model's pool is far larger. */
function withoutSparePages(problem: AttentionProblem): AttentionProblem {
  const { sequences, keys, pages } = problem;
  if (pages === undefined) return problem;
  const { size } = pages;
  const count = Math.min(pages.count, (sequences * keys) / size);
  const batch = size * count;
  return {
    ...problem,
    k: { ...problem.k, batch },
    v: { ...problem.v, batch },
    pages: { size, count },
  };
}
