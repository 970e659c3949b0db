import { PapilioError } from "../errors/papilio-error.ts";
import type { Dropped } from "../linear-algebra/dropped.ts";
import type { Pattern } from "../pattern/pattern.ts";
import { type Parts, sharedParts } from "./parts.ts";
import { addDropped, NOTHING } from "./split.ts";
import type { OrthonormalSide, Split, SplitValues } from "./split-task.ts";
import {
  returnBuffer,
  returnThread,
  type SplitThread,
  takeBuffer,
  takeThread,
} from "./split-threads.ts";
import type { PatternEntries, WorkerRequest, WorkerResponse, WorkerTask } from "./split-worker.ts";
import {
  classesOfWork,
  type OnWork,
  type SplitResult,
  type Splitter,
  type SplitterOptions,
  splitterDisposed,
  splitWork,
} from "./splitter.ts";

/** Multiplications in a request, about: a few milliseconds. */
const REQUEST_WORK = 4e6;

/** The classes of one split that are left to do, and what becomes of it. */
interface Job {
  readonly split: Split;
  readonly request: Omit<WorkerRequest, "classes">;
  next: number;
  /** Requests under way. */
  pending: number;
  dropped: Dropped;
  readonly done: PromiseWithResolvers<Dropped>;
}

/** Splits in threads of its own, one split at a time, its classes in parallel. */
export class WorkerSplitter implements Splitter {
  readonly #threads: readonly SplitThread[];
  readonly #onWork: OnWork;
  readonly #signal: AbortSignal | undefined;
  readonly #kernels: Uint8Array | undefined;
  readonly #onAbort = (): void => this.#fail(this.#signal?.reason);
  readonly #shared = new WeakMap<Parts, Parts>();
  #job: Job | undefined;
  #failure: { readonly reason: unknown } | undefined;
  #isDisposed = false;

  constructor(threads: number, onWork: OnWork, { signal, kernels }: SplitterOptions) {
    this.#onWork = onWork;
    this.#signal = signal;
    this.#kernels = kernels;
    signal?.addEventListener("abort", this.#onAbort);
    this.#threads = Array.from({ length: threads }, (_, index) =>
      takeThread({
        onResponse: (response) => this.#receive(index, response),
        onFailure: (reason) => this.#fail(threadFailed(reason)),
      }),
    );
  }

  async split(product: Parts, split: Split, side: OrthonormalSide): Promise<SplitResult> {
    this.#assertLive();
    const complex = product.im !== undefined;
    const to = {
      left: allocate(split.left.nonZeros, complex),
      right: allocate(split.right.nonZeros, complex),
    };
    return { ...to, ...(await this.#run(product, split, { side, to })) };
  }

  truncationError(product: Parts, split: Split): Promise<Dropped> {
    return this.#run(product, split, { side: "left", to: undefined });
  }

  async squaredDistance(
    product: Parts,
    split: Split,
    { left, right }: SplitValues,
  ): Promise<number> {
    const distanceTo = { left: sharedParts(left), right: sharedParts(right) };
    return (await this.#run(product, split, { distanceTo })).dropped;
  }

  release({ re, im }: Parts): void {
    for (const part of [re, im]) {
      if (part?.buffer instanceof SharedArrayBuffer) returnBuffer(part.buffer);
    }
  }

  [Symbol.dispose](): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    const isIdle = this.#failure === undefined && this.#job === undefined;
    this.#fail(splitterDisposed());
    for (const thread of this.#threads) {
      if (isIdle) returnThread(thread);
      else thread.terminate();
    }
  }

  async #run(product: Parts, split: Split, task: WorkerTask): Promise<Dropped> {
    this.#assertLive();
    const patterns = [entriesOf(split.left), entriesOf(split.right)] as const;
    const request = { product: this.#share(product), patterns, task, kernels: this.#kernels };
    const done = Promise.withResolvers<Dropped>();
    this.#job = { split, request, next: 0, pending: 0, dropped: NOTHING, done };
    for (let index = 0; index < this.#threads.length; index++) this.#postNext(index);
    return await done.promise;
  }

  /** A matrix that is split several times is copied once. */
  #share(product: Parts): Parts {
    const shared = this.#shared.get(product) ?? sharedParts(product);
    this.#shared.set(product, shared);
    return shared;
  }

  /** Sends a thread the next classes. The job is done when all responses have arrived. */
  #postNext(index: number): void {
    const job = this.#job;
    if (job === undefined) return;
    const { split, next } = job;
    if (next === split.classes) {
      if (job.pending === 0) {
        this.#job = undefined;
        job.done.resolve(job.dropped);
      }
      return;
    }
    const share = Math.ceil(split.classes / this.#threads.length);
    const last = Math.min(
      split.classes,
      next + Math.min(share, classesOfWork(split, REQUEST_WORK)),
    );
    job.next = last;
    job.pending++;
    (this.#threads[index] as SplitThread).post({ ...job.request, classes: [next, last] });
  }

  #receive(index: number, response: WorkerResponse): void {
    const job = this.#job;
    if (job === undefined) return;
    if ("error" in response) {
      const { code = "WORKER_FAILED", message, fix = "Please report this." } = response.error;
      this.#fail(new PapilioError(code, message, fix));
      return;
    }
    job.pending--;
    job.dropped = addDropped(job.dropped, response.dropped);
    if (!("distanceTo" in job.request.task)) {
      this.#onWork(response.classes * splitWork(job.split));
    }
    this.#postNext(index);
  }

  #assertLive(): void {
    if (this.#failure !== undefined) throw this.#failure.reason;
  }

  #fail(reason: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { reason };
    this.#job?.done.reject(reason);
    this.#job = undefined;
  }
}

/** Values that will all be written. */
function allocate(length: number, complex: boolean): Parts {
  const part = (): Float64Array => new Float64Array(takeBuffer(8 * length), 0, length);
  return { re: part(), im: complex ? part() : undefined };
}

function entriesOf({ a, b, c, d }: Pattern): PatternEntries {
  return [a, b, c, d];
}

function threadFailed(reason: string): PapilioError {
  return new PapilioError(
    "WORKER_FAILED",
    `A thread of the factorization failed: ${reason}`,
    "Factorize with threads: 1, on the thread that it is called on.",
  );
}
