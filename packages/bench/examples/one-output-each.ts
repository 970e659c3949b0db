/**
 * An implementation of your own: each invocation computes one output of one vector. Compare it with
 *
 *     papilio bench --implementation kronecker-sparse,bmm,./one-output-each.ts
 */

import { fromMultiplication, type Implementation } from "@papilio/bench";
import { tensor } from "@papilio/gpu-runtime";
import type { Kernel, Multiplication, PrepareMultiplication } from "@papilio/gpu-runtime/kernels";

const prepare: PrepareMultiplication = (gpu, factor, shape): Multiplication => {
  // Every value, [a, b, c, d]: equal blocks may be stored once.
  const { pattern, values } = factor.expand();
  const { b, c, d, rows, cols } = pattern;
  const { batch, dtype, layout } = shape;
  gpu.assertDtype(dtype);
  const count = rows * batch;
  const width = Math.min(Math.ceil(count / 64), 65535);

  // How far apart neighbouring features and neighbouring vectors are.
  const first = layout === "batch-first";
  const at = (feature: string, features: number): string =>
    first ? `vector * ${features}u + ${feature}` : `(${feature}) * ${batch}u + vector`;

  const kernel: Kernel = {
    label: `one output each ${pattern}`,
    enables: dtype === "f16" ? ["f16"] : [],
    bindings: [
      { name: "x", elements: dtype, access: "read" },
      { name: "values", elements: dtype, access: "read" },
      { name: "y", elements: dtype, access: "read-write" },
    ],
    workgroups: [width, Math.ceil(count / (64 * width)), 1],
    wgsl: `@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.y * ${64 * width}u + id.x;
  if (index >= ${count}u) { return; }
  let vector = ${first ? `index / ${rows}u` : `index % ${batch}u`};
  let output = ${first ? `index % ${rows}u` : `index / ${batch}u`};
  // output = (i * b + j) * d + k, as y is [a, b, d].
  let i = output / ${b * d}u;
  let j = output / ${d}u % ${b}u;
  let k = output % ${d}u;
  var sum = 0.0f;
  for (var l = 0u; l < ${c}u; l++) {
    let value = values[((i * ${b}u + j) * ${c}u + l) * ${d}u + k];
    sum += f32(value) * f32(x[${at(`(i * ${c}u + l) * ${d}u + k`, cols)}]);
  }
  y[${at("output", rows)}] = ${dtype}(sum);
}`,
  };

  const weights = tensor(gpu, values, {
    batch: 1,
    features: values.length,
    layout: "batch-first",
    dtype,
  });
  return {
    bytes: weights.bytes,
    steps: (from, to) => [
      { kernel, buffers: [from.memory, weights.memory, to.memory], role: "multiply" },
    ],
    dispose: () => weights.dispose(),
    [Symbol.dispose]: () => weights.dispose(),
  };
};

export const implementation: Implementation = fromMultiplication(
  "one-output-each",
  "one invocation for each output, nothing shared",
  prepare,
);
