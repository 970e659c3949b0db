import { PapilioError } from "@papilio/butterfly";
import type { Graph } from "@papilio/nn/graph";
import { LinearLayer, type Module } from "@papilio/nn/layers";
import { operationsOf } from "@papilio/nn/operations";
import { repeatsFor, sampleRounds, secondsOfRuns, warmUp } from "../measure/sampling.ts";
import {
  type LinearSummary,
  type ModelResults,
  type SkippedVariant,
  type VariantResult,
  variantName,
} from "../results/model-results.ts";

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

/** What is found of the variants of a model. */
export type MeasuredVariants = Pick<ModelResults, "complete" | "rates" | "variants" | "skipped">;

/** How often variants are timed, in which orders, and who is told. */
interface SampleOptions {
  readonly rounds: number;
  readonly minSample: number;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((message: string) => void) | undefined;
  readonly onMeasured?: ((measured: MeasuredVariants) => void | Promise<void>) | undefined;
}

/** Variants that are timed, and those that are skipped, with what is found so far. */
export class Candidates<M extends Runs> {
  readonly #all: Candidate<M>[] = [];
  readonly #skipped: SkippedVariant[] = [];
  readonly #options: SampleOptions;

  constructor(options: SampleOptions) {
    this.#options = options;
  }

  /** Those whose numbers are right. */
  get right(): readonly Candidate<M>[] {
    return this.#all.filter(({ result }) => result.verification.ok);
  }

  /** Adds a variant; what an engine cannot do is skipped, with its reason. */
  async add(
    facts: Parameters<typeof variantName>[0],
    prepare: () => Promise<Candidate<M>>,
  ): Promise<void> {
    const { onProgress } = this.#options;
    const name = variantName(facts);
    onProgress?.(name);
    try {
      this.#all.push(await prepare());
    } catch (error) {
      if (!(error instanceof PapilioError)) throw error;
      this.#skipped.push({ name, reason: error.message });
      onProgress?.(`${name} is skipped: ${error.message}`);
    }
    await this.#report();
  }

  /**
   * Times those that are right in rounds, each of which samples each once, in a new random order.
   *
   * @returns whether all rounds were made
   */
  async sample(): Promise<boolean> {
    const { right } = this;
    const { rounds, minSample, seed, signal, onProgress } = this.#options;
    for (const { model, result } of right) {
      result.repeats = repeatsFor(await warmUp(() => secondsOf(model, 1)), minSample);
    }
    const sample = async ({ model, result }: Candidate<M>): Promise<void> => {
      result.wall.push(await secondsOf(model, result.repeats ?? 1));
      await this.#report();
    };
    const onRound = (round: number): void => onProgress?.(`round ${round} of ${rounds}`);
    return await sampleRounds(right, sample, { rounds, seed, signal, onRound });
  }

  measured(complete: boolean): MeasuredVariants {
    const variants = this.#all.map(({ result }) => result);
    return { complete, variants, skipped: this.#skipped };
  }

  async #report(): Promise<void> {
    await this.#options.onMeasured?.(this.measured(false));
  }
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
