import { compile, KroneckerSparse, Pattern } from "@papilio/butterfly";
import { openGpu, tensor } from "@papilio/gpu-runtime";

const factor = KroneckerSparse.random(Pattern.parse("4,64,64,4"), {
  seed: 0,
});
const features = factor.pattern.cols;
const input = Float32Array.from({ length: 32 * features }, (_, i) =>
  Math.sin(i),
);

const gpu = await openGpu();
const weights = await compile(factor, gpu);
const x = tensor(gpu, input, {
  batch: 32,
  features,
  layout: "batch-last",
});
const y = await weights.multiply(x);
console.log(gpu.report.name, await y.data());

for (const resource of [x, y, weights, gpu]) resource.dispose();
