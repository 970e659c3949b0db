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
  const { name, unit, verified, build } = bench.findModelSubject("llama-260k");
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
    measureModel: () =>
      call(
        bench.measureModel,
        [],
        { name, unit, verified, build },
        {
          units: 1,
          verified: 1,
          linears: [],
          rounds: 1,
          minSample: 1e-6,
          seed: 1,
          signal: new AbortController().signal,
          onProgress: () => undefined,
        },
      ),
  };
};
