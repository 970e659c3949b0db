import { KroneckerSparse, Pattern } from "@papilio/butterfly";
import {
  kroneckerSparseName,
  prepareKroneckerSparse,
} from "@papilio/gpu-runtime/kernels";
import { openGpu, openTuningCache } from "@papilio/gpu-runtime/node";
import { tuneKroneckerSparse } from "@papilio/gpu-runtime/tuning";

const factor = KroneckerSparse.random(Pattern.parse("4,16,16,4"), {
  seed: 0,
});
const shape = {
  batch: 128,
  layout: "batch-last",
  dtype: "f32",
} as const;

using gpu = await openGpu();
const { best, from } = await tuneKroneckerSparse(
  gpu,
  factor.pattern,
  shape,
  {
    timeLimitSeconds: 5,
    signal: AbortSignal.timeout(60_000),
    cache: openTuningCache(),
    onTrial: ({ name, outcome, seconds, reason }) =>
      console.error(name, outcome, seconds, reason),
  },
);
using multiplication = prepareKroneckerSparse(gpu, factor, shape, {
  variant: best,
});
console.log(
  `${kroneckerSparseName(best)} from the ${from}, ${multiplication.bytes} bytes of weights`,
);
