import { compile, KroneckerSparse, Pattern } from "@papilio/butterfly";
import { uniform } from "@papilio/butterfly/numeric";
import { cpu } from "@papilio/cpu-runtime";
import {
  callback,
  flag,
  having,
  listOf,
  objectOf,
  optional,
  signal as signalCheck,
} from "../arguments/checks.ts";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { CpuWeightStore } from "../backends/cpu/cpu-weight-store.ts";
import type { RunInputs, RunOutputs } from "../graph/executable.ts";
import type { Graph } from "../graph/graph.ts";
import { graphCheck } from "../graph/operand-checks.ts";
import type { Value } from "../graph/value.ts";
import type { Module } from "../modules/module.ts";
import type { Parameter } from "../modules/parameter.ts";
import { operationsOf } from "../operations/operation.ts";
import { addOutputGradients, directionsOf, type OutputGradients } from "./output-gradients.ts";

/** What is kept of the vectors that go into a product. */
export interface InputMoments {
  /** Features of a vector. */
  readonly size: number;
  /** The mean of `x x^T`, `[size, size]`. */
  readonly values: Float64Array;
  /** How many vectors there were. */
  readonly vectors: number;
  /**
   * How much errors of the outputs of the product count, `[rows, rows]`: the mean of `g g^T` of gradients. Of products
   * with up to 4,096 outputs, where {@link InputMomentsOptions.outputs} asks for them; of no table that vectors are taken of.
   */
  readonly outputs?: Float64Array;
}

/** A graph of a model, and what it is given. */
export interface CalibrationRuns {
  /** Traced from the model, for this alone: outputs are added to it. */
  readonly graph: Graph;
  readonly inputs: readonly RunInputs[];
}

export interface InputMomentsOptions {
  /** Whether second moments of gradients by the outputs of products are collected too: each run is two, and back. */
  readonly outputs?: boolean;
  readonly signal?: AbortSignal;
  /** Called with the number of runs so far. */
  readonly onRun?: (runs: number) => void;
}

const MOST_OUTPUTS = 4096;

const calibrationsCheck = listOf(
  objectOf({ graph: graphCheck, inputs: listOf(having("inputs by their names")) }),
);
const optionsCheck = objectOf({
  outputs: optional(flag),
  signal: signalCheck,
  onRun: optional(callback),
});

/**
 * Runs a model on the CPU and collects second moments of what goes into each of its products, for
 * `roundButterfly` of `@papilio/butterfly/rounding`. Sums of a run are in float32, those over runs in float64. A table
 * that vectors are taken of too, such as a tied embedding, is given the identity besides, times the mean of the diagonal:
 * its rows count as such.
 *
 * With `outputs` also those of the gradients by what each product gives, for random directions of the logits that have
 * the covariance `diag(p) - p p^T`, so that `tr(M E H E^T)` of an error `E` is about how much the distribution of what is
 * predicted changes; of other results, for random signs. No labels are needed.
 * Source: Kronecker-factored curvature (arXiv 1503.05671), for rounding YAQA (arXiv 2505.22988).
 *
 * @param model whose parameters the graphs have
 * @param calibrations one, or several of other shapes
 * @returns by the name of the left-most factor of each product
 * @throws PapilioError `INPUT_MISSING` where a graph has an input that it is not given; `GRADIENT_UNAVAILABLE` where gradients
 *   are asked for; the signal's reason
 */
