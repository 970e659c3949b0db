import { Chain } from "@papilio/butterfly";
import { hadamard } from "@papilio/butterfly/constructions";
import { openGpu } from "@papilio/gpu-runtime/node";
import { CpuModel, DeviceModel } from "@papilio/nn/backends";
import { butterflyize } from "@papilio/nn/conversion";
import { Graph } from "@papilio/nn/graph";
import {
  ButterflyLinear,
  Linear,
  ReLU,
  Sequential,
} from "@papilio/nn/layers";

// A model with a dense layer that is a Hadamard transform, and one that
// is a butterfly from the start.
const first = new Linear({ inFeatures: 64, outFeatures: 64 });
first.weight.values = Float32Array.from(
  hadamard(64).dense(),
  (value) => value / 8,
);
const model = new Sequential([
  first,
  new ReLU(),
  new ButterflyLinear({ weight: "1,8,8,8; 8,8,8,1", seed: 1 }),
  new Linear({ inFeatures: 64, outFeatures: 10, seed: 2 }),
]);

function trace(): Graph {
  const graph = new Graph();
  const x = graph.input("x", { vectors: 4, features: 64 });
  graph.output("y", model.forward(x));
  return graph;
}
const x = Float32Array.from({ length: 4 * 64 }, (_, i) => Math.sin(i));
const before = new CpuModel(trace()).runNow({ x }).y as Float32Array;

const reports = await butterflyize(model, {
  chain: (layer) =>
    layer.outFeatures === 64 ? Chain.squareDyadic(64) : undefined,
  maxError: 0.01,
});
const [one, two] = reports;
console.log(
  one?.path,
  one?.replaced,
  one?.parameters.dense,
  one?.parameters.butterfly,
); // 0 true 4096 768
console.log(two?.path, two?.replaced, two?.reason); // 3 false no chain of this shape within the limits

using gpu = await openGpu();
using onDevice = await DeviceModel.compile(gpu, trace());
const y = (await onDevice.run({ x })).y as Float32Array;
const norm = (values: Float32Array): number => Math.hypot(...values);
console.log(
  norm(y.map((value, i) => value - (before[i] as number))) <
    1e-5 * norm(before),
); // true
