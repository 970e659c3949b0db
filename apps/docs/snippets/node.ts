import { compile, KroneckerSparse, Pattern } from "@papilio/butterfly";
import { referenceProduct } from "@papilio/butterfly/matrix";
import { tensor } from "@papilio/gpu-runtime";
import { openGpu } from "@papilio/gpu-runtime/node";

// A 1024 x 1024 matrix of 16 dense blocks of 64 x 64: one entry in 16.
const factor = KroneckerSparse.random(Pattern.parse("4,64,64,4"), {
  seed: 0,
});
const features = factor.pattern.cols;

// 32 vectors, one in each column.
const shape = { batch: 32, layout: "batch-last" } as const;
const input = Float32Array.from(
  { length: shape.batch * features },
  (_, i) => Math.sin(i),
);

using gpu = await openGpu();
using weights = await compile(factor, gpu);
using x = tensor(gpu, input, { ...shape, features });
using y = await weights.multiply(x);
const onGpu = await y.data();

const onCpu = referenceProduct(factor, input, shape);
const difference = Math.max(
  ...onGpu.map((value, i) => Math.abs(value - (onCpu[i] as number))),
);
console.log(
  `${gpu.report.name}: ${onGpu.length} numbers, largest difference from the CPU ${difference}`,
);
