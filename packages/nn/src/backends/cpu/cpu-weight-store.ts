import type { CpuEngine, CpuSpan, WeightDtype } from "@papilio/cpu-runtime/kernels";
import { objectOf, optional, weightDtype } from "../../arguments/checks.ts";
import { modelDisposed } from "../../graph/executable.ts";
import type { Parameter } from "../../modules/parameter.ts";

/** Numbers in the memory of the kernels, or on their way there, and how many models hold them. */
interface Entry {
  readonly key: string;
  readonly span: CpuSpan;
  readonly engine: CpuEngine;
  /** Rejected where they could not be packed; a later model tries again. */
  filled: Promise<void>;
  readonly fill: PackedNumbers["fill"];
  owners: number;
}

/** How numbers get into their memory. */
export interface PackedNumbers {
  /** What they are made of; the numbers of the same parameters in the same form are packed once. */
  readonly parameters: readonly Pick<Parameter, "identity">[];
  /** What they are made into. */
  readonly form: string;
  readonly bytes: number;
  fill(span: CpuSpan, engine: CpuEngine): Promise<void> | void;
}

export interface CpuWeightStoreOptions {
  /**
   * How matrices of linear layers are stored, `f32` unless given. `f16` takes half of the memory, few bits those of their
   * codes and 16 for the scale of 32 weights: `q8` 27 % of it, `q4` 14 % and `q2` 8 %; a single vector reads as much less.
   * Sums are in float32 with all of them. Factors of few bits are rounded one by one, as `quantizeValues` of
   * `@papilio/butterfly/numeric` says.
   */
  readonly dtype?: WeightDtype;
}

const optionsCheck = objectOf({ dtype: optional(weightDtype) });

/**
 * Weights in the memory of the kernels in WebAssembly, that models share: each is packed once, at its first
 * use, and released when the last model that used it is disposed.
 */
export class CpuWeightStore {
  readonly dtype: WeightDtype;
  readonly #entries = new Map<string, Entry>();
  /** Numbers that stand for parameters in keys. */
  readonly #ids = new WeakMap<object, number>();
  #next = 0;

  /** @throws PapilioError `OPTION_INVALID` */
  constructor(options: CpuWeightStoreOptions = {}) {
    optionsCheck("the store of weights", options);
    this.dtype = options.dtype ?? "f32";
  }

  /** Memory of the weights, in bytes. */
  get bytes(): number {
    return [...this.#entries.values()].reduce((sum, { span }) => sum + span.bytes, 0);
  }

  /** @internal For a model: the weights that it takes until it is disposed. */
  open(): CpuWeights {
    return new CpuWeights(
      (engine, numbers) => this.#acquire(engine, numbers),
      (entry) => this.#release(entry),
      this.dtype,
    );
  }

  #acquire(engine: CpuEngine, numbers: PackedNumbers): Entry {
    const key = `${numbers.form} of ${numbers.parameters.map(({ identity }) => this.#idOf(identity))}`;
    const known = this.#entries.get(key);
    if (known !== undefined) {
      known.owners++;
      return known;
    }
    const { bytes, fill } = numbers;
    const span = { address: engine.memory.allocate(bytes, "weights"), bytes };
    const filled = (async (): Promise<void> => await fill(span, engine))();
    const entry = { key, span, engine, filled, fill, owners: 1 };
    this.#entries.set(key, entry);
    filled.catch(() => this.#forget(entry));
    return entry;
  }

  #release(entry: Entry): void {
    entry.owners--;
    if (entry.owners > 0) return;
    this.#forget(entry);
    const { engine, span, filled } = entry;
    const free = (): void => {
      // After the runs that have begun.
      void engine.pool.runExclusive(() => Promise.resolve(engine.memory.free(span.address)));
    };
    filled.then(free, free);
  }

  #forget(entry: Entry): void {
    if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
  }

  #idOf(identity: object): number {
    const id = this.#ids.get(identity) ?? this.#next++;
    this.#ids.set(identity, id);
    return id;
  }
}

/** The weights that one model takes of a store. */
export class CpuWeights implements Disposable {
  readonly #acquire: (engine: CpuEngine, numbers: PackedNumbers) => Entry;
  readonly #release: (entry: Entry) => void;
  readonly #held = new Set<Entry>();
  readonly dtype: WeightDtype;
  #disposed = false;

  constructor(
    acquire: (engine: CpuEngine, numbers: PackedNumbers) => Entry,
    release: (entry: Entry) => void,
    dtype: WeightDtype,
  ) {
    this.dtype = dtype;
    this.#acquire = acquire;
    this.#release = release;
  }

  /**
   * Memory that will hold numbers once it is filled.
   *
   * @throws PapilioError `MODEL_DISPOSED`, `CPU_MEMORY`
   */
  of(engine: CpuEngine, numbers: PackedNumbers): Pick<Entry, "span" | "filled"> {
    if (this.#disposed) throw modelDisposed();
    const entry = this.#acquire(engine, numbers);
    if (this.#held.has(entry)) this.#release(entry);
    this.#held.add(entry);
    return entry;
  }

  /** Resolved when all that was taken so far is packed. */
  async filled(): Promise<void> {
    await Promise.all([...this.#held].map(({ filled }) => filled));
  }

  /** Packs the numbers of the parameters again, after they were changed in place. No program may run meanwhile. */
  async renew(): Promise<void> {
    for (const entry of this.#held) {
      const { filled, fill, span, engine } = entry;
      entry.filled = filled.then(() => fill(span, engine));
    }
    await this.filled();
  }

  /** Releases the weights; safe to call twice. */
  dispose(): void {
    this.#disposed = true;
    for (const entry of this.#held) this.#release(entry);
    this.#held.clear();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
