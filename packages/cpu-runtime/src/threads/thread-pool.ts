import { PapilioError } from "@papilio/butterfly";
import {
  openThread,
  type Thread,
  type ThreadEvents,
  type ThreadProgram,
  TimeSlicer,
} from "@papilio/butterfly/threads";
import type { CpuMemory } from "../memory/cpu-memory.ts";
import { instantiate, type Kernel, type KernelExports } from "../wasm/kernel.ts";
import {
  CONTROL_BYTES,
  RUN_GOES_ON,
  RUN_HAS_ENDED,
  RUN_IS_IDLE,
  SHARE_BYTES,
} from "../wasm/run-states.ts";
import type { WorkerMessage, WorkerStart } from "./cpu-worker.ts";
import type { RecordedProgram } from "./recorded-program.ts";

const PROGRAM: ThreadProgram = {
  name: "cpu-worker",
  siblingUrl: import.meta.url,
  openInBrowser: () => new Worker(new URL("./cpu-worker.js", import.meta.url), { type: "module" }),
  inlined: () => import("./inlined-cpu-worker.ts"),
};

/** Items that the calling thread computes before it looks at the time: less than a millisecond. */
const ITEMS_OF_TURN = 8;

/** What the calling thread does while it waits for another one. */
interface Run {
  /** Where it waits for a message. */
  wake: PromiseWithResolvers<void> | undefined;
  /** A thread has failed: the run has no end. */
  failure: PapilioError | undefined;
}

/**
 * The calling thread and its workers. All of them run a program; the workers sleep between programs, and keep no
 * process alive then.
 */
export class ThreadPool {
  readonly #kernel: Kernel;
  readonly #memory: CpuMemory;
  readonly #exports: KernelExports;
  /** Address of the state of a run, which the workers of the moment read. */
  #control: number;
  #workers: Thread<WorkerStart>[] = [];
  /** Resolved when all workers are ready. */
  #ready: Promise<void> = Promise.resolve();
  /** The run under way. */
  #run: Run | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  /** Of all runs: many short ones must not keep the event loop either. */
  readonly #slicer = new TimeSlicer();

  constructor(kernel: Kernel, memory: CpuMemory) {
    this.#kernel = kernel;
    this.#memory = memory;
    this.#control = newControl(memory);
    this.#exports = instantiate(kernel.module, memory.memory);
  }

  /** Threads that there are, the calling one included. */
  get size(): number {
    return this.#workers.length + 1;
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
    if (opened.length > 0) {
      // Without its result, which would hold that of all promises before it.
      this.#ready = Promise.all([this.#ready, ...opened]).then(() => undefined);
    }
    await this.#ready;
  }

  /**
   * Runs a program, to its end or until the signal aborts. Within {@link runExclusive}.
   *
   * @throws PapilioError `CPU_MEMORY`, `CPU_WORKER_FAILED`; the signal's reason
   */
  async run(program: RecordedProgram, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { operations, count, threads, scratchBytes } = program;
    await this.prepare(threads);
    await this.#slicer.yieldIfDue();
    signal?.throwIfAborted();
    const bytes = SHARE_BYTES + 64 * Math.ceil(scratchBytes / 64);
    const scratch = this.#memory.allocate(threads * bytes, "scratch memory of threads");
    const control = this.#control;
    const run: Run = { wake: undefined, failure: undefined };
    this.#run = run;
    const onAbort = (): void => {
      this.#exports.cancelProgram(control);
      run.wake?.resolve();
    };
    signal?.addEventListener("abort", onAbort);
    try {
      this.#exports.startProgram(control, operations, count, threads, scratch, bytes);
      await this.#takePart(control, run);
      signal?.throwIfAborted();
    } catch (error) {
      // After an error in a kernel the others would wait for an item that nobody computes.
      if (!signal?.aborted) this.terminate(String(error));
      throw error;
    } finally {
      signal?.removeEventListener("abort", onAbort);
      this.#run = undefined;
      this.#memory.free(scratch);
    }
  }

  /** Does what runs programs one at a time, in the order of the calls. */
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

  /** Ends the workers. A run under way fails; a later one opens others. */
  terminate(reason: string): void {
    if (this.#workers.length === 0) return;
    for (const worker of this.#workers) worker.terminate();
    this.#workers = [];
    this.#ready = Promise.resolve();
    this.#exports.cancelProgram(this.#control);
    // A thread that dies may still finish its item: what it counts must be of no other run.
    this.#control = newControl(this.#memory);
    const run = this.#run;
    if (run === undefined) return;
    run.failure = workerFailed(reason);
    run.wake?.resolve();
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
        else if (message === "wake") this.#run?.wake?.resolve();
        else fail(message.error);
      },
      onFailure: fail,
    });
    this.#workers.push(worker);
    const { module } = this.#kernel;
    worker.post({ module, memory: this.#memory.memory, control: this.#control, thread });
    try {
      await ready.promise;
    } finally {
      worker.keepAlive(false);
    }
  }

  /** The calling thread's part of a run: items in slices of its time, then waiting for the others. */
  async #takePart(control: number, run: Run): Promise<void> {
    const { runProgram, requestMessage } = this.#exports;
    for (;;) {
      const state = runProgram(control, 0, ITEMS_OF_TURN, false);
      if (run.failure !== undefined) throw run.failure;
      if (state === RUN_HAS_ENDED) return;
      // Nothing is awaited within a slice, not even for a microtask.
      if (state === RUN_GOES_ON && this.#slicer.isDue) await this.#slicer.yieldIfDue();
      if (state !== RUN_IS_IDLE) continue;
      run.wake = Promise.withResolvers();
      if (requestMessage(control) !== 0) await this.#keepAliveUntil(run.wake.promise);
      run.wake = undefined;
      if (run.failure !== undefined) throw run.failure;
    }
  }

  async #keepAliveUntil(message: Promise<void>): Promise<void> {
    for (const worker of this.#workers) worker.keepAlive(true);
    try {
      await message;
    } finally {
      for (const worker of this.#workers) worker.keepAlive(false);
    }
  }
}

/** The state of a run, of zeros. It stays: threads that read it may outlive their use. */
function newControl(memory: CpuMemory): number {
  const address = memory.allocate(CONTROL_BYTES, "the state of a run");
  memory.bytesAt(address, CONTROL_BYTES).fill(0);
  return address;
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
