import { DisposableStack } from "@papilio/butterfly";
import type { Gpu } from "@papilio/gpu-runtime";
import type { CpuModelOptions } from "../backends/cpu/cpu-model.ts";
import { CpuWeightStore, type CpuWeightStoreOptions } from "../backends/cpu/cpu-weight-store.ts";
import type { DeviceModelOptions } from "../backends/gpu/device-model.ts";
import { ModelMemory } from "../backends/gpu/model-memory.ts";
import type { Decoder } from "../models/decoder.ts";
import { runStep, type Steps, stepsOnCpu, stepsOnDevice } from "./steps.ts";

/** The next token of a sequence, and where its keys and values are. */
interface SlotToken {
  readonly slot: number;
  readonly id: number;
  readonly position: number;
}

/** Caches of several sequences, and the programs that read and write them. */
export interface SequenceSlots extends Disposable {
  /** Tokens that follow `position`, a chunk at most; gives the logits after the last of them. */
  read(slot: number, ids: readonly number[], position: number): Promise<Float32Array>;
  /** One token of each of several sequences; gives the logits after each. */
  decode(tokens: readonly SlotToken[]): Promise<readonly Float32Array[]>;
  prepare(): Promise<void>;
}

interface Sizes {
  readonly context: number;
  readonly chunk: number;
}

/** Each slot has programs of its own, recorded at its first use; all read the same packed weights. */
class SlotsOfSteps implements SequenceSlots {
  readonly #context: number;
  readonly #open: (slot: number) => Promise<Steps>;
  readonly #held: DisposableStack;
  readonly #steps = new Map<number, Promise<Steps>>();
  readonly #opened: Steps[] = [];
  #disposed = false;

  constructor(context: number, open: (slot: number) => Promise<Steps>, held: DisposableStack) {
    this.#context = context;
    this.#open = open;
    this.#held = held;
  }

  async read(slot: number, ids: readonly number[], position: number): Promise<Float32Array> {
    const steps = await this.#of(slot);
    const several = steps.forPrompt(ids.length);
    // A chunk that did not fit the context would write over what is there.
    if (position + several.tokens <= this.#context) return await runStep(several, ids, position);
    let logits = new Float32Array();
    for (const [index, id] of ids.entries()) {
      logits = await runStep(steps.one, [id], position + index);
    }
    return logits;
  }

  async decode(tokens: readonly SlotToken[]): Promise<readonly Float32Array[]> {
    const logits: Float32Array[] = [];
    for (const { slot, id, position } of tokens) {
      logits.push(await runStep((await this.#of(slot)).one, [id], position));
    }
    return logits;
  }

  async prepare(): Promise<void> {
    await (await this.#of(0)).prepare();
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const steps of this.#opened) steps[Symbol.dispose]();
    this.#held.dispose();
  }

  #of(slot: number): Promise<Steps> {
    const known = this.#steps.get(slot);
    if (known !== undefined) return known;
    const opened = this.#open(slot);
    this.#steps.set(slot, opened);
    opened.then(
      (steps) => {
        if (this.#disposed) steps[Symbol.dispose]();
        else this.#opened.push(steps);
      },
      () => this.#steps.delete(slot),
    );
    return opened;
  }
}

/** On the CPU, by the kernels in WebAssembly unless others are asked for. */
export function slotsOnCpu(
  decoder: Decoder,
  sizes: Sizes,
  options: Pick<CpuModelOptions, "kernels" | "releaseParameters"> & CpuWeightStoreOptions,
): SequenceSlots {
  const weights = new CpuWeightStore({ dtype: options.dtype ?? "f32" });
  const create = (): Steps => stepsOnCpu(decoder, sizes, { ...options, weights });
  // At once: it refuses what are no options.
  const first = create();
  const open = (slot: number): Promise<Steps> => Promise.resolve(slot === 0 ? first : create());
  return new SlotsOfSteps(sizes.context, open, new DisposableStack());
}

/**
 * On a device.
 *
 * @throws PapilioError what `DeviceModel.compile` throws
 */
export async function slotsOnDevice(
  gpu: Gpu,
  decoder: Decoder,
  sizes: Sizes,
  options: Pick<DeviceModelOptions, "dtype">,
): Promise<SequenceSlots> {
  using stack = new DisposableStack();
  const memory = stack.use(new ModelMemory(gpu, options.dtype));
  const open = (slot: number): Promise<Steps> =>
    stepsOnDevice(gpu, decoder, { ...sizes, cache: `sequences.${slot}.` }, { memory });
  const slots = new SlotsOfSteps(sizes.context, open, stack.move());
  try {
    await slots.prepare();
    return slots;
  } catch (error) {
    slots[Symbol.dispose]();
    throw error;
  }
}
