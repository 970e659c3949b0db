import { type GenerateOptions, TextGenerator } from "@papilio/nn";
import { StopSequences } from "@papilio/nn/tokenizers";
import { Command } from "commander";
import { BACKEND_HELP } from "../flags/backend.ts";
import { exitStatuses } from "../flags/exit-statuses.ts";
import { collect, numberFrom, wholeNumber } from "../flags/options.ts";
import {
  ADAPTER_WEIGHTS_HELP,
  type AdapterFlags,
  adapterChoices,
  MERGE_ADAPTERS_HELP,
  withAdapters,
} from "../models/adapter-weights.ts";
import {
  type ComputeFlags,
  DTYPE_HELP,
  dtypeOf,
  OnDemandAdapter,
  openCompute,
  TUNE_HELP,
} from "../models/compute.ts";
import { type LanguageModel, loadLanguageModel } from "../models/language-model.ts";
import { requireFits } from "../models/require-fits.ts";
import { type Interruption, stdoutClosed } from "../process/interruption.ts";
import type { Shown, Work } from "../process/kept.ts";
import { note, write as writeText } from "../process/print.ts";

interface Flags extends ComputeFlags, AdapterFlags {
  readonly tokenizer?: string;
  readonly prompt: string;
  readonly maxTokens: string;
  readonly temperature: string;
  readonly topK?: string;
  readonly topP?: string;
  readonly seed: string;
  readonly stop?: readonly string[];
  readonly context?: string;
  readonly json?: boolean;
}

/** Tokens of a prompt that are computed at once. */
const CHUNK = 64;

/** `papilio generate`: text that a language model continues. */
export function generateCommand(interruption: Interruption): Command {
  return new Command("generate")
    .description("Continue a text with a language model, on an adapter or on the CPU.")
    .argument("<model>", "a file of llama2.c, or a folder with config.json and safetensors files")
    .option(
      "--tokenizer <file>",
      "tokenizer.json or tokenizer.bin; one beside the model unless given",
    )
    .option("--prompt <text>", "what is continued", "")
    .option("--max-tokens <count>", "tokens to generate, at most", "256")
    .option("--temperature <t>", "0 takes the most likely token, more chooses by chance", "0")
    .option("--top-k <k>", "choose among the k most likely tokens")
    .option("--top-p <p>", "choose among the most likely tokens whose probabilities add up to p")
    .option("--seed <number>", "seed of what is chosen by chance", "0")
    .option("--stop <text>", "end before this text; may be repeated", collect)
    .option("--adapter <name>", "auto, hardware, software, swiftshader, or part of a name", "auto")
    .option("--backend <name>", BACKEND_HELP, "auto")
    .option("--dtype <type>", DTYPE_HELP, "f32")
    .option("--tune", TUNE_HELP)
    .option(
      "--context <count>",
      "tokens that there is room for; as many as are needed unless given",
    )
    .option("--adapter-weights <path[=scale]>", ADAPTER_WEIGHTS_HELP, collect)
    .option("--merge-adapters", MERGE_ADAPTERS_HELP)
    .option("--json", "print ids, text and tokens a second as one JSON object")
    .addHelpText(
      "after",
      `
Examples:
  papilio generate stories15M.bin --prompt "Once upon a time"
  papilio generate smollm-135m --prompt "The capital of France is" --max-tokens 20 --stop .
  papilio generate llama --adapter-weights poems --adapter-weights rhymes=0.5 --prompt "A rose"
  papilio generate gpt2 --prompt "Butterflies" --temperature 0.8 --top-p 0.95 --seed 7 --dtype f16

Text alone goes to stdout; the adapter and the speed to stderr. No template of a chat is applied.

${exitStatuses("the model computes NaN or infinity")}`,
    )
    .action((path: string, flags: Flags) => run(path, flags, interruption));
}

async function run(path: string, flags: Flags, interruption: Interruption): Promise<void> {
  const maxTokens = wholeNumber("--max-tokens", flags.maxTokens, 1, 2 ** 24);
  const sampling = samplingOf(flags);
  const asked =
    flags.context === undefined ? undefined : wholeNumber("--context", flags.context, 1, 2 ** 24);
  const signal = AbortSignal.any([interruption.signal, stdoutClosed()]);
  dtypeOf(flags);
  const adapters = await adapterChoices(flags.adapterWeights);
  const started = performance.now();
  using adapter = new OnDemandAdapter(flags.adapter);
  const language = await loadLanguageModel(path, flags.tokenizer, signal, (outline) =>
    requireFits(flags, outline, adapter),
  );
  const model = await withAdapters(language.model, adapters, flags, signal);
  const loadSeconds = (performance.now() - started) / 1000;
  const prompt = encode(language, flags.prompt);
  // Prompts are read in whole chunks, the last of which must fit too.
  const needed = Math.max(prompt.length + maxTokens, CHUNK * Math.ceil(prompt.length / CHUNK));
  const context = asked ?? Math.min(model.positions, needed);
  const step = model.traceStep({ tokens: 1, context });
  const compute = await openCompute(flags, step, adapter, signal);
  const { gpu, dtype, tune } = compute;
  const sizes = { context, chunk: CHUNK };
  const opened = performance.now();
  using generator =
    gpu === undefined
      ? TextGenerator.onCpu(model, { ...sizes, dtype, releaseParameters: true })
      : await TextGenerator.onDevice(gpu, model, { ...sizes, dtype, tune });
  await generator.prepare();
  const prepareSeconds = (performance.now() - opened) / 1000;
  const what = gpu === undefined ? "packed them" : "compiled shaders and packed them";
  note(
    `Loaded ${model.parameterCount} parameters in ${loadSeconds.toFixed(1)} s, ${what} in ${prepareSeconds.toFixed(1)} s; context of ${context} tokens.`,
  );
  const facts = {
    model: path,
    adapterWeights: adapters,
    parameters: model.parameterCount,
    adapter: gpu?.report ?? null,
    dtype,
    context,
    loadSeconds,
    prepareSeconds,
    promptIds: prompt,
  };
  const work = (reported: () => Reported): Work => ({
    show: () => shown(reported(), facts, flags.json ?? false),
  });
  const reported = await generate(generator, language, {
    ...sampling,
    prompt,
    maxTokens,
    stops: flags.stop ?? [],
    signal,
    write: flags.json ? () => undefined : writeText,
    onToken: (soFar) => interruption.keep(work(soFar)),
  });
  await interruption.finish(work(() => reported));
  if (reported.end === "interrupted") process.exitCode = 1;
}

