import { tensor } from "@papilio/gpu-runtime";
import { openGpu, openTuningCache } from "@papilio/gpu-runtime/node";

// To a device and back.
const gpu = await openGpu();
const values = Float32Array.from({ length: 64 }, (_, index) => index / 8);
const x = tensor(gpu, values, { batch: 4, features: 16, layout: "batch-first" });
const back = await x.data();
console.log(
  JSON.stringify({
    adapter: gpu.report.name.length > 0,
    exact: values.every((value, index) => value === back[index]),
    cache: typeof openTuningCache,
  }),
);
for (const resource of [x, gpu]) resource.dispose();
