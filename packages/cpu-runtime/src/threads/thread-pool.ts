import {
  openThread,
  PapilioError,
  type Thread,
  type ThreadEvents,
  type ThreadProgram,
} from "@papilio/butterfly";
import { instantiate, type Kernel, type RunPanel } from "../kernel/kernel.ts";
import type { CpuMemory } from "../memory/cpu-memory.ts";
import type { WorkerNews, WorkerStart } from "./cpu-worker.ts";
import {
  askToBeTold,
  CONTROL_ADDRESS,
  CONTROL_WORDS,
  doNext,
  dropRest,
  isDone,
  type Job,
  publish,
} from "./job-queue.ts";

const PROGRAM: ThreadProgram = {
  name: "cpu-worker",
  beside: import.meta.url,
  openInBrowser: () => new Worker(new URL("./cpu-worker.js", import.meta.url), { type: "module" }),
  inlined: () => import("./inlined-cpu-worker.ts"),
};

/** Milliseconds of work on the calling thread without giving others a turn. */
const SLICE = 40;
/** Milliseconds that the calling thread waits for the last item before it sleeps. */
const SHORT_WAIT = 0.1;

/**
 * The calling thread and its workers. A job is done by all of them; the workers sleep between jobs, and no
 * process stays alive for them then.
 */
export class Crew {
  readonly #kernel: Kernel;
  readonly #memory: CpuMemory;
  readonly #control: Int32Array;
  readonly #run: RunPanel;
  #workers: Thread<WorkerStart>[] = [];
  /** Resolved when all workers are ready. */
  #ready: Promise<unknown> = Promise.resolve();
  /** The number of the job under way. */
  #job = 0;
  /** Of that job: resolved when it is done, rejected when a worker is gone. */
  #finished: PromiseWithResolvers<void> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(kernel: Kernel, memory: CpuMemory) {
    this.#kernel = kernel;
    this.#memory = memory;
    this.#control = memory.int32(CONTROL_ADDRESS, CONTROL_WORDS);
    this.#run = instantiate(kernel.module, memory.memory);
  }

  /**
   * Opens workers until there are `threads` threads with the calling one.
   *
   * @throws PapilioError `CPU_WORKER_FAILED`
   */
  async prepare(threads: number): Promise<void> {
    const opened: Promise<void>[] = [];
    for (let thread = this.#workers.length + 1; thread < threads; thread++) {
      opened.push(this.#open(thread));
    }
    const before = this.#ready;
    this.#ready = Promise.all([before, ...opened]);
    await this.#ready;
  }

  /** Does jobs one after the other, after all that were asked for before. */
  async perform(jobs: readonly Job[], signal: AbortSignal | undefined): Promise<void> {
    for (const job of jobs) {
      signal?.throwIfAborted();
      await this.#performOne(job, signal);
    }
  }

  /** Waits for those before and keeps those after waiting: one multiplication at a time. */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    try {
      return await work();
    } finally {
      resolve();
    }
  }

  /** Ends the workers. What is under way fails; a later job opens others. */
  dismiss(reason: string): void {
    for (const worker of this.#workers) worker.terminate();
    this.#workers = [];
    this.#ready = Promise.resolve();
    dropRest(this.#control);
    this.#finished?.reject(workerFailed(reason));
  }

  async #open(thread: number): Promise<void> {
    const ready = Promise.withResolvers<void>();
    const fail = (reason: string): void => {
      ready.reject(workerFailed(reason));
      // What a worker says after it was dismissed is of no interest.
      if (this.#workers.includes(worker)) this.dismiss(reason);
    };
    const worker = openWorker({
      onResponse: (news) => {
        if (news === "ready") ready.resolve();
        else if ("error" in news) fail(news.error);
        else if (news.done === this.#job) this.#finished?.resolve();
      },
      onFailure: fail,
    });
    this.#workers.push(worker);
    const { module } = this.#kernel;
    worker.post({ module, memory: this.#memory.memory, thread });
    try {
      await ready.promise;
    } finally {
      worker.keepAlive(false);
    }
  }

  async #performOne(job: Job, signal: AbortSignal | undefined): Promise<void> {
    await this.prepare(job.threads);
    const control = this.#control;
    const finished = Promise.withResolvers<void>();
    // It may fail while nobody waits for it yet.
    finished.promise.catch(() => undefined);
    this.#finished = finished;
    const onAbort = (): void => {
      dropRest(control);
      if (isDone(control)) finished.resolve();
    };
    signal?.addEventListener("abort", onAbort);
    try {
      this.#job = publish(control, job);
      let sliceEnd = performance.now() + SLICE;
      while (doNext(control, this.#run, 0) !== false) {
        if (performance.now() < sliceEnd) continue;
        await new Promise((resolve) => setTimeout(resolve, 0));
        sliceEnd = performance.now() + SLICE;
      }
      const waitEnd = performance.now() + SHORT_WAIT;
      while (!isDone(control) && performance.now() < waitEnd);
      if (!isDone(control) && askToBeTold(control, this.#job)) await this.#awake(finished.promise);
      signal?.throwIfAborted();
    } finally {
      signal?.removeEventListener("abort", onAbort);
      this.#finished = undefined;
    }
  }

  async #awake(finished: Promise<void>): Promise<void> {
    for (const worker of this.#workers) worker.keepAlive(true);
    try {
      await finished;
    } finally {
      for (const worker of this.#workers) worker.keepAlive(false);
    }
  }
}

/** @throws PapilioError `CPU_WORKER_FAILED`, where a page's policy forbids workers for example */
function openWorker(events: ThreadEvents<WorkerNews>): Thread<WorkerStart> {
  try {
    return openThread(PROGRAM, events);
  } catch (error) {
    throw workerFailed(String(error));
  }
}

function workerFailed(reason: string): PapilioError {
  return new PapilioError(
    "CPU_WORKER_FAILED",
    `A thread of the CPU backend failed: ${reason}`,
    "Multiply again, which opens others; or with threads: 1, on the thread that calls.",
  );
}
