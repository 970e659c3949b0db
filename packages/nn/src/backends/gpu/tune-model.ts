import type { Chain } from "@papilio/butterfly";
import {
  type Gpu,
  type InputShape,
  type Plan,
  type Tuned,
  type TuneOptions,
  tunePlan,
} from "@papilio/gpu-runtime";
import {
  type AttentionProblem,
  type AttentionVariant,
  attentionName,
} from "@papilio/gpu-runtime/kernels";
import { factorByFactor, planName } from "@papilio/gpu-runtime/planning";
import { tuneAttention, tuneStages } from "@papilio/gpu-runtime/tuning";
import {
  type Check,
  type Checks,
  callback,
  gpuCheck,
  having,
  number,
  objectOf,
  optional,
  signal as signalCheck,
} from "../../arguments/checks.ts";
import type { Graph } from "../../graph/graph.ts";
import { graphCheck } from "../../graph/operand-checks.ts";
import { type GraphCompileOptions, graphCompileChecks } from "./compile-options.ts";
import { lowerGraph } from "./lower-graph.ts";
import {
  attentionKey,
  KernelTable,
  planKey,
  type TunedChoice,
  type TunedKernels,
} from "./tuned-kernels.ts";

/** How long each of a graph's problems may be measured, and where results are kept. */
export interface ModelTuning extends TuneOptions {
  /** Called for each problem when its fastest kernel is known. */
  readonly onChoice?: ((choice: TunedChoice) => void) | undefined;
}

/** How a graph is compiled, and measured. */
export interface TuneModelOptions extends GraphCompileOptions, ModelTuning {}

const tuningChecks: Checks = {
  timeLimitSeconds: optional(number),
  signal: signalCheck,
  onTrial: optional(callback),
  cache: optional(having("a TuningCache", "get", "set")),
  onCacheError: optional(callback),
  onChoice: optional(callback),
};

export const modelTuningCheck: Check = objectOf(tuningChecks);
const tuneOptionsCheck = objectOf({ ...graphCompileChecks, ...tuningChecks });

/**
 * Measures the kernels of a graph on a device: for each problem of attention the shapes of `attentionVariants`, on
 * the device's matrix units too where it has any and the graph is in half precision, for each product of several
 * factors the plans that `tunePlan` measures, and then for each stage of one factor, a dense layer's too, the shapes that
 * `tuneStages` measures. Each is compared with the result in float64 first. The one that rules choose stays unless
 * another is faster beyond doubt. Products are measured alone, without what is moved into them; those by weights of few
 * bits, and those that the graph trains, are not measured.
 *
 * Give the result to `DeviceModel.compile` or `compileGraph` with the same graph and options: problems of others
 * that are the same take the same kernels, and the rest those that are chosen by rules. Weights that graphs of one
 * `memory` share lie there in the order of the first one, and once more in each order that only a measured kernel of
 * another reads.
 *
 * Takes seconds for each problem, up to the time limit, and besides the model's memory that of one problem at a
 * time. With a cache, problems that were measured before take no time.
 *
 * @throws PapilioError `F16_UNAVAILABLE`, `BUFFER_TOO_LARGE`, `MEMORY_BUDGET`, `KERNEL_COMPILE`,
 *   `TUNING_TIME_LIMIT`, `TUNING_FAILED`, `GPU_LOST`, `GPU_DISPOSED`; the signal's reason when it aborts
 *
 * @example
 * ```ts
 * const graph = vitS16().trace({ images: 8 });
 * const tuned = await tuneModel(gpu, graph, { dtype: "f16", cache: openTuningCache() });
 * using model = await DeviceModel.compile(gpu, graph, { dtype: "f16", tuned });
 * ```
 */
export async function tuneModel(
  gpu: Gpu,
  graph: Graph,
  options: TuneModelOptions = {},
): Promise<TunedKernels> {
  gpuCheck("The device", gpu);
  graphCheck("The graph", graph);
  tuneOptionsCheck("tuneModel", options);
  const { signal, onChoice } = options;
  signal?.throwIfAborted();
  const asked = new AskedKernels();
  lowerGraph(gpu, graph, options, asked)[Symbol.dispose]();
  const choices: TunedChoice[] = [];
  const choose = (choice: TunedChoice): void => {
    choices.push(choice);
    onChoice?.(choice);
  };
  const variants = new Map<string, AttentionVariant>();
  for (const [key, problem] of asked.problems) {
    const { best, from } = await tuneAttention(gpu, problem, tuneOptionsOf(options));
    variants.set(key, best);
    choose({ kind: "attention", what: describe(problem), name: attentionName(best), from });
  }
  const plans = new Map<string, Plan>();
  for (const [key, { chain, shape }] of asked.products) {
    const { best, from } = await tuneProduct(gpu, chain, shape, tuneOptionsOf(options));
    plans.set(key, best);
    choose({ kind: "plan", what: `product with ${key}`, name: planName(best), from });
  }
  return new KernelTable(gpu.report, choices, variants, plans);
}

/** The fastest plan for a product, and the fastest shape of the kernel for each of its stages of one factor. */
async function tuneProduct(
  gpu: Gpu,
  chain: Chain,
  shape: InputShape,
  options: TuneOptions,
): Promise<Tuned<Plan>> {
  // One factor has one plan.
  const known = { best: factorByFactor(chain, shape.layout), from: "cache" } as const;
  const plan = chain.length === 1 ? known : await tunePlan(gpu, chain, shape, options);
  const staged = await tuneStages(gpu, chain, plan.best, shape, options);
  return { ...staged, from: plan.from === "cache" ? staged.from : plan.from };
}

/** The problems of a graph: nothing is known of them yet. */
class AskedKernels implements TunedKernels {
  readonly choices = [];
  readonly problems = new Map<string, AttentionProblem>();
  readonly products = new Map<string, { readonly chain: Chain; readonly shape: InputShape }>();

  requireFor(): void {
    // Nothing was measured on another device.
  }

  attention(problem: AttentionProblem): undefined {
    this.problems.set(attentionKey(problem), problem);
  }

  plan(chain: Chain, { batch, layout, dtype }: InputShape): undefined {
    const shape = { batch, layout, dtype };
    this.products.set(planKey(chain, shape), { chain, shape });
  }
}

/** Those that tuning has, and nothing of the model's. */
function tuneOptionsOf(options: TuneModelOptions): TuneOptions {
  const { timeLimitSeconds, signal, onTrial, cache, onCacheError } = options;
  return {
    ...(timeLimitSeconds !== undefined && { timeLimitSeconds }),
    ...{ signal, onTrial, cache, onCacheError },
  };
}

function describe(problem: AttentionProblem): string {
  const { sequences, queries, keys, heads, headFeatures, dtype } = problem;
  return `attention of ${sequences} x ${queries} queries with ${keys} keys, ${heads} heads of ${headFeatures} features, ${dtype}`;
}
