// First: it defines the symbol that the classes name a method by, where an engine lacks it.
import "../disposal/dispose-symbols.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import type { Dropped } from "../linear-algebra/dropped.ts";
import { withKernels } from "../linear-algebra/kernels.ts";
import { TimeSlicer } from "../threads/time-slicer.ts";
import type { Parts } from "./parts.ts";
import { takeParts } from "./spare-buffers.ts";
import { addDropped, NOTHING, splitClasses, squaredDistanceOfClasses } from "./split.ts";
import type { OrthonormalSide, Split, SplitValues } from "./split-task.ts";

/** Multiplications of a slice, about: some milliseconds. */
const SLICE_WORK = 1e6;

/** Two factors whose product approximates one. */
export interface SplitResult extends Dropped, SplitValues {}

/** Splits factors, on this thread or in workers. Throws `SPLITTER_DISPOSED` after it was disposed of. */
export interface Splitter extends Disposable {
  /** Into memory of `takeParts`, which the caller returns. */
  split(product: Parts, split: Split, side: OrthonormalSide): Promise<SplitResult>;
  /** What {@link split} would drop. */
  truncationError(product: Parts, split: Split): Promise<Dropped>;
  /** The squared Frobenius norm of the product of two factors subtracted from another one. */
  squaredDistance(product: Parts, split: Split, factors: SplitValues): Promise<number>;
}

/** Called with the work that is done, in multiplications of the Gram matrices that a split begins with. */
export type OnWork = (amount: number) => void;

/** Multiplications that a class of a split takes about. */
export function splitWork({ left, right }: Split): number {
  return left.b * right.c * Math.min(left.b, right.c);
}

/** What both kinds of splitters take. */
export interface SplitterOptions {
  readonly signal?: AbortSignal | undefined;
  /** As `FactorizeOptions` has them. */
  readonly kernels?: Uint8Array | undefined;
}

/** Multiplications that a class of a distance takes. */
export function distanceWork({ left, right, rank }: Split): number {
  return left.b * right.c * (rank + 1);
}

/**
 * How many classes, one at least, of so many multiplications each are a slice: what is done between looks at
 * the clock, or by a thread at once. It does not depend on threads, nor does the order in which sums of
 * slices are added up: results are the same to the last bit for any number of threads.
 */
export function classesPerSlice(work: number): number {
  return Math.max(1, Math.round(SLICE_WORK / work));
}

/** What is thrown where a splitter is used after it was disposed of. */
export function splitterDisposed(): PapilioError {
  return new PapilioError(
    "SPLITTER_DISPOSED",
    "The threads of the factorization were disposed of.",
    "Dispose of them after the last split.",
  );
}

/** Splits on the thread that it is called on, which others get a turn on every few milliseconds. */
export class LocalSplitter implements Splitter {
  readonly #onWork: OnWork;
  readonly #signal: AbortSignal | undefined;
  readonly #kernels: Uint8Array | undefined;
  #disposed = false;

  constructor(onWork: OnWork, { signal, kernels }: SplitterOptions) {
    this.#onWork = onWork;
    this.#signal = signal;
    this.#kernels = kernels;
  }

  async split(product: Parts, split: Split, side: OrthonormalSide): Promise<SplitResult> {
    if (this.#disposed) throw splitterDisposed();
    const complex = product.im !== undefined;
    const to = {
      left: takeParts(split.left.nonZeros, { complex, shared: false }),
      right: takeParts(split.right.nonZeros, { complex, shared: false }),
    };
    return { ...to, ...(await this.#splitInSlices(product, split, side, to)) };
  }

  truncationError(product: Parts, split: Split): Promise<Dropped> {
    return this.#splitInSlices(product, split, "left");
  }

  async squaredDistance(product: Parts, split: Split, factors: SplitValues): Promise<number> {
    let sum = 0;
    await this.#inSlices(split, distanceWork(split), (classes) => {
      sum += squaredDistanceOfClasses(product, split, factors, classes);
    });
    return sum;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
  }

  async #splitInSlices(
    product: Parts,
    split: Split,
    side: OrthonormalSide,
    to?: SplitValues,
  ): Promise<Dropped> {
    let sum = NOTHING;
    const work = splitWork(split);
    await this.#inSlices(split, work, (classes) => {
      sum = addDropped(sum, splitClasses(product, split, side, classes, to));
      this.#onWork((classes[1] - classes[0]) * work);
    });
    return sum;
  }

  async #inSlices(
    split: Split,
    work: number,
    run: (classes: readonly [number, number]) => void,
  ): Promise<void> {
    const slicer = new TimeSlicer(this.#signal);
    const count = classesPerSlice(work);
    for (let first = 0; first < split.classes; first += count) {
      if (this.#disposed) throw splitterDisposed();
      const last = Math.min(split.classes, first + count);
      withKernels(this.#kernels, () => run([first, last]));
      await slicer.yieldIfDue();
    }
    this.#signal?.throwIfAborted();
  }
}
