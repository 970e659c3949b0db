import type { FloatArray } from "@papilio/butterfly";
import { liveGraphs } from "../adapters/apply-adapters.ts";
import { readAdapter } from "../adapters/read-adapter.ts";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import type { RunInputs } from "../graph/executable.ts";
import { Graph } from "../graph/graph.ts";
import type { Linear } from "../layers/linear.ts";
import type { HuggingFaceModel } from "../models/hugging-face/model-from-hugging-face.ts";
import { SentenceEncoder } from "../models/sentence-encoder.ts";
import { VisionTransformer } from "../models/vision-transformer.ts";
import { Parameter } from "../modules/parameter.ts";
import { copyGraph } from "../operations/copy-graph.ts";
import { linear } from "../operations/linear/operation.ts";
import { operationsOf } from "../operations/operation.ts";
import type { AdapterFixture } from "./adapter-fixtures.ts";
import { numbers as draw } from "./draw.ts";

/** Vectors of each test. */
const VECTORS = 3;

/** The layers of a fixture that its adapter changes, alone in a graph, and what they are to give. */
export interface LiveLayers {
  /** With the adapter. */
  readonly graph: Graph;
  readonly inputs: RunInputs;
  /** By output: by numpy's weights, in float64, and how far float32 may be from it. */
  readonly expected: ReadonlyMap<
    string,
    { readonly exact: Float64Array; readonly bound: Float64Array }
  >;
}

/**
 * The bound is what an analysis of rounding gives: each sum of c products in a chain of operations adds at most
 * `(c + 2)` units of half of a last place, relative to the same sums of absolute values, and so does each other operation
 * for itself; parameters are rounded once.
 */
export function liveLayers(fixture: AdapterFixture): LiveLayers {
  const model = fixture.model();
  const adapter = readAdapter(model, fixture.files());
  const modules = model.namedModules();
  const merged = fixture.expected();
  const graph = new Graph();
  const inputs: Record<string, Float32Array> = {};
  const expected = new Map<string, { exact: Float64Array; bound: Float64Array }>();
  for (const [index, { layers, inFeatures }] of adapter.targets.entries()) {
    const name = `x${index}`;
    const values = draw(VECTORS * inFeatures, index + 1);
    inputs[name] = values;
    const x = graph.input(name, { vectors: VECTORS, features: inFeatures });
    for (const { path } of layers) {
      const { weight, bias } = modules.get(path) as Linear;
      graph.output(path, linear(x, weight, { path, bias }));
      const numbers = merged.get(`${path}.weight`)?.toReal("float64") as Float64Array;
      const saved = merged.get(`${path}.bias`)?.toReal("float64") ?? bias?.values;
      const exact = multiplied(numbers, values, inFeatures, saved);
      expected.set(path, { exact, bound: exact });
    }
  }
  const live = liveGraphs(model, [{ adapter }])(graph);
  const magnitudes = new CpuModel(absolute(live), { precision: "float64" }).runNow(
    Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, x.map(Math.abs)])),
  );
  let roundings = 1;
  for (const operation of operationsOf(live)) {
    if (operation.kind !== "linear") roundings += 1;
    else for (const { c } of operation.matrix.chain.patterns) roundings += c + 2;
  }
  for (const [path, { exact }] of expected) {
    const bound = (magnitudes[path] as Float64Array).map((one) => roundings * 2 ** -24 * one);
    expected.set(path, { exact, bound });
  }
  return { graph: live, inputs, expected };
}

/** The first output that is farther from what it is to be than its bound; undefined where none is. */
export function firstWrong(
  { expected }: LiveLayers,
  outputs: Readonly<Record<string, FloatArray>>,
): string | undefined {
  for (const [path, { exact, bound }] of expected) {
    const y = outputs[path] as FloatArray;
    const wrong = exact.findIndex(
      (value, at) => !(Math.abs((y[at] as number) - value) <= (bound[at] as number)),
    );
    if (wrong === -1 && y.length === exact.length) continue;
    return `${path}[${wrong}] is ${y[wrong]}, not ${exact[wrong]} +- ${bound[wrong]}`;
  }
  return undefined;
}

/** The same graph of the absolute values of its parameters. */
function absolute(graph: Graph): Graph {
  return copyGraph(graph, {
    parameter: ({ shape, values }) => Parameter.of(shape, values.map(Math.abs)),
    linear: () => undefined,
  });
}

function multiplied(
  weight: Float64Array,
  x: Float32Array,
  cols: number,
  bias: FloatArray | undefined,
): Float64Array {
  const rows = weight.length / cols;
  return Float64Array.from({ length: VECTORS * rows }, (_, at) => {
    const [vector, row] = [Math.floor(at / rows), at % rows];
    let sum = bias?.[row] ?? 0;
    for (let col = 0; col < cols; col++) {
      sum += (weight[row * cols + col] as number) * (x[vector * cols + col] as number);
    }
    return sum;
  });
}

/** Inputs of the tiny models of fixtures, and their graph. */
export function tinyRun(model: HuggingFaceModel): { graph: Graph; inputs: RunInputs } {
  if (model instanceof VisionTransformer) {
    return { graph: model.trace({ images: 2 }), inputs: { images: draw(2 * 16, 5) } };
  }
  const ids = Uint32Array.of(1, 5, 2, 7);
  if (model instanceof SentenceEncoder) {
    const inputs = { ids, lengths: Uint32Array.of(4) };
    return { graph: model.trace({ tokens: 4 }), inputs };
  }
  return { graph: model.trace({ tokens: 4 }), inputs: { ids } };
}
