import { Graph } from "@papilio/nn/graph";
import { dyadic, Linear, Sequential } from "@papilio/nn/layers";
import { crossEntropy, Trainer } from "@papilio/nn/training";

const model = new Sequential([
  dyadic({ inFeatures: 16, outFeatures: 16, seed: 1 }),
  new Linear({ inFeatures: 16, outFeatures: 4, seed: 2 }),
]);
const graph = new Graph();
const x = graph.input("x", { vectors: 8, features: 16 });
const labels = graph.indices("labels", 8);
const loss = crossEntropy(model.forward(x), labels);

const parameters = [...model.namedParameters().values()];
using trainer = new Trainer(graph, loss, parameters, {
  optimizer: { kind: "adamw" },
  rate: 0.01,
  clip: 1,
  kernels: "wasm", // or gpu: a device
});
const batch = {
  x: Float32Array.from({ length: 8 * 16 }, (_, at) => Math.sin(at)),
  labels: Uint32Array.of(0, 1, 2, 3, 0, 1, 2, 3),
};
const first = await trainer.step([batch]);
let last = first;
for (let step = 1; step < 100; step++) {
  last = await trainer.step([batch]);
}
console.log(trainer.steps, last.loss < first.loss / 2); // 100 true

// The numbers are in the memory of the trainer until they are read.
await trainer.read();
console.log(parameters[0]?.values.every(Number.isFinite)); // true
