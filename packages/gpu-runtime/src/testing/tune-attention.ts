import { expect } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import { attentionVariants } from "../kernels/attention/candidates.ts";
import { attentionName } from "../kernels/attention/variant.ts";
import type { Trial } from "../tuning/autotune.ts";
import { MemoryTuningCache } from "../tuning/cache.ts";
import { tuneAttention } from "../tuning/tune-attention.ts";
import { type AttentionCase, attentionProblem, expectAttention } from "./expect-attention.ts";

/**
 * Tunes a problem, and expects that all candidates are measured and right, that the best one is attention in
 * float64 on other data, that it is kept, and that no memory is.
 *
 * @returns what became of the candidates
 */
export async function expectTunedAttention(
  gpu: Gpu,
  given: AttentionCase,
  dtype: "f32" | "f16",
): Promise<readonly Trial[]> {
  const problem = attentionProblem(given, dtype);
  const options = {
    cache: new MemoryTuningCache(),
    timeLimitSeconds: Number.POSITIVE_INFINITY,
  };
  const before = gpu.memory.statistics.inUse;
  const { best, from, trials } = await tuneAttention(gpu, problem, options);
  expect(gpu.memory.statistics.inUse).toBe(before);
  expect(from).toBe("measurement");
  expect(trials.map(({ name }) => name)).toEqual(
    attentionVariants(gpu.report, problem).map(attentionName),
  );
  for (const { outcome, reason } of trials) {
    expect(["measured", "slower"], reason ?? "").toContain(outcome);
  }
  await expectAttention(gpu, problem, given, best);
  expect(await tuneAttention(gpu, problem, options)).toEqual({ best, from: "cache", trials: [] });
  return trials;
}
