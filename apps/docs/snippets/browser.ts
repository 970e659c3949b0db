import { KroneckerSparse, Pattern } from "@papilio/butterfly";
import { DeviceButterfly, openGpu, tensor } from "@papilio/gpu-runtime";

const factor = KroneckerSparse.random(Pattern.parse("4,64,64,4"), {
  seed: 0,
});
const features = factor.pattern.cols;
const input = Float32Array.from({ length: 32 * features }, (_, i) =>
  Math.sin(i),
);

const gpu = await openGpu();
const weights = new DeviceButterfly(gpu, factor);
const x = tensor(gpu, input, {
  batch: 32,
  features,
  layout: "batch-last",
});
const y = await weights.multiply(x);
console.log(gpu.report.name, await y.data());

for (const resource of [x, y, weights, gpu]) resource.dispose();
