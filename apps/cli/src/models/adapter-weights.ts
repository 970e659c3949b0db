import { stat } from "node:fs/promises";
import { PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import {
  type AppliedAdapter,
  applyAdapters,
  mergeAdapter,
  withAdapterHead,
} from "@papilio/nn/adapters";
import type { Module } from "@papilio/nn/layers";
import { loadAdapter, loadAdapterFiles } from "@papilio/nn/node";
import type { StateDict } from "@papilio/nn/weights";

/** For the help of `--adapter-weights <path[=scale]>`. */
export const ADAPTER_WEIGHTS_HELP =
  "an adapter of PEFT (a folder) or LyCORIS (a file), and its scale; may be repeated";

export const MERGE_ADAPTERS_HELP =
  "merge adapters into the weights when they are loaded, instead of applying them to vectors";

/** Flags of commands that take adapters. */
export interface AdapterFlags {
  readonly adapterWeights?: readonly string[];
  readonly mergeAdapters?: boolean;
}

/** An adapter that a flag names. */
export interface AdapterChoice {
  readonly path: string;
  /** Of the difference that it makes; 1 as it was trained. */
  readonly scale: number;
}

/** The largest scale of either sign: far beyond what is of use, and far below what float32 overflows by. */
const MOST_SCALE = 1e4;

/**
 * The adapters of `--adapter-weights PATH` and `PATH=SCALE`. What stands after the last `=` is a scale where it is a
 * number, so that paths may have colons and `=`; one that ends in `=` and a number is given with a scale after it.
 *
 * @throws PapilioError `FLAG_INVALID`, `INPUT_UNREADABLE` where there is nothing at a path
 */
export async function adapterChoices(texts: readonly string[] = []): Promise<AdapterChoice[]> {
  const choices = texts.map((text) => {
    const [, path = text, number] =
      /^(.*)=([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)$/is.exec(text) ?? [];
    const scale = number === undefined ? 1 : Number(number);
    if (path !== "" && Math.abs(scale) <= MOST_SCALE) return { path, scale };
    throw new PapilioError(
      "FLAG_INVALID",
      `--adapter-weights is ${describeValue(text)}, but it must be a path, or a path, = and a scale of at most ${MOST_SCALE}.`,
      "Give it as --adapter-weights PATH or --adapter-weights PATH=0.5.",
    );
  });
  // Before weights are read, which may take minutes.
  for (const { path } of choices) {
    await stat(path).catch((cause: Error) => {
      throw new PapilioError(
        "INPUT_UNREADABLE",
        `There is no adapter at ${path}: ${cause.message}.`,
        "Give a folder with adapter_config.json and adapter_model.safetensors, or a file of LyCORIS.",
        { cause },
      );
    });
  }
  return choices;
}

/**
 * Weights of a checkpoint with the heads of classes that adapters were trained with.
 *
 * @throws PapilioError what `loadAdapterFiles` and `withAdapterHead` throw
 */
export async function withHeadsOf(
  state: StateDict,
  choices: readonly AdapterChoice[],
  signal: AbortSignal,
): Promise<StateDict> {
  let changed = state;
  for (const { path, scale } of choices) {
    if (scale !== 0) changed = withAdapterHead(changed, await loadAdapterFiles(path, { signal }));
  }
  return changed;
}

/**
 * A model with adapters: applied to vectors, or merged into its weights, one after another.
 *
 * @throws PapilioError what `loadAdapter`, `applyAdapters` and `mergeAdapter` throw
 */
export async function withAdapters<M extends Module>(
  model: M,
  choices: readonly AdapterChoice[],
  { mergeAdapters = false }: Pick<AdapterFlags, "mergeAdapters">,
  signal: AbortSignal,
): Promise<M> {
  const applied: AppliedAdapter[] = [];
  for (const { path, scale } of choices) {
    const adapter = await loadAdapter(model, path, { signal });
    if (mergeAdapters) mergeAdapter(model, adapter, scale);
    else applied.push({ adapter, scale });
  }
  return applied.length === 0 ? model : applyAdapters(model, applied);
}
