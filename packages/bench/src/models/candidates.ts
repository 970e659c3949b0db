import type { Graph } from "@papilio/nn/graph";
import { LinearLayer, type Module } from "@papilio/nn/layers";
import { operationsOf } from "@papilio/nn/operations";
import { repeatsFor, sampleRounds, secondsOfRuns, warmUp } from "../measure/sampling.ts";
import type { LinearSummary, VariantResult } from "../results/model-results.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly number[] ? number[] : T[K] };

/** What is timed, and what is found of it. */
export interface Candidate<M> {
  readonly model: M;
  readonly result: Mutable<VariantResult>;
}

interface Runs {
  run(): Promise<unknown>;
}

/** What is known of a variant before it runs. */
export type Facts = Pick<
  VariantResult,
  | "engine"
  | "processor"
  | "threads"
  | "linear"
  | "dtype"
  | "layout"
  | "sequences"
  | "parameters"
  | "linears"
  | "linearFlops"
>;

/** How often, and in which orders. */
interface SampleOptions {
  readonly rounds: number;
  readonly minSample: number;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((message: string) => void) | undefined;
}

/**
 * Times all in rounds, each of which samples each once, in a new random order.
 *
 * @returns whether all rounds were made
 */
export async function sampleAll(
  candidates: readonly Candidate<Runs>[],
  report: () => Promise<void>,
  { rounds, minSample, seed, signal, onProgress }: SampleOptions,
): Promise<boolean> {
  for (const { model, result } of candidates) {
    result.repeats = repeatsFor(await warmUp(() => secondsOf(model, 1)), minSample);
  }
  const sample = async ({ model, result }: Candidate<Runs>): Promise<void> => {
    result.wall.push(await secondsOf(model, result.repeats ?? 1));
    await report();
  };
  const onRound = (round: number): void => onProgress?.(`round ${round} of ${rounds}`);
  return await sampleRounds(candidates, sample, { rounds, seed, signal, onRound });
}

function secondsOf(model: Runs, repeats: number): Promise<number> {
  return secondsOfRuns(() => model.run(), repeats);
}

/** What can be said of a model without running it. */
export function describeModel(
  model: Module,
  graph: Graph,
): Pick<VariantResult, "parameters" | "linears" | "linearFlops"> {
  const linears = new Map<string, Mutable<LinearSummary>>();
  for (const layer of model.namedModules().values()) {
    if (!(layer instanceof LinearLayer)) continue;
    const patterns = layer.matrices.flatMap(({ chain }) => chain.patterns);
    const product = patterns.map(({ a, b, c, d }) => [a, b, c, d].join(",")).join("; ");
    const { outFeatures: rows, inFeatures: cols, weightCount: weights } = layer;
    const key = `${rows} x ${cols}: ${product}`;
    const known = linears.get(key);
    if (known === undefined) linears.set(key, { rows, cols, product, layers: 1, weights });
    else known.layers++;
  }
  let linearFlops = 0;
  for (const operation of operationsOf(graph)) {
    if (operation.kind === "linear") {
      linearFlops += 2 * operation.x.vectors * operation.matrix.chain.nonZeros;
    } else if (operation.kind === "factor-gradient") {
      linearFlops += 2 * operation.x.vectors * operation.pattern.nonZeros;
    }
  }
  return { parameters: model.parameterCount, linears: [...linears.values()], linearFlops };
}
