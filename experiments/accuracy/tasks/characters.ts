import { Gpt2 } from "@papilio/nn";
import { characterTokens, textTask } from "@papilio/nn/training";
import { readText } from "../data.ts";
import { LINEAR_KINDS, type LinearKind, layersOf } from "../linear-kinds.ts";
import type { Choice, Task, Training } from "../task.ts";

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
}

/** The share of the text that is trained by; a half of the others validates, the other half tests. */
const TRAINED = 0.9;
/** Sequences that a loss is the mean of. */
const WINDOWS = 768;

/** A language model of characters on tinyshakespeare, of sizes that are well known. */
export const characters: Task = charactersOf({
  ...{ name: "characters", layers: 4, heads: 4, features: 128, context: 64, batch: 12 },
  ...{ steps: 2000, rates: [1e-3, 2e-3, 4e-3] },
});

/** A larger one. */
export const charactersLarge: Task = charactersOf({
  ...{ name: "characters-large", layers: 6, heads: 6, features: 192, context: 128, batch: 16 },
  ...{ steps: 1500, rates: [1e-3, 2e-3] },
});

function charactersOf(sizes: Sizes): Task {
  const { name, layers, features, context, batch, rates } = sizes;
  return {
    name,
    description: `a language model of ${layers} layers of ${features} features on tinyshakespeare, ${context} characters at a time`,
    metric: "loss",
    kinds: Object.keys(LINEAR_KINDS) as LinearKind[],
    settings: rates.map((rate) => ({ rate, decay: 0.1 })),
    ...{ unit: `${context} characters`, token: "character" },
    batch,
    inference(kind, runs = 1) {
      const model = modelOf(sizes, kind, 0);
      const inputs = { ids: text().ids.slice(-runs * context) };
      return { model, graph: model.trace({ sequences: runs, tokens: context }), inputs };
    },
    training: (choice) => Promise.resolve(trainingOf(sizes, choice)),
  };
}

function modelOf(
  { layers, heads, features, context }: Sizes,
  kind: LinearKind,
  seed: number,
): Gpt2 {
  const linear = layersOf(kind);
  return new Gpt2({
    ...{ vocabulary: text().vocabulary, features, layers, heads, positions: context, seed },
    linear: { projection: linear, ffn: linear },
  });
}

function trainingOf(sizes: Sizes, { kind, seed }: Choice): Training {
  const { context, batch, steps } = sizes;
  const { ids } = text();
  const model = modelOf(sizes, kind, seed);
  const split = Math.floor(TRAINED * ids.length);
  const middle = Math.floor((split + ids.length) / 2);
  const taskOf = (validation: Uint32Array) =>
    textTask({
      ...{ parameters: model.namedParameters(), batch, seed, kernels: "wasm", context },
      ...{ trace: (shape) => model.trace(shape), train: ids.subarray(0, split), validation },
      validationWindows: WINDOWS,
    });
  return {
    ...{ metric: "loss", model, task: taskOf(ids.subarray(split, middle)) },
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
