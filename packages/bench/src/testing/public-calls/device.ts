import type { Gpu } from "@papilio/gpu-runtime";
import { call, type PublicCalls } from "@papilio/public-arguments";
import { itemOf, testRates } from "../results.ts";
import * as bench from "./entries.ts";

const measuring = {
  rounds: 1,
  minSample: 1e-6,
  seed: 1,
  cacheBytes: 0,
  clockStep: 0,
  refuse: () => undefined,
  maxRunSeconds: 100,
  onTooSlow: () => undefined,
  meter: undefined,
  signal: new AbortController().signal,
};

/** Measurements, of nothing in the end; without a device, what there is to call. */
export const deviceCalls = (gpu?: Gpu): PublicCalls => {
  const item = itemOf("2,2,2,2", { batch: 4 });
  const { name, unit, verified, build, training } = bench.findModelSubject("llama-260k");
  const counts = { units: 1, rounds: 1, minSample: 1e-6, seed: 1, onProgress: () => undefined };
  return {
    assertCaseFits: () => call(bench.assertCaseFits, gpu, item),
    clockSteps: () => call(bench.clockSteps, gpu),
    measureCase: () => call(bench.measureCase, gpu, item, [], measuring),
    runBenchmark: () =>
      call(bench.runBenchmark, gpu, [item], [], {
        ...measuring,
        timeBudget: 100,
        rates: testRates,
        before: { cases: [], skipped: [] },
        onOutcome: () => undefined,
      }),
    papilioOnAdapter: () =>
      call(bench.papilioOnAdapter, gpu, { dtypes: ["f32"], layouts: ["batch-last"] }),
    measureCpuRates: () => call(bench.measureCpuRates),
    papilioOnCpu: () => call(bench.papilioOnCpu, ["f32"]),
    trainingOnCpu: () => call(bench.trainingOnCpu),
    trainingOnAdapter: () => call(bench.trainingOnAdapter, gpu),
    requireTraining: () => call(bench.requireTraining, { name, training }),
    measureTraining: () =>
      call(
        bench.measureTraining,
        [],
        { name, training },
        { ...counts, linears: [], signal: new AbortController().signal },
      ),
    measureModel: () =>
      call(
        bench.measureModel,
        [],
        { name, unit, verified, build },
        {
          ...counts,
          verified: 1,
          linears: [],
          signal: new AbortController().signal,
        },
      ),
  };
};
