import { DisposableState } from "../memory/disposable-state.ts";

/** What is prepared for a shape: packed weights on the device. */
interface Preparable extends Disposable {
  readonly bytes: number;
}

/** What is prepared for one shape. Whoever uses it last releases it, once it is not kept. */
interface Prepared<M> {
  readonly key: string;
  readonly multiplication: M;
  /** Multiplications that are being recorded. */
  users: number;
}

/** Shapes whose packed weights and kernels are kept at once: the least recently used goes. */
export const KEPT_SHAPES = 8;

/** Multiplications by one matrix, prepared at the first use of each shape, and kept for the last few. */
export class PreparedShapes<S, M extends Preparable> implements Disposable {
  readonly #keyOf: (shape: S) => string;
  readonly #prepare: (shape: S) => M;
  readonly #kept = new Map<string, Prepared<M>>();
  readonly #state = new DisposableState("matrix");

  constructor(keyOf: (shape: S) => string, prepare: (shape: S) => M) {
    this.#keyOf = keyOf;
    this.#prepare = prepare;
  }

  /** Device memory held, in bytes. */
  get bytes(): number {
    return [...this.#kept.values()].reduce(
      (sum, { multiplication }) => sum + multiplication.bytes,
      0,
    );
  }

  /** @throws PapilioError `MATRIX_DISPOSED` after {@link dispose} */
  assertLive(): void {
    this.#state.assertLive();
  }

  /**
   * What is prepared for a shape; valid until others are asked for.
   *
   * @throws PapilioError `MATRIX_DISPOSED`
   */
  of(shape: S): M {
    return this.#get(shape).multiplication;
  }

  /** Does something with what is prepared for a shape, which stays valid until then. */
  async use<T>(shape: S, action: (multiplication: M) => Promise<T>): Promise<T> {
    const prepared = this.#get(shape);
    prepared.users++;
    try {
      return await action(prepared.multiplication);
    } catch (error) {
      // It may be the weights that the device had no memory for: they are packed again next time.
      this.#drop(prepared);
      throw error;
    } finally {
      prepared.users--;
      this.#release(prepared);
    }
  }

  /** Frees what is kept and not in use. */
  releaseUnused(): void {
    for (const prepared of this.#kept.values()) {
      if (prepared.users === 0) this.#drop(prepared);
    }
  }

  /** Frees what is kept; what is in use, as soon as it no longer is. */
  dispose(): void {
    this.#state.dispose(() => {
      for (const prepared of this.#kept.values()) this.#drop(prepared);
    });
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #get(shape: S): Prepared<M> {
    this.assertLive();
    const key = this.#keyOf(shape);
    const prepared = this.#kept.get(key) ?? {
      key,
      multiplication: this.#prepare(shape),
      users: 0,
    };
    // A map keeps the order in which keys were set: the least recently used comes first.
    this.#kept.delete(key);
    this.#kept.set(key, prepared);
    for (const oldest of this.#kept.values()) {
      if (this.#kept.size <= KEPT_SHAPES) break;
      this.#drop(oldest);
    }
    return prepared;
  }

  /** Keeps it no longer. */
  #drop(prepared: Prepared<M>): void {
    if (this.#kept.get(prepared.key) === prepared) this.#kept.delete(prepared.key);
    this.#release(prepared);
  }

  /** Frees it unless it is kept or in use. */
  #release(prepared: Prepared<M>): void {
    const kept = this.#kept.get(prepared.key) === prepared;
    if (!kept && prepared.users === 0) prepared.multiplication[Symbol.dispose]();
  }
}
