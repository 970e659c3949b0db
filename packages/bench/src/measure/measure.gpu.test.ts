import { Butterfly, Chain, KroneckerSparse } from "@papilio/butterfly";
import type { Gpu } from "@papilio/gpu-runtime";
import { prepareKroneckerSparse } from "@papilio/gpu-runtime/kernels";
import { openGpu } from "@papilio/gpu-runtime/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Case, caseKey } from "../cases/case.ts";
import { chainImplementations } from "../implementations/chains.ts";
import { fromMultiplication } from "../implementations/from-multiplication.ts";
import type { DeviceImplementation } from "../implementations/implementation.ts";
import { FUSED, implementations } from "../implementations/registry.ts";
import { measureCase } from "./measure.ts";
import { type CaseOutcome, type RunOptions, runBenchmark } from "./run.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu({ adapter: process.env.PAPILIO_ADAPTER ?? "auto" });
});
afterAll(() => gpu.dispose());

const item: Case = {
  chain: Chain.parse("2,8,4,4"),
  batch: 16,
  dtype: "f32",
  layout: "batch-last",
};
const options = { rounds: 3, minSample: 0 };

const named = (name: string): DeviceImplementation =>
  implementations.find((implementation) => implementation.name === name) as DeviceImplementation;
const fused = named(FUSED);

/** One that scales its values after packing, as a defect in a kernel would. */
const wrong: DeviceImplementation = fromMultiplication(
  "wrong",
  "off by one part in a thousand",
  (...args) => {
    const [device, factor, shape] = args;
    factor.values.forEach((value, index) => {
      factor.values[index] = value * 1.001;
    });
    return prepareKroneckerSparse(device, factor, shape);
  },
);

/** One that writes nothing: its output stays as it was. */
const idle: DeviceImplementation = {
  name: "idle",
  description: "does nothing",
  prepare: () =>
    Promise.resolve({ bytes: 0, run: () => Promise.resolve(), [Symbol.dispose]: () => undefined }),
};

describe("measuring a case", () => {
  it("verifies and times every implementation, shuffles apart", async () => {
    const { results, verifiedVectors } = await measureCase(gpu, item, implementations, options);
    expect(verifiedVectors).toBe(16);
    expect(results.map(({ status }) => status)).toEqual(implementations.map(() => "timed"));
    for (const entry of results) {
      if (entry.status !== "timed") continue;
      expect(entry.verification.ok).toBe(true);
      expect(entry.timing.coldSeconds).toBeGreaterThan(0);
      expect(entry.timing.wall.length).toBe(3);
      const shuffles = entry.implementation === "bmm" || entry.implementation === "bsr";
      const timestamps = gpu.report.features.timestamps;
      expect(entry.timing.device.length).toBe(timestamps ? 3 : 0);
      expect(entry.timing.rewrite.length).toBe(timestamps && shuffles ? 3 : 0);
    }
  });

  it("catches an implementation that is wrong, and does not time it", async () => {
    const { results } = await measureCase(gpu, item, [fused, idle, wrong], options);
    expect(results.map(({ status }) => status)).toEqual(["timed", "wrong", "wrong"]);
    expect(results[1]).toMatchObject({ verification: { ok: false, nonFinite: 16 * 64 } });
    expect(results[1]).not.toHaveProperty("timing");
  });

  it("verifies and does not time one whose run takes too long", async () => {
    const late: DeviceImplementation = {
      ...fused,
      name: "late",
      prepare: async (problem) => {
        const { time: _, ...prepared } = await fused.prepare(problem);
        const run = (repeats: number): Promise<void> =>
          new Promise((resolve) => setTimeout(resolve, 60)).then(() => prepared.run(repeats));
        return { ...prepared, run };
      },
    };
    const slow: [string, boolean][] = [];
    const { results } = await measureCase(gpu, item, [late, wrong], {
      ...options,
      maxRunSeconds: 0.05,
      onTooSlow: ({ name }, _, seconds, spent) =>
        slow.push([name, seconds > 0.05 && spent > seconds]),
    });
    expect(results).toMatchObject([
      {
        status: "skipped",
        reason: expect.stringMatching(/^A run takes .+; the limit is 50\.0 ms\.$/),
      },
      { status: "wrong" },
    ]);
    expect(slow).toEqual([["late", true]]);
  });

  it("skips an implementation that does not fit, with the reason", async () => {
    const large = { ...item, chain: Chain.parse("256,2,2,64"), batch: 4 };
    const { results } = await measureCase(gpu, large, [named("dense")], options);
    expect(results).toMatchObject([
      { status: "skipped", reason: expect.stringMatching(/dense matrix needs 4294967296 bytes/) },
    ]);
  });
});

describe("energy", () => {
  it("is measured after the times, over as many runs as a sample has, of what is right alone", async () => {
    const energy = { joules: 0.5, lower: 0.4, upper: 0.6, watts: 10, seconds: 2, runs: 7 };
    const counts: number[] = [];
    const { results } = await measureCase(gpu, item, [fused, idle], {
      ...options,
      meter: async (work) => {
        counts.push(await work());
        return energy;
      },
    });
    expect(results).toMatchObject([
      { energy, timing: { repeats: counts[0] } },
      { status: "wrong" },
    ]);
    expect(counts).toHaveLength(1);
  });
});

