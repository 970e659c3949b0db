import * as jax from "@jax-js/jax";
import { Chain } from "@papilio/butterfly";
import { beforeAll, describe, expect, it } from "vitest";
import { SparseMatrix } from "../adjacency/sparse-matrix.ts";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { GCN } from "../models/node-classifiers.ts";
import { Parameter } from "../modules/parameter.ts";
import * as f from "../operations/index.ts";
import { difference, numbers, parameter } from "../testing/draw.ts";
import { gradient } from "./gradient.ts";
import { crossEntropy, distillationLoss } from "./losses.ts";

const { numpy: np, nn } = jax;
type Tensor = jax.Array;

beforeAll(async () => {
  await jax.init("wasm");
  jax.defaultDevice("wasm");
});

/** A model with its loss, and the same by jax-js, which shares no code with ours. */
interface Twins {
  readonly graph: Graph;
  readonly loss: Value;
  readonly of: Readonly<Record<string, Parameter | Value>>;
  readonly inputs: Readonly<Record<string, Float32Array | Uint32Array>>;
  /** Takes each of `of` once; jax-js frees what it is given. */
  readonly twin: (given: Record<string, Tensor>) => Tensor;
}

function shapeOf(each: Parameter | Value): number[] {
  return "shape" in each ? [...each.shape] : [each.vectors, each.features];
}

/** `K x` of a factor `[a, b, c, d]`. */
function apply(factor: Tensor, x: Tensor, vectors: number): Tensor {
  const [a, b, c, d] = factor.shape as [number, number, number, number];
  const blocks = np.reshape(x, [vectors, a, c, d]);
  return np.reshape(np.einsum("ijlk,nilk->nijk", factor, blocks), [vectors, a * b * d]);
}

/** The mean of what labels are not given of their shares. */
function crossEntropyOf(logits: Tensor, labels: readonly number[], smoothing: number): Tensor {
  const classes = logits.shape[1] as number;
  const counted = labels.filter((label) => label < classes).length;
  const wanted = labels.map((label) =>
    Array.from({ length: classes }, (_, c) => {
      if (label >= classes) return 0;
      return smoothing / classes + (c === label ? 1 - smoothing : 0);
    }),
  );
  const shares = nn.logSoftmax(logits, -1).mul(np.array(wanted));
  return np.sum(shares).mul(-1 / counted);
}

function tensorOf(values: Float32Array, shape: readonly number[]): Tensor {
  return np.reshape(np.array([...values]), [...shape]);
}

/** Layer normalization, a product of three factors, GELU, a dense head. */
function classifier(): Twins {
  const vectors = 9;
  const chain = Chain.parse("1,4,2,6; 2,3,4,2; 4,4,3,1");
  const graph = new Graph();
  const x = graph.input("x", { vectors, features: chain.cols });
  const [weight, shift] = [parameter([chain.cols], 1), parameter([chain.cols], 2)];
  const factors = chain.patterns.map(({ a, b, c, d }, at) => parameter([a, b, c, d], 3 + at));
  const [bias, head] = [parameter([chain.rows], 7), parameter([5, chain.rows], 8)];
  const normal = f.normalize(x, { norm: "layer", epsilon: 1e-5, weight, bias: shift });
  const hidden = f.linear(normal, { chain, factors }, { bias });
  const active = f.activate(hidden, { kind: "gelu", approximate: "none" });
  const labels = [0, 4, 5, 2, 1, 5, 3, 3, 0];
  const loss = crossEntropy(f.linear(active, head), graph.indices("labels", vectors), {
    ...{ smoothing: 0.1, ignored: 5 },
  });
  const [left, middle, right] = factors as [Parameter, Parameter, Parameter];
  return {
    graph,
    loss,
    of: { x, weight, shift, left, middle, right, bias, head },
    inputs: { x: numbers(vectors * chain.cols, 9), labels: Uint32Array.from(labels) },
    twin: (p) => {
      const of = (name: string): Tensor => p[name] as Tensor;
      let y = nn.standardize(of("x"), -1, { epsilon: 1e-5 }).mul(of("weight")).add(of("shift"));
      for (const name of ["right", "middle", "left"]) y = apply(of(name), y, vectors);
      const hidden = nn.gelu(y.add(of("bias")), { approximate: false });
      return crossEntropyOf(np.matmul(hidden, np.transpose(of("head"))), labels, 0.1);
    },
  };
}