export async function inputMoments(
  model: Module,
  calibrations: readonly CalibrationRuns[],
  options: InputMomentsOptions = {},
): Promise<Map<string, InputMoments>> {
  having("a Module", "namedModules", "namedParameters")("The model", model);
  calibrationsCheck("The calibrations", calibrations);
  optionsCheck("inputMoments", options);
  const names = new Map([...model.namedParameters()].map(([name, one]) => [one, name] as const));
  const found = new Map<string, InputMoments>();
  const written = new Map<string, InputMoments>();
  const random = uniform(0);
  const tables = new Set(calibrations.flatMap(({ graph }) => [...tablesOf(graph, names)]));
  const weights = new CpuWeightStore();
  let runs = 0;
  for (const { graph, inputs } of calibrations) {
    const wanted = [...productsOf(graph, names)];
    const results = options.outputs ? [...resultsOf(graph, names, tables)] : [];
    const back = options.outputs
      ? addOutputGradients(
          graph,
          results.map(([y]) => y),
        )
      : undefined;
    for (const [index, [x]] of wanted.entries()) graph.output(`input ${index}`, x);
    for (const [index, value] of (back?.gradients ?? []).entries()) {
      if (value !== undefined) graph.output(`gradient ${index}`, value);
    }
    using running = new CpuModel(graph, { kernels: "wasm", weights });
    for (const input of inputs) {
      options.signal?.throwIfAborted();
      const outputs = await runBothWays(running, input, back, random);
      for (const [index, [{ features }, products]] of wanted.entries()) {
        const vectors = outputs[`input ${index}`] as Float32Array;
        const sums = await productsOfFeatures(vectors, features);
        for (const product of products) {
          found.set(product, added(found.get(product), sums, vectors.length / features));
        }
      }
      for (const [index, [{ features }, product]] of results.entries()) {
        const vectors = outputs[`gradient ${index}`];
        if (vectors === undefined) continue;
        const sums = await productsOfFeatures(vectors, features);
        written.set(product, added(written.get(product), sums, vectors.length / features));
      }
      options.onRun?.(++runs);
    }
  }
  for (const [name, { size, values, vectors }] of found) {
    let trace = 0;
    for (let at = 0; at < values.length; at++) values[at] = (values[at] as number) / vectors;
    for (let at = 0; at < values.length; at += size + 1) trace += values[at] as number;
    if (!tables.has(name)) continue;
    for (let at = 0; at < values.length; at += size + 1) {
      values[at] = (values[at] as number) + trace / size;
    }
  }
  for (const [name, { values, vectors }] of written) {
    const outputs = values.map((value) => value / vectors);
    found.set(name, { ...(found.get(name) as InputMoments), outputs });
  }
  return found;
}

/** Runs a graph, and where there are gradients again for random directions of its result. */
async function runBothWays(
  running: CpuModel,
  input: RunInputs,
  back: OutputGradients | undefined,
  random: ReturnType<typeof uniform>,
): Promise<RunOutputs> {
  if (back === undefined) return await running.run(input);
  const { vectors, features } = running.graph.outputs.get(back.result) as Value;
  const none = { [back.input]: new Float32Array(vectors * features) };
  const { [back.result]: values } = await running.run({ ...input, ...none });
  const directions = directionsOf(back.result, values as Float32Array, features, random);
  return await running.run({ ...input, [back.input]: directions });
}

/** Outputs of products, and the names of these, of which gradients are collected. */
function resultsOf(
  graph: Graph,
  names: ReadonlyMap<Parameter, string>,
  tables: ReadonlySet<string>,
): Map<Value, string> {
  const results = new Map<Value, string>();
  for (const operation of operationsOf(graph)) {
    if (operation.kind !== "linear" || operation.activation || operation.multiplier) continue;
    const name = names.get(operation.matrix.factors[0] as Parameter);
    if (name === undefined || tables.has(name) || operation.output.features > MOST_OUTPUTS)
      continue;
    results.set(operation.output, name);
  }
  return results;
}

/** The products of a graph by the value that they multiply, each by the name of its left-most factor. */
function productsOf(graph: Graph, names: ReadonlyMap<Parameter, string>): Map<Value, Set<string>> {
  const products = new Map<Value, Set<string>>();
  for (const operation of operationsOf(graph)) {
    if (operation.kind !== "linear") continue;
    const name = names.get(operation.matrix.factors[0] as Parameter);
    if (name === undefined) continue;
    products.set(operation.x, (products.get(operation.x) ?? new Set()).add(name));
  }
  return products;
}

/** Names of the parameters of which vectors are taken. */
function tablesOf(graph: Graph, names: ReadonlyMap<Parameter, string>): Set<string> {
  const tables = new Set<string>();
  for (const operation of operationsOf(graph)) {
    if (operation.kind !== "gather-vectors" || "graph" in operation.source) continue;
    const name = names.get(operation.source);
    if (name !== undefined) tables.add(name);
  }
  return tables;
}

/** `X^T X` of vectors `[vectors, features]`, by the kernels of the CPU. */
async function productsOfFeatures(vectors: Float32Array, features: number): Promise<Float32Array> {
  const count = vectors.length / features;
  const turned = new Float32Array(vectors.length);
  for (let vector = 0; vector < count; vector++) {
    for (let feature = 0; feature < features; feature++) {
      turned[feature * count + vector] = vectors[vector * features + feature] as number;
    }
  }
  const matrix = new KroneckerSparse(new Pattern(1, features, count, 1), turned);
  using compiled = await compile(matrix, cpu());
  return await compiled.multiply(vectors, { batch: features, layout: "batch-last" });
}

function added(
  before: InputMoments | undefined,
  sums: Float32Array,
  vectors: number,
): InputMoments {
  if (before === undefined) {
    return { size: Math.sqrt(sums.length), values: Float64Array.from(sums), vectors };
  }
  const { size, values } = before;
  for (let at = 0; at < values.length; at++) {
    values[at] = (values[at] as number) + (sums[at] as number);
  }
  return { size, values, vectors: before.vectors + vectors };
}