/** A whole result as JSON; else what ends the text, which was written as it came. */
function shown(
  { held, ...reported }: Reported,
  facts: { readonly promptIds: readonly number[] },
  asJson: boolean,
): Shown {
  const { ids, tokensPerSecond } = reported;
  const text = reported.text + held;
  return {
    stdout: asJson ? JSON.stringify({ ...facts, ...reported, text }, null, 2) : held,
    stderr: `Tokens a second: ${rate(tokensPerSecond.prompt)} of the prompt (${facts.promptIds.length}), ${rate(tokensPerSecond.generation)} generated (${ids.length}).`,
  };
}

interface Reported {
  readonly ids: readonly number[];
  readonly text: string;
  /** Text that is held back: it may be the beginning of a stop sequence. */
  readonly held: string;
  /** Why it ended. */
  readonly end: "stop token" | "stop text" | "length" | "interrupted";
  /** Null where nothing was timed. */
  readonly tokensPerSecond: { readonly prompt: number | null; readonly generation: number | null };
}

async function generate(
  generator: TextGenerator,
  { tokenizer, stopTokens }: LanguageModel,
  {
    prompt,
    stops,
    signal,
    write,
    onToken,
    ...options
  }: Omit<GenerateOptions, "stopTokens" | "signal"> & {
    readonly maxTokens: number;
    readonly prompt: readonly number[];
    readonly stops: readonly string[];
    readonly signal: AbortSignal;
    readonly write: (text: string) => unknown;
    readonly onToken: (soFar: () => Reported) => Promise<void>;
  },
): Promise<Reported> {
  // The prompt is decoded too: whether a space begins the text depends on it.
  const stream = tokenizer.decodeStream();
  for (const id of prompt) stream.push(id);
  const stopper = new StopSequences(stops);
  const ids: number[] = [];
  let text = "";
  const tell = (piece: string): void => {
    text += piece;
    if (piece !== "") write(piece);
  };
  let promptSeconds = 0;
  let seconds = 0;
  const reportedAs = (end: Reported["end"]): Reported => ({
    ids,
    text,
    held: stopper.held,
    end,
    tokensPerSecond: {
      prompt: promptSeconds > 0 ? prompt.length / promptSeconds : null,
      // The first token comes with the prompt.
      generation: seconds > 0 ? (ids.length - 1) / seconds : null,
    },
  });
  try {
    for await (const token of generator.generate(prompt, { ...options, stopTokens, signal })) {
      signal.throwIfAborted();
      ids.push(token.id);
      promptSeconds = token.seconds - token.secondsAfterPrompt;
      seconds = token.secondsAfterPrompt;
      tell(stopper.push(stream.push(token.id)));
      if (stopper.found) break;
      await onToken(() => reportedAs("interrupted"));
    }
  } catch (error) {
    if (signal.aborted) return reportedAs("interrupted");
    throw error;
  }
  if (!stopper.found) tell(stopper.push(stream.end()) + stopper.end());
  const full = ids.length >= options.maxTokens || prompt.length + ids.length > generator.context;
  const ended = full ? "length" : "stop token";
  return reportedAs(stopper.found ? "stop text" : ended);
}

/** Ids of a prompt, with a token to begin with where it has none. */
function encode({ tokenizer }: LanguageModel, prompt: string): number[] {
  // Neither cut nor filled up, as tokenizers of encoders say: so do libraries of models.
  const ids = tokenizer.encode(prompt, { ownLengths: false });
  if (ids.length > 0) return ids;
  // GPT-2's one special token divides texts.
  const begin = tokenizer.beginOfSequence ?? tokenizer.endOfSequence;
  return begin === undefined ? [] : [begin];
}

function samplingOf(flags: Flags): GenerateOptions {
  const { temperature, topK, topP, seed } = flags;
  return {
    temperature: numberFrom("--temperature", temperature, 0, 100),
    ...(topK === undefined ? {} : { topK: wholeNumber("--top-k", topK, 1, 2 ** 24) }),
    ...(topP === undefined ? {} : { topP: numberFrom("--top-p", topP, 1e-6, 1) }),
    seed: wholeNumber("--seed", seed, 0, 2 ** 31 - 1),
  };
}

function rate(tokensPerSecond: number | null): string {
  return tokensPerSecond === null ? "-" : tokensPerSecond.toPrecision(3);
}
