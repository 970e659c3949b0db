import { Tensor, tensor } from "@papilio/gpu-runtime";
import { type Kernel, Program } from "@papilio/gpu-runtime/kernels";
import { openGpu } from "@papilio/gpu-runtime/node";

const features = 1000;
const squares: Kernel = {
  label: "squares",
  enables: [],
  bindings: [
    { name: "x", elements: "f32", access: "read" },
    { name: "y", elements: "f32", access: "read-write" },
  ],
  wgsl: `
    @compute @workgroup_size(64)
    fn main(@builtin(global_invocation_id) id: vec3u) {
      if (id.x < ${features}u) { y[id.x] = x[id.x] * x[id.x]; }
    }`,
  workgroups: [Math.ceil(features / 64), 1, 1],
};

using gpu = await openGpu();
const shape = { batch: 1, features, layout: "batch-first" } as const;
using x = tensor(
  gpu,
  Float32Array.from({ length: features }, (_, i) => i),
  shape,
);
using y = new Tensor(gpu, shape);
using program = await Program.record(gpu, [
  { kernel: squares, buffers: [x.memory, y.memory], role: "multiply" },
]);
program.run();
console.log([...(await y.data()).slice(0, 5)].join(" ")); // 0 1 4 9 16
