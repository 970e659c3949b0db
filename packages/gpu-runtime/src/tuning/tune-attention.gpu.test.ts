import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import { attentionVariants } from "../kernels/attention/candidates.ts";
import { attentionProblem } from "../testing/expect-attention.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { expectTunedAttention } from "../testing/tune-attention.ts";
import { AttentionHarness } from "./attention-harness.ts";
import type { Trial } from "./autotune.ts";
import { tuneAttention } from "./tune-attention.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

const sizes = { queries: 20, keys: 33, heads: 4, keyValueHeads: 2, headFeatures: 12 };

describe("tuning attention", () => {
  // The long tests have other problems, each of as many kernels.
  it("of a causal cache finds a candidate that is right", async () => {
    await expectTunedAttention(gpu, { ...sizes, causal: true, at: 13 }, "f32");
  });

  it("measures the chosen shape when there is no time", async () => {
    const problem = attentionProblem(sizes, "f32");
    const trials: Trial[] = [];
    const { best } = await tuneAttention(gpu, problem, {
      timeLimitSeconds: 0,
      onTrial: (trial) => trials.push(trial),
    });
    expect(best).toEqual(attentionVariants(gpu.report, problem)[0]);
    expect(trials).toMatchObject([{ outcome: "measured", reason: null }]);
  });

  it("gives all memory back when it is aborted", async () => {
    const reason = new Error("enough");
    const controller = new AbortController();
    const before = gpu.memory.statistics.inUse;
    // While the first candidate is prepared: that takes turns of the event loop.
    const get = (): Promise<void> => {
      setImmediate(() => controller.abort(reason));
      return Promise.resolve();
    };
    const aborted = tuneAttention(gpu, attentionProblem(sizes, "f32"), {
      signal: controller.signal,
      cache: { get, set: () => Promise.resolve() },
    });
    await expect(aborted).rejects.toBe(reason);
    expect(gpu.memory.statistics.inUse).toBe(before);
  });

  it("finds wrong what computes another problem", async () => {
    const problem = attentionProblem(sizes, "f32");
    const [variant] = attentionVariants(gpu.report, problem);
    if (variant === undefined) throw new Error("There is no variant.");
    using harness = new AttentionHarness(gpu, problem, undefined);
    using right = await harness.prepare(variant);
    expect(await right.verify()).toBeUndefined();
    using other = await harness.prepare(variant, { ...problem, scale: 2 * problem.scale });
    expect(await other.verify()).toMatch(/wrong by .* times what rounding allows/);
    using fewer = await harness.prepare(variant, { ...problem, queries: 19 });
    expect(await fewer.verify()).toMatch(/of the output is NaN/);
  });
});
