import { type Butterfly, compile } from "@papilio/butterfly";
import { type CpuMatrix, type CpuVectors, cpu } from "@papilio/cpu-runtime";
import { modelDisposed } from "../../graph/executable.ts";
import type { Parameter } from "../../modules/parameter.ts";
import { butterflyOf } from "../../operations/linear/butterfly-of.ts";
import type { Matrix } from "../../operations/linear/matrix.ts";

type PackedMatrix = CpuMatrix<CpuVectors>;

/** A matrix that is packed, or being packed, and how many models hold it. */
interface Entry {
  readonly packing: Promise<PackedMatrix>;
  packed?: PackedMatrix;
  owners: number;
}

/**
 * Weights packed for the kernels in WebAssembly, that models share: each matrix is packed once, at its
 * first use, and released when the last model that used it is disposed.
 */
export class CpuWeightStore {
  readonly #entries = new Map<Butterfly, Entry>();

  /** Memory of the packed weights, in bytes. */
  get bytes(): number {
    return [...this.#entries.values()].reduce((sum, { packed }) => sum + (packed?.bytes ?? 0), 0);
  }

  /** @internal For a model: the weights that it takes until it is disposed. */
  open(): CpuWeights {
    return new CpuWeights(
      (matrix) => this.#acquire(butterflyOf(matrix)),
      (entry) => this.#release(entry),
    );
  }

  #acquire(butterfly: Butterfly): Entry {
    const known = this.#entries.get(butterfly);
    if (known !== undefined) {
      known.owners++;
      return known;
    }
    const packing = compile(butterfly, cpu());
    const entry: Entry = { packing, owners: 1 };
    this.#entries.set(butterfly, entry);
    packing.then(
      (packed) => {
        entry.packed = packed;
      },
      // A later model tries again.
      () => this.#forget(entry),
    );
    return entry;
  }

  #release(entry: Entry): void {
    entry.owners--;
    if (entry.owners > 0) return;
    this.#forget(entry);
    entry.packing.then(
      (packed) => packed.dispose(),
      () => undefined,
    );
  }

  #forget(entry: Entry): void {
    for (const [butterfly, known] of this.#entries) {
      if (known === entry) this.#entries.delete(butterfly);
    }
  }
}

/** The weights that one model takes of a store. */
export class CpuWeights implements Disposable {
  readonly #acquire: (matrix: Matrix) => Entry;
  readonly #release: (entry: Entry) => void;
  /** By the left-most factor: a weight has one matrix. */
  readonly #held = new Map<Parameter, Entry>();
  #disposed = false;

  constructor(acquire: (matrix: Matrix) => Entry, release: (entry: Entry) => void) {
    this.#acquire = acquire;
    this.#release = release;
  }

  /**
   * A matrix, packed at its first use.
   *
   * @throws PapilioError `MODEL_DISPOSED`, and what compiling it for the CPU throws
   */
  async packed(matrix: Matrix): Promise<PackedMatrix> {
    if (this.#disposed) throw modelDisposed();
    const first = matrix.factors[0] as Parameter;
    const entry = this.#held.get(first) ?? this.#acquire(matrix);
    this.#held.set(first, entry);
    try {
      const packed = await entry.packing;
      if (this.#disposed) throw modelDisposed();
      return packed;
    } catch (error) {
      if (this.#held.get(first) === entry) {
        this.#held.delete(first);
        this.#release(entry);
      }
      throw error;
    }
  }

  /** Releases the weights; safe to call twice. */
  dispose(): void {
    this.#disposed = true;
    for (const entry of this.#held.values()) this.#release(entry);
    this.#held.clear();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
