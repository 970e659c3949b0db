import { CpuModel } from "@papilio/nn/backends";
import { Graph } from "@papilio/nn/graph";
import { Linear, ReLU, Sequential } from "@papilio/nn/layers";
import { loadStateDict } from "@papilio/nn/node";
import { hadamardProduct } from "./hadamard-product.ts";

// A layer that is a Hadamard matrix, and its positive part.
const layer = new Linear({ inFeatures: 16, outFeatures: 16, bias: false });
const columns = Float32Array.from({ length: 256 }, (_, index) => Number(index % 17 === 0));
layer.weight.values = Float32Array.from(hadamardProduct(16, columns));
const graph = new Graph();
const model = new Sequential([layer, new ReLU()]);
graph.output("y", model.forward(graph.input("x", { vectors: 4, features: 16 })));
const x = Float32Array.from({ length: 64 }, (_, index) => (index % 7) - 3);
const { y } = await new CpuModel(graph).run({ x });
console.log(
  JSON.stringify({
    exact: hadamardProduct(16, x).every((value, index) => Math.max(0, value) === y?.[index]),
    loader: typeof loadStateDict,
  }),
);