describe("a product of factors", () => {
  const chain = Chain.parse("1,16,8,4;2,8,4,2;8,2,4,1");

  it.each(["batch-first", "batch-last"] as const)(
    "is verified and timed by every implementation, %s",
    async (layout) => {
      const all = [...implementations, ...chainImplementations];
      const { results } = await measureCase(gpu, { ...item, chain, layout }, all, options);
      expect(results.map(({ status }) => status)).toEqual(all.map(() => "timed"));
      const bmm = results.find(({ implementation }) => implementation === "bmm");
      expect(bmm).toMatchObject({ traffic: { rewrite: expect.any(Number) } });
    },
  );

  it("in half precision", async (context) => {
    context.skip(!gpu.report.features.f16, "no f16 on this adapter");
    const { results } = await measureCase(
      gpu,
      { ...item, chain, dtype: "f16" },
      implementations,
      options,
    );
    expect(results.map(({ status }) => status)).toEqual(implementations.map(() => "timed"));
  });

  it("is what there must be for a plan", async () => {
    const { results } = await measureCase(gpu, item, chainImplementations, options);
    expect(results).toEqual(
      chainImplementations.map(({ name }) => ({
        implementation: name,
        status: "skipped",
        reason: expect.stringContaining("is one factor: there is nothing to plan"),
      })),
    );
  });

  it("is caught when one factor is left out", async () => {
    const dropping: DeviceImplementation = {
      ...fused,
      prepare: (problem) => {
        const [left, ...others] = problem.butterfly.factors;
        const zeroed = new KroneckerSparse(
          (left as KroneckerSparse).pattern,
          new Float32Array((left as KroneckerSparse).values.length),
        );
        const butterfly = new Butterfly([zeroed, ...others]);
        return fused.prepare({ ...problem, butterfly });
      },
    };
    const { results } = await measureCase(gpu, { ...item, chain }, [dropping], options);
    expect(results).toMatchObject([{ status: "wrong", verification: { nonFinite: 0 } }]);
  });
});

describe("inputs that exceed a cache together", () => {
  it("are read in turn, as many as it takes", async () => {
    const bytes = 16 * 32 * 4;
    const counts = [0, bytes - 1, bytes, 5 * bytes, 1e9].map(async (cacheBytes) => {
      const { inputs } = await measureCase(gpu, item, [fused], { ...options, cacheBytes });
      return inputs;
    });
    expect(await Promise.all(counts)).toEqual([1, 1, 2, 6, 64]);
  });

  it("show an implementation that answers only the first of them", async () => {
    let runs = 0;
    const forgetful: DeviceImplementation = {
      ...fused,
      prepare: async (problem) => {
        const prepared = await fused.prepare(problem);
        return {
          ...prepared,
          run: (repeats) => (runs++ === 0 ? prepared.run(repeats) : Promise.resolve()),
        };
      },
    };
    const { results } = await measureCase(gpu, item, [forgetful], options);
    expect(results).toMatchObject([{ status: "wrong" }]);
  });
});

describe("a run", () => {
  const other = { ...item, batch: 8 };
  const huge = { ...item, batch: 2 ** 31 - 1 };

  async function run(
    cases: readonly Case[],
    more: Partial<RunOptions> = {},
  ): Promise<{ complete: boolean; outcomes: CaseOutcome[] }> {
    const outcomes: CaseOutcome[] = [];
    const complete = await runBenchmark(gpu, cases, [fused], {
      ...options,
      ...more,
      onOutcome: async (outcome, progress) => {
        outcomes.push(outcome);
        await more.onOutcome?.(outcome, progress);
      },
    });
    return { complete, outcomes };
  }

  it("skips cases that the device cannot hold, and goes on", async () => {
    const { complete, outcomes } = await run([huge, item]);
    expect(complete).toBe(true);
    expect(outcomes).toMatchObject([
      { record: "skip", cause: "device", reason: expect.stringMatching(/binds at most/) },
      { record: "case" },
    ]);
  });

  it("keeps what was measured when it is stopped", async () => {
    const abort = new AbortController();
    const { complete, outcomes } = await run([item, other], {
      signal: abort.signal,
      onOutcome: () => abort.abort(),
    });
    expect([complete, outcomes.length]).toEqual([false, 1]);
  });

  it("does not run again what an earlier part measured, and runs what that had no time for", async () => {
    const first = await run([item]);
    const [measured] = first.outcomes;
    if (measured?.record !== "case") throw new Error("not measured");
    const before = {
      cases: [measured],
      skipped: [{ ...caseKey(other), cause: "budget", reason: "" } as const],
    };
    const { complete, outcomes } = await run([item, other], { before });
    expect(complete).toBe(true);
    expect(outcomes).toMatchObject([{ record: "case", batch: 8 }]);
  });

  it("skips what a spent budget does not suffice for, earlier parts counted", async () => {
    const { outcomes } = await run([item]);
    const [measured] = outcomes;
    if (measured?.record !== "case") throw new Error("not measured");
    const before = { cases: [{ ...measured, seconds: 3600 }], skipped: [] };
    const later = await run([item, other], { before, timeBudget: 3600 });
    expect(later.complete).toBe(true);
    expect(later.outcomes).toMatchObject([
      {
        record: "skip",
        cause: "budget",
        batch: 8,
        reason: expect.stringMatching(/budget of 3600 s/),
      },
    ]);
  });

  it("skips an implementation whose run is predicted to take too long", async () => {
    const first = await run([item]);
    const [measured] = first.outcomes;
    if (measured?.record !== "case") throw new Error("not measured");
    const before = { cases: [measured], skipped: [] };
    const { outcomes } = await run([other], { before, maxRunSeconds: 1e-9 });
    expect(outcomes).toMatchObject([
      { results: [{ status: "skipped", reason: expect.stringMatching(/predicted to take/) }] },
    ]);
  });
});
