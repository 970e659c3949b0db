import {
  Butterfly,
  Chain,
  compile,
  reference,
} from "@papilio/butterfly";
import { cpu } from "@papilio/cpu-runtime";

const chain = Chain.squareDyadic(1024);
const matrix = Butterfly.random(chain, { seed: 0 });
using weights = await compile(matrix, cpu());
// Such as { kernel: "relaxed", threads: 8 }.
console.error(weights.report);

const shape = { batch: 128, layout: "batch-last" } as const;
using x = weights.allocate(shape.batch * chain.cols);
x.values.fill(1);
const y = await weights.multiply(x.values, shape);

// The same members everywhere: the readable reference, in float64.
using exact = await compile(matrix, reference);
const expected = await exact.multiply(x.values, shape);
const far = y.filter(
  (value, i) => Math.abs(value - expected[i]!) > 1e-3,
);
console.log(y.length, far.length); // 131072 0
