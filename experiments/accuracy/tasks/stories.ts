import type { Llama } from "@papilio/nn";
import { CpuModel } from "@papilio/nn/backends";
import { initializeFrom } from "@papilio/nn/conversion";
import type { Graph, Value } from "@papilio/nn/graph";
import type { Parameter } from "@papilio/nn/layers";
import { operationsOf } from "@papilio/nn/operations";
import { type DisposableTask, distilledTask, initialize, textTask } from "@papilio/nn/training";
import { LINEAR_KINDS, type LinearKind, layersOf } from "../linear-kinds.ts";
import { stories as samples, storyModel, trainedStoryModel } from "../stories-samples.ts";
import type { Choice, Task, Training, TriedWay } from "../task.ts";
import { DYADIC_WAYS, describeWays } from "./ways.ts";

const CONTEXT = 128;
/** Sequences of a step. */
const BATCH = 8;
const STEPS = 1000;
/** Of the hidden states, beside the logits. */
const HIDDEN_WEIGHT = 1;

const FACTORIZED = "factorized";

/** stories260K distilled: a model of its sizes learns from its logits and hidden states, on what it wrote. */
export const stories: Task = {
  name: "stories",
  description:
    "stories260K, a Llama of 5 layers of 64 features, distilled on 800 stories that it wrote, 128 tokens at a time",
  metric: "loss",
  kinds: Object.keys(LINEAR_KINDS) as LinearKind[],
  settings: [2e-3, 4e-3].map((rate) => ({ rate, decay: 0.01 })),
  tried: {
    ways: new Map<string, TriedWay>([
      [
        FACTORIZED,
        {
          description: "the teacher's layers factorized, and distilled from there",
          kinds: ["half", "monarch", "dyadic"],
        },
      ],
      ...describeWays(DYADIC_WAYS),
    ]),
    note: "Dense layers that begin with the teacher's are the teacher, whose loss is that of its own texts.",
  },
  ...{ unit: `${CONTEXT} tokens`, token: "token" },
  batch: BATCH,
  inference(kind, runs = 1) {
    const model = storyModel(layersOf(kind), 0);
    const length = runs * CONTEXT;
    const ids = Uint32Array.from({ length }, (_, at) => (at * 31) % model.vocabulary);
    return { model, graph: model.trace({ sequences: runs, tokens: CONTEXT }), inputs: { ids } };
  },
  training: trainingOf,
};

async function trainingOf({ kind, seed, way }: Choice): Promise<Training> {
  const { teacher, trained, validated, tested } = await samples();
  const model = storyModel(layersOf(kind), seed);
  const dyadicWay = way === undefined ? undefined : DYADIC_WAYS.get(way);
  const shape = { sequences: BATCH, tokens: CONTEXT };
  const taskOf = (validation: Uint32Array): DisposableTask =>
    textTask({
      ...{ parameters: model.namedParameters(), batch: BATCH, seed, kernels: "wasm" },
      ...{ trace: (one) => model.trace(one), context: CONTEXT, train: trained, validation },
    });
  const task = taskOf(validated);
  // A copy, whose layers become butterflies.
  if (way === FACTORIZED) await initializeFrom(model, trainedStoryModel());
  else {
    // Linear layers are drawn, the table of tokens stays.
    const table = model.namedParameters().get("model.embed_tokens.weight") as Parameter;
    const tokens = table.values.slice();
    initialize(task.graph, { seed, factors: dyadicWay?.orthogonal ? "orthogonal" : undefined });
    table.values = tokens;
  }
  const known = teacher.trace(shape);
  const states = statesOf(known);
  const pairs = statesOf(task.graph).map((own, at) => [own, states[at] as Value] as const);
  return {
    ...{ metric: "loss", model, final: 0.05, warmup: 50, labelledByTeacher: true },
    task: distilledTask(task, {
      ...{ teacher: known, kernels: "wasm", hidden: { pairs, weight: HIDDEN_WEIGHT } },
    }),
    tested: withAgreement(taskOf(tested), { teacher, model, tokens: tested }),
    drawn: false,
    oneRate: dyadicWay?.oneRate,
    options: {
      ...{ steps: STEPS, evaluateEvery: 250, clip: 1 },
      optimizer: { kind: "adamw", beta2: 0.99 },
    },
  };
}

/** What each part of each layer adds up to: after attention, and after its feed-forward part. */
function statesOf(graph: Graph): readonly Value[] {
  return operationsOf(graph)
    .filter(({ kind, path }) => kind === "combine" && /^model\.layers\.\d+$/.test(path))
    .map(({ output }) => output);
}

/** A task whose accuracy is the share of tokens where the model and its teacher find the same one most likely. */
function withAgreement(
  task: DisposableTask,
  options: { readonly teacher: Llama; readonly model: Llama; readonly tokens: Uint32Array },
): DisposableTask {
  const shape = { tokens: CONTEXT };
  const [own, other] = [options.model, options.teacher].map(
    (one) => new CpuModel(one.trace(shape), { kernels: "wasm" }),
  ) as [CpuModel, CpuModel];
  const { vocabulary } = options.model;
  return {
    ...task,
    evaluate: async () => {
      const found = await task.evaluate?.();
      await own.renewParameters();
      let [same, count] = [0, 0];
      for (let from = 0; from + CONTEXT <= options.tokens.length; from += CONTEXT) {
        const inputs = { ids: options.tokens.slice(from, from + CONTEXT) };
        const { logits = new Float32Array() } = await own.run(inputs);
        const { logits: known = new Float32Array() } = await other.run(inputs);
        for (let row = 0; row < CONTEXT; row++) {
          const most = [logits, known].map((all) =>
            indexOfLargest(all.subarray(row * vocabulary, (row + 1) * vocabulary)),
          );
          if (most[0] === most[1]) same++;
          count++;
        }
      }
      return { loss: found?.loss ?? Number.NaN, accuracy: same / count };
    },
    [Symbol.dispose]: () => {
      own.dispose();
      other.dispose();
      task[Symbol.dispose]();
    },
  };
}

function indexOfLargest(numbers: Float32Array): number {
  let best = 0;
  for (const [at, number] of numbers.entries()) if (number > (numbers[best] as number)) best = at;
  return best;
}
