import { Butterfly, Chain } from "@papilio/butterfly";
import { CpuButterfly } from "@papilio/cpu-runtime";

const chain = Chain.squareDyadic(1024);
const matrix = Butterfly.random(chain, { seed: 0 });
using weights = await CpuButterfly.create(matrix);
// Such as { kernel: "relaxed", threads: 8 }.
console.error(weights.report);

const shape = { batch: 128, layout: "batch-last" } as const;
using x = weights.allocate(shape.batch * chain.cols);
x.values.fill(1);
const y = await weights.multiply(x.values, shape);

// The readable reference, with sums in float64.
const reference = matrix.apply(x.values, shape);
const far = y.filter(
  (value, i) => Math.abs(value - reference[i]!) > 1e-3,
);
console.log(y.length, far.length); // 131072 0