/** Two blocks of RMS normalization and a SwiGLU of butterflies with a residual, which a teacher is distilled into. */
function distilled(): Twins {
  const vectors = 6;
  const chain = Chain.squareDyadic(8);
  const graph = new Graph();
  const shape = { vectors, features: 8 };
  const x = graph.input("x", shape);
  const of: Record<string, Parameter | Value> = { x };
  const made = (name: string, sizes: readonly number[], seed: number): Parameter => {
    const fresh = parameter(sizes, seed);
    of[name] = fresh;
    return fresh;
  };
  const product = (input: Value, name: string, seed: number): Value => {
    const factors = chain.patterns.map(({ a, b, c, d }, at) =>
      made(`${name}${at}`, [a, b, c, d], seed + at),
    );
    return f.linear(input, { chain, factors });
  };
  let y: Value = x;
  for (const block of [0, 1]) {
    const weight = made(`norm${block}`, [8], 20 * block);
    const normal = f.normalize(y, { norm: "rms", epsilon: 1e-3, weight });
    const gate = f.activate(product(normal, `gate${block}`, 20 * block + 1), { kind: "silu" });
    y = f.add(y, f.multiply(gate, product(normal, `up${block}`, 20 * block + 7)));
  }
  const loss = distillationLoss(y, graph.input("teacher", shape), { temperature: 2 });
  const teacher = numbers(vectors * 8, 99);
  return {
    graph,
    loss,
    of,
    inputs: { x: numbers(vectors * 8, 98), teacher },
    twin: (p) => {
      const given = (name: string): Tensor => p[name] as Tensor;
      const applied = (name: string, input: Tensor): Tensor =>
        [2, 1, 0].reduce((z, at) => apply(given(`${name}${at}`), z, vectors), input);
      let z = given("x");
      for (const block of [0, 1]) {
        const squares = np.mean(z.ref.mul(z.ref), -1, { keepdims: true });
        const normal = z.ref.div(np.sqrt(squares.add(1e-3))).mul(given(`norm${block}`));
        const gate = nn.silu(applied(`gate${block}`, normal.ref));
        z = z.add(gate.mul(applied(`up${block}`, normal)));
      }
      const wanted = tensorOf(teacher, [vectors, 8]).mul(0.5);
      const logarithms = nn.logSoftmax(wanted.ref, -1).sub(nn.logSoftmax(z.mul(0.5), -1));
      return np.sum(nn.softmax(wanted, -1).mul(logarithms)).mul(4 / vectors);
    },
  };
}

/** A graph convolutional network on seven nodes, whose labels are known of some. */
function network(): Twins {
  const edges = [
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 0],
    [3, 4],
    [4, 5],
    [5, 6],
  ] as const;
  const both = edges.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]);
  const adjacency = SparseMatrix.fromEntries([7, 7], {
    rows: both.map(([row]) => row),
    columns: both.map(([, column]) => column),
  });
  const model = new GCN({ inFeatures: 5, hidden: 6, classes: 3, seed: 4 });
  const graph = model.trace({ adjacency });
  const labels = [0, 3, 2, 3, 1, 3, 0];
  const loss = crossEntropy(graph.outputs.get("logits") as Value, graph.indices("labels", 7), {
    ignored: 3,
  });
  const features = numbers(35, 5);
  // D^(-1/2) (A + I) D^(-1/2), with the degrees of A + I.
  const degrees = Array.from(
    { length: 7 },
    (_, node) => 1 + both.filter(([a]) => a === node).length,
  );
  const matrix = degrees.map((ofRow, row) =>
    degrees.map((ofColumn, column) => {
      const joined = row === column || both.some(([a, b]) => a === row && b === column);
      return joined ? 1 / Math.sqrt(ofRow * ofColumn) : 0;
    }),
  );
  return {
    graph,
    loss,
    of: Object.fromEntries(model.namedParameters()),
    inputs: { features, labels: Uint32Array.from(labels) },
    twin: (p) => {
      const layer = (z: Tensor, name: string): Tensor => {
        const projected = np.matmul(z, np.transpose(p[`${name}.lin.weight`] as Tensor));
        return np.matmul(np.array(matrix), projected).add(p[`${name}.bias`] as Tensor);
      };
      const hidden = nn.relu(layer(tensorOf(features, [7, 5]), "conv1"));
      return crossEntropyOf(layer(hidden, "conv2"), labels, 0);
    },
  };
}

/** What both round in float32: sums of some tens of numbers, and functions. */
const TOLERANCE = 64 * 2 ** -23;

describe.each([
  ["a classifier", classifier],
  ["a distilled network", distilled],
  ["a graph convolutional network", network],
])("the gradients of %s", (_, make) => {
  it("are those of jax-js", async () => {
    const { graph, loss, of, inputs, twin } = make();
    const entries = Object.entries(of);
    const found = gradient(
      graph,
      loss,
      entries.map(([, each]) => each),
    );
    graph.output("loss", loss);
    for (const [index, value] of found.entries()) graph.output(`gradient${index}`, value);
    const given = Object.fromEntries(
      entries.map(([name, each]) => {
        const values = each instanceof Parameter ? each.values : inputs[name];
        return [name, tensorOf(values as Float32Array, shapeOf(each))];
      }),
    );
    const [theirLoss, theirs] = jax.valueAndGrad(twin)(given);
    const right = (await theirLoss.data()) as Float32Array;
    const exact = new CpuModel(graph, { precision: "float64" }).runNow(inputs);
    using model = new CpuModel(graph, { kernels: "wasm" });
    const ours = await model.run(inputs);
    for (const outputs of [exact, ours]) {
      const { error } = difference(Float32Array.from(outputs.loss as Float32Array), right);
      expect(error).toBeLessThanOrEqual(TOLERANCE * Math.max(1, right[0] as number));
    }
    for (const [index, [name]] of entries.entries()) {
      const expected = (await theirs[name]?.data()) as Float32Array;
      for (const outputs of [exact, ours]) {
        const gradients = Float32Array.from(outputs[`gradient${index}`] as Float32Array);
        const { error, magnitude } = difference(gradients, expected);
        expect(magnitude).toBeGreaterThan(0);
        expect(error).toBeLessThanOrEqual(TOLERANCE * Math.max(1, magnitude));
      }
    }
  });
});
