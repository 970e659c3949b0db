import { Gpt2 } from "@papilio/nn";
import { CpuModel } from "@papilio/nn/backends";
import { crossEntropy } from "@papilio/nn/training";
import { readText, wholeNumbers } from "../data.ts";
import { LINEAR_KINDS, type LinearKind, layersOf } from "../linear-kinds.ts";
import type { Choice, Outcome, Task } from "../task.ts";
import { train } from "../train.ts";

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

/** The share of the text that is trained by, and sequences that the loss on the others is the mean of. */
const TRAINED = 0.9;
const EVALUATED = 40;
/** Sequences that are evaluated at once. */
const AT_ONCE = 20;

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
  const { name, layers, features, context, rates } = sizes;
  return {
    name,
    description: `a language model of ${layers} layers of ${features} features on tinyshakespeare, ${context} characters at a time`,
    metric: "loss",
    kinds: Object.keys(LINEAR_KINDS) as LinearKind[],
    settings: rates.map((rate) => ({ rate, decay: 0.1 })),
    train: (choice) => trainCharacters(sizes, choice),
  };
}

function trainCharacters(sizes: Sizes, { kind, rate, decay, seed }: Choice): Promise<Outcome> {
  const { layers, heads, features, context, batch: sequences, steps } = sizes;
  const { ids, vocabulary } = text();
  const linear = layersOf(kind);
  const model = new Gpt2({
    ...{ vocabulary, features, layers, heads, positions: context, seed },
    linear: { projection: linear, ffn: linear },
  });
  const withLoss = (count: number) => {
    const graph = model.trace({ sequences: count, tokens: context });
    const logits = graph.outputs.get("logits");
    if (logits === undefined) throw new Error("The model has no logits.");
    return { graph, loss: crossEntropy(logits, graph.indices("next", count * context)) };
  };
  const { graph, loss } = withLoss(sequences);
  const split = Math.floor(TRAINED * ids.length);
  const inputs = (starts: readonly number[]) => ({
    ids: Uint32Array.from(starts.flatMap((start) => [...ids.subarray(start, start + context)])),
    next: Uint32Array.from(
      starts.flatMap((start) => [...ids.subarray(start + 1, start + context + 1)]),
    ),
  });
  const draw = wholeNumbers(seed + 1);
  const evaluate = async () => {
    const evaluated = withLoss(AT_ONCE);
    evaluated.graph.output("loss", evaluated.loss);
    using reader = new CpuModel(evaluated.graph, { kernels: "wasm" });
    const mean = async (from: number, to: number): Promise<number> => {
      // Evenly over the part.
      const distance = Math.floor((to - from - context - 1) / (EVALUATED * AT_ONCE));
      let sum = 0;
      for (let run = 0; run < EVALUATED; run++) {
        const starts = Array.from(
          { length: AT_ONCE },
          (_, at) => from + (run * AT_ONCE + at) * distance,
        );
        const { loss: found } = await reader.run(inputs(starts));
        sum += found?.[0] as number;
      }
      return sum / EVALUATED;
    };
    // The anchors of the literature are losses on all that is not trained by: its halves validate and test.
    const middle = Math.floor((split + ids.length) / 2);
    return { validation: await mean(split, middle), test: await mean(middle, ids.length) };
  };
  return train({
    ...{ metric: "loss", model, graph, loss, seed, rate, final: 0.1, warmup: 100 },
    ...{ steps, every: 500, drawn: true, evaluate },
    batch: () => inputs(Array.from({ length: sequences }, () => draw(split - context - 1))),
    options: { optimizer: { kind: "adamw", beta2: 0.99 }, decay, clip: 1 },
  });
}

let read: { readonly ids: Uint32Array; readonly vocabulary: number } | undefined;

function text(): NonNullable<typeof read> {
  if (read !== undefined) return read;
  const letters = [...readText("data/tinyshakespeare.txt.gz")];
  const known = [...new Set(letters)].sort();
  const numbers = new Map(known.map((letter, number) => [letter, number]));
  read = {
    ids: Uint32Array.from(letters, (letter) => numbers.get(letter) as number),
    vocabulary: known.length,
  };
  return read;
}
