import { Gpt2 } from "@papilio/nn";
import { characterTokens, distilledTask, textTask } from "@papilio/nn/training";
import { readText } from "../data.ts";
import { LINEAR_KINDS, type LinearKind, layersOf } from "../linear-kinds.ts";
import type { Task, Training, Tried } from "../task.ts";
import { DYADIC_WAYS, describeWays, type Family, trainingBy, type Way, type Ways } from "./ways.ts";

interface Sizes {
  readonly name: string;
  readonly layers: number;
  readonly heads: number;
  readonly features: number;
  readonly context: number;
  /** Sequences of a step. */
  readonly batch: number;
  readonly steps: number;
  readonly rates: readonly number[];
  readonly ways?: Ways;
}

const WAYS: Ways = new Map<string, Way>([
  [
    "wider",
    { description: "wider, with at most as many weights as dense", kinds: ["half"], widest: 1 },
  ],
  [
    "dense-first-distilled",
    {
      description: "trained dense, factorized, trained again and distilled",
      ...{ denseFirst: true, distilled: true },
    },
  ],
  ...DYADIC_WAYS,
]);

/** The share of the text that is trained by; a half of the others validates, the other half tests. */
const TRAINED = 0.9;
/** Sequences that a loss is the mean of. */
const WINDOWS = 768;

/** A language model of characters on tinyshakespeare, of sizes that are well known. */
export const characters: Task = charactersOf({
  ...{ name: "characters", layers: 4, heads: 4, features: 128, context: 64, batch: 12 },
  ...{ steps: 2000, rates: [1e-3, 2e-3, 4e-3], ways: WAYS },
});

/** A larger one. */
export const charactersLarge: Task = charactersOf({
  ...{ name: "characters-large", layers: 6, heads: 6, features: 192, context: 128, batch: 8 },
  ...{ steps: 1500, rates: [1e-3, 2e-3] },
});

function charactersOf(sizes: Sizes): Task {
  const { name, layers, features, context, batch, rates, ways } = sizes;
  const family = familyOf(sizes);
  return {
    name,
    description: `a language model of ${layers} layers of ${features} features on tinyshakespeare, ${context} characters at a time`,
    metric: "loss",
    kinds: Object.keys(LINEAR_KINDS) as LinearKind[],
    settings: rates.map((rate) => ({ rate, decay: 0.1 })),
    ...(ways === undefined ? {} : { tried: triedOf(ways) }),
    ...{ unit: `${context} characters`, token: "character" },
    batch,
    inference(kind, runs = 1) {
      const model = family.make(kind, 0, features);
      const inputs = { ids: text().ids.slice(-runs * context) };
      return { model, graph: model.trace({ sequences: runs, tokens: context }), inputs };
    },
    training: (choice, dense) => trainingBy(family, ways ?? new Map(), choice, dense),
  };
}

function triedOf(ways: Ways): Tried {
  return {
    ways: describeWays(ways),
    note: "A teacher is the dense model of the same seed: its logits are learned beside the next characters. Its own training is not counted. Dense layers may gain by a teacher, too, which was not tried.",
  };
}

function familyOf(sizes: Sizes): Family<Gpt2> {
  const { layers, heads, features: width, context } = sizes;
  return {
    ...{ width, step: width / 2 },
    make(kind, seed, features) {
      const linear = layersOf(kind);
      return new Gpt2({
        ...{ vocabulary: text().vocabulary, features, layers, heads, positions: context, seed },
        linear: { projection: linear, ffn: linear },
      });
    },
    training: (model, seed, teacher) => trainingOf(sizes, model, seed, teacher),
  };
}

function trainingOf(sizes: Sizes, model: Gpt2, seed: number, teacher?: Gpt2): Training {
  const { context, batch, steps } = sizes;
  const { ids } = text();
  const split = Math.floor(TRAINED * ids.length);
  const middle = Math.floor((split + ids.length) / 2);
  const taskOf = (validation: Uint32Array) =>
    textTask({
      ...{ parameters: model.namedParameters(), batch, seed, kernels: "wasm", context },
      ...{ trace: (shape) => model.trace(shape), train: ids.subarray(0, split), validation },
      validationWindows: WINDOWS,
    });
  const task = taskOf(ids.subarray(split, middle));
  return {
    ...{ metric: "loss", model },
    task:
      teacher === undefined
        ? task
        : distilledTask(task, {
            teacher: teacher.trace({ sequences: batch, tokens: context }),
            kernels: "wasm",
          }),
    ...{ tested: taskOf(ids.subarray(middle)), final: 0.1, warmup: 100, drawn: true },
    options: { steps, evaluateEvery: 500, clip: 1, optimizer: { kind: "adamw", beta2: 0.99 } },
  };
}

let read: { readonly ids: Uint32Array; readonly vocabulary: number } | undefined;

function text(): NonNullable<typeof read> {
  if (read !== undefined) return read;
  const { tokens: ids, vocabulary } = characterTokens(readText("data/tinyshakespeare.txt.gz"));
  read = { ids, vocabulary: vocabulary.length };
  return read;
}
