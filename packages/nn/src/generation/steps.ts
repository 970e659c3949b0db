import { DisposableStack } from "@papilio/butterfly";
import type { Gpu } from "@papilio/gpu-runtime";
import { CpuModel, type CpuModelOptions } from "../backends/cpu/cpu-model.ts";
import { DeviceModel, type DeviceModelOptions } from "../backends/gpu/device-model.ts";
import type { ModelMemory } from "../backends/gpu/model-memory.ts";
import type { Executable } from "../graph/executable.ts";
import type { Decoder } from "../models/decoder.ts";

/** A program that computes so many tokens at once. */
export interface Step {
  readonly tokens: number;
  readonly model: Executable;
}

/** Programs of a decoder that share their cache and their weights. */
export interface Steps extends Disposable {
  readonly one: Step;
  /** For the next tokens of a prompt: of as many tokens or more, or of a chunk where that is less. */
  forPrompt(tokens: number): Step;
  /** Packs weights, where the first run would do it. */
  prepare(): Promise<void>;
}

/** Sizes of a generator. */
interface Sizes {
  readonly context: number;
  readonly chunk: number;
}

/** Tokens by which programs of the CPU for the rest of a prompt differ: as many as a tile has vectors. */
export const TILE_TOKENS = 16;

/** On the CPU, where recording a program takes little: the rest of a prompt has one of its own size. */
export function stepsOnCpu(
  decoder: Decoder,
  { context, chunk }: Sizes,
  options: Pick<CpuModelOptions, "kernels" | "releaseParameters"> &
    Required<Pick<CpuModelOptions, "states" | "weights">>,
): Steps {
  const { kernels = "wasm", releaseParameters = false, states, weights } = options;
  const models = new Map<number, CpuModel>();
  const ofTokens = (tokens: number): Step & { readonly model: CpuModel } => {
    let model = models.get(tokens);
    if (model === undefined) {
      const graph = decoder.traceStep({ tokens, context });
      model = new CpuModel(graph, { states, kernels, weights, releaseParameters });
      models.set(tokens, model);
    }
    return { tokens, model };
  };
  const one = ofTokens(1);
  return {
    one,
    forPrompt: (tokens) =>
      tokens === 1 ? one : ofTokens(Math.min(chunk, TILE_TOKENS * Math.ceil(tokens / TILE_TOKENS))),
    prepare: async () => {
      for (const { model } of [one, ofTokens(chunk)]) await model.prepare();
    },
    [Symbol.dispose]: () => {
      // First: what they hold need not outlive the memory of the kernels.
      states.reset();
      for (const model of models.values()) model.dispose();
    },
  };
}

/** @throws PapilioError what `DeviceModel.compile` throws */
export async function stepsOnDevice(
  gpu: Gpu,
  decoder: Decoder,
  { context, chunk }: Sizes,
  shared: Pick<DeviceModelOptions, "tune"> & { readonly memory: ModelMemory },
): Promise<Steps> {
  using stack = new DisposableStack();
  const ofTokens = async (tokens: number): Promise<Step> => {
    const graph = decoder.traceStep({ tokens, context });
    return { tokens, model: stack.use(await DeviceModel.compile(gpu, graph, shared)) };
  };
  const one = await ofTokens(1);
  const several = chunk > 1 ? await ofTokens(chunk) : one;
  const owned = stack.move();
  return {
    one,
    forPrompt: (tokens) => (tokens === 1 ? one : several),
    prepare: () => Promise.resolve(),
    [Symbol.dispose]: () => owned.dispose(),
  };
}

/**
 * The logits after the last of some tokens.
 *
 * @param tokens as many as the step has, or fewer
 * @param position of the first
 */
export async function runStep(
  step: Step,
  tokens: readonly number[],
  position: number,
): Promise<Float32Array<ArrayBuffer>> {
  const ids = new Uint32Array(step.tokens);
  ids.set(tokens);
  const { logits } = await step.model.run({
    ids,
    position: Uint32Array.of(position),
    last: Uint32Array.of(tokens.length - 1),
  });
  return logits as Float32Array<ArrayBuffer>;
}
