import { Butterfly, Chain, compile } from "@papilio/butterfly";
import { openGpu } from "@papilio/gpu-runtime/node";
import { describePlan } from "@papilio/gpu-runtime/planning";

using gpu = await openGpu({ memory: { budget: 8 * 2 ** 20 } });
const butterfly = Butterfly.random(Chain.squareDyadic(1024), {
  seed: 0,
});
using weights = await compile(butterfly, gpu);

// 20,000 vectors of 1024 features take ten times the budget.
const shape = { batch: 20_000, layout: "batch-first" } as const;
const x = new Float32Array(shape.batch * 1024).fill(1);
const y = await weights.multiply(x, shape, {
  signal: AbortSignal.timeout(60_000),
  onProgress: (done, batch) => console.error(`${done} of ${batch}`),
});

const plan = weights.plan({
  batch: 128,
  layout: "batch-last",
  dtype: "f32",
});
console.log(
  describePlan(plan, butterfly.chain, {
    batch: 128,
    layout: "batch-last",
    dtype: "f32",
  }),
);
console.log(
  `${y.length} outputs, ${gpu.memory.statistics.peakReserved} bytes at the peak`,
);
