import { PapilioError } from "../errors/papilio-error.ts";
import type { Dropped } from "../linear-algebra/dropped.ts";
import type { Pattern } from "../pattern/pattern.ts";
import { type Parts, sharedParts } from "./parts.ts";
import { takeParts } from "./spare-buffers.ts";
import { addDropped, NOTHING } from "./split.ts";
import type { OrthonormalSide, Split, SplitValues } from "./split-task.ts";
import { hasIdleThread, returnThread, type SplitThread, takeThread } from "./split-threads.ts";
import type { PatternEntries, WorkerRequest, WorkerResponse, WorkerTask } from "./split-worker.ts";
import {
  classesPerSlice,
  distanceWork,
  LocalSplitter,
  type OnWork,
  type SplitResult,
  type Splitter,
  type SplitterOptions,
  splitterDisposed,
  splitWork,
} from "./splitter.ts";

/** Multiplications of a job up to which it is done where it is called: threads would take longer to wake up. */
const LOCAL_WORK = 8e6;
/** The same where threads have to start, which takes some fifty milliseconds, and megabytes for each. */
const LOCAL_WORK_BEFORE_START = 4e7;
/** Of real numbers that one of complex ones takes. */
const COMPLEX_WORK = 4;
/** Requests that a thread has: it need not wait for the next one when it is done with the first. */
const REQUESTS_PER_THREAD = 2;

/** The classes of one split that are left to do, and what becomes of it. */
interface Job {
  readonly split: Split;
  readonly request: Omit<WorkerRequest, "classes">;
  /** Classes of a request. */
  readonly slice: number;
  next: number;
  /** Requests under way. */
  pending: number;
  /** Of each slice. */
  readonly dropped: Dropped[];
  readonly done: PromiseWithResolvers<Dropped>;
}

/**
 * Splits in threads of its own, one split at a time, its classes in parallel; those that are small where it
 * is called. Threads start with the first split that is large.
 */
export class WorkerSplitter implements Splitter {
  readonly #threadCount: number;
  readonly #threads: SplitThread[] = [];
  readonly #local: LocalSplitter;
  readonly #onWork: OnWork;
  readonly #signal: AbortSignal | undefined;
  readonly #kernels: Uint8Array | undefined;
  readonly #onAbort = (): void => this.#fail(this.#signal?.reason);
  readonly #shared = new WeakMap<Parts, Parts>();
  #job: Job | undefined;
  #failure: { readonly reason: unknown } | undefined;
  #isDisposed = false;

  constructor(threads: number, onWork: OnWork, { signal, kernels }: SplitterOptions) {
    this.#threadCount = threads;
    this.#local = new LocalSplitter(onWork, { signal, kernels });
    this.#onWork = onWork;
    this.#signal = signal;
    this.#kernels = kernels;
    signal?.addEventListener("abort", this.#onAbort);
  }

  async split(product: Parts, split: Split, side: OrthonormalSide): Promise<SplitResult> {
    this.#assertLive();
    if (this.#isSmall(product, split, splitWork(split))) {
      return await this.#local.split(product, split, side);
    }
    const complex = product.im !== undefined;
    const to = {
      left: takeParts(split.left.nonZeros, { complex, shared: true }),
      right: takeParts(split.right.nonZeros, { complex, shared: true }),
    };
    return { ...to, ...(await this.#run(product, split, { side, to })) };
  }

  async truncationError(product: Parts, split: Split): Promise<Dropped> {
    this.#assertLive();
    if (this.#isSmall(product, split, splitWork(split))) {
      return await this.#local.truncationError(product, split);
    }
    return await this.#run(product, split, { side: "left", to: undefined });
  }

  async squaredDistance(product: Parts, split: Split, factors: SplitValues): Promise<number> {
    this.#assertLive();
    if (this.#isSmall(product, split, distanceWork(split))) {
      return await this.#local.squaredDistance(product, split, factors);
    }
    const { left, right } = factors;
    const distanceTo = { left: sharedParts(left), right: sharedParts(right) };
    return (await this.#run(product, split, { distanceTo })).dropped;
  }

  [Symbol.dispose](): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#local[Symbol.dispose]();
    const isIdle = this.#failure === undefined && this.#job === undefined;
    this.#fail(splitterDisposed());
    for (const thread of this.#threads) {
      if (isIdle) returnThread(thread);
      else thread.terminate();
    }
  }

  async #run(product: Parts, split: Split, task: WorkerTask): Promise<Dropped> {
    this.#startThreads();
    const patterns = [entriesOf(split.left), entriesOf(split.right)] as const;
    const request = { product: this.#share(product), patterns, task, kernels: this.#kernels };
    const done = Promise.withResolvers<Dropped>();
    const slice = classesPerSlice("distanceTo" in task ? distanceWork(split) : splitWork(split));
    this.#job = { split, request, slice, next: 0, pending: 0, dropped: [], done };
    for (let round = 0; round < REQUESTS_PER_THREAD; round++) {
      for (let index = 0; index < this.#threads.length; index++) this.#postNext(index);
    }
    return await done.promise;
  }

  /** Whether a job takes less than threads would save. */
  #isSmall({ im }: Parts, { classes }: Split, work: number): boolean {
    const areThere = this.#threads.length > 0 || hasIdleThread();
    const most = areThere ? LOCAL_WORK : LOCAL_WORK_BEFORE_START;
    return classes * work * (im === undefined ? 1 : COMPLEX_WORK) <= most;
  }

  #startThreads(): void {
    for (let index = this.#threads.length; index < this.#threadCount; index++) {
      const thread = takeThread({
        onResponse: (response) => this.#receive(index, response),
        onFailure: (reason) => this.#fail(threadFailed(reason)),
      });
      this.#threads.push(thread);
    }
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
    const { split, slice, next } = job;
    if (next === split.classes) {
      if (job.pending === 0) {
        this.#job = undefined;
        job.done.resolve(job.dropped.reduce(addDropped, NOTHING));
      }
      return;
    }
    const last = Math.min(split.classes, next + slice);
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
    const [first, last] = response.classes;
    job.dropped[first / job.slice] = response.dropped;
    if (!("distanceTo" in job.request.task)) this.#onWork((last - first) * splitWork(job.split));
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
