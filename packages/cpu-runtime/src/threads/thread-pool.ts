import { PapilioError } from "@papilio/butterfly";
import {
  openThread,
  type Thread,
  type ThreadEvents,
  type ThreadProgram,
  TimeSlicer,
} from "@papilio/butterfly/threads";
import { instantiate, type Kernel, type RunPanel } from "../kernel/kernel.ts";
import type { CpuMemory } from "../memory/cpu-memory.ts";
import type { WorkerMessage, WorkerStart } from "./cpu-worker.ts";
import {
  CONTROL_ADDRESS,
  CONTROL_WORDS,
  cancelRemaining,
  isDone,
  type Job,
  publish,
  requestNotify,
  runNextItem,
} from "./job-queue.ts";

const PROGRAM: ThreadProgram = {
  name: "cpu-worker",
  siblingUrl: import.meta.url,
  openInBrowser: () => new Worker(new URL("./cpu-worker.js", import.meta.url), { type: "module" }),
  inlined: () => import("./inlined-cpu-worker.ts"),
};

/** Milliseconds that the calling thread waits for the last item before it sleeps. */
const SHORT_WAIT = 0.1;

/**
 * The calling thread and its workers. All of them run a job; the workers sleep between jobs, and keep no
 * process alive then.
 */
export class ThreadPool {
  readonly #kernel: Kernel;
  readonly #memory: CpuMemory;
  readonly #control: Int32Array;
  readonly #runPanel: RunPanel;
  #workers: Thread<WorkerStart>[] = [];
  /** Resolved when all workers are ready. */
  #ready: Promise<unknown> = Promise.resolve();
  /** The number of the job under way. */
  #job = 0;
  /** Of that job: resolved when it is done, rejected when a worker has failed. */
  #finished: PromiseWithResolvers<void> | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(kernel: Kernel, memory: CpuMemory) {
    this.#kernel = kernel;
    this.#memory = memory;
    this.#control = memory.int32(CONTROL_ADDRESS, CONTROL_WORDS);
    this.#runPanel = instantiate(kernel.module, memory.memory).run;
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

  /** Runs jobs one after the other. */
  async run(jobs: readonly Job[], signal: AbortSignal | undefined): Promise<void> {
    for (const job of jobs) {
      signal?.throwIfAborted();
      await this.#runJob(job, signal);
    }
  }

  /** Runs multiplications one at a time, in the order of the calls. */
  async runExclusive<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#queue;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#queue = promise;
    await before;
    try {
      return await work();
    } finally {
      resolve();
    }
  }

  /** Ends the workers. A job under way fails; a later one opens others. */
  terminate(reason: string): void {
    for (const worker of this.#workers) worker.terminate();
    this.#workers = [];
    this.#ready = Promise.resolve();
    cancelRemaining(this.#control);
    this.#finished?.reject(workerFailed(reason));
  }

  async #open(thread: number): Promise<void> {
    const ready = Promise.withResolvers<void>();
    const fail = (reason: string): void => {
      ready.reject(workerFailed(reason));
      // Messages of a worker that was terminated are ignored.
      if (this.#workers.includes(worker)) this.terminate(reason);
    };
    const worker = openWorker({
      onResponse: (message) => {
        if (message === "ready") ready.resolve();
        else if ("error" in message) fail(message.error);
        else if (message.done === this.#job) this.#finished?.resolve();
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

  async #runJob(job: Job, signal: AbortSignal | undefined): Promise<void> {
    await this.prepare(job.threads);
    const control = this.#control;
    const finished = Promise.withResolvers<void>();
    // It may fail while nobody waits for it yet.
    finished.promise.catch(() => undefined);
    this.#finished = finished;
    const onAbort = (): void => {
      cancelRemaining(control);
      if (isDone(control)) finished.resolve();
    };
    signal?.addEventListener("abort", onAbort);
    try {
      this.#job = publish(control, job);
      const slicer = new TimeSlicer();
      while (runNextItem(control, this.#runPanel, 0) !== false) {
        // Nothing is awaited within a slice, not even for a microtask.
        if (slicer.isDue) await slicer.yieldIfDue();
      }
      const waitEnd = performance.now() + SHORT_WAIT;
      while (!isDone(control) && performance.now() < waitEnd);
      if (!isDone(control) && requestNotify(control, this.#job))
        await this.#keepAliveUntil(finished.promise);
      signal?.throwIfAborted();
    } finally {
      signal?.removeEventListener("abort", onAbort);
      this.#finished = undefined;
    }
  }

  async #keepAliveUntil(finished: Promise<void>): Promise<void> {
    for (const worker of this.#workers) worker.keepAlive(true);
    try {
      await finished;
    } finally {
      for (const worker of this.#workers) worker.keepAlive(false);
    }
  }
}

/** @throws PapilioError `CPU_WORKER_FAILED`, where a page's policy forbids workers for example */
function openWorker(events: ThreadEvents<WorkerMessage>): Thread<WorkerStart> {
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
    "Multiply again, which opens other threads, or create the matrix with threads: 1.",
  );
}
