import {
  openThread,
  type Thread,
  type ThreadEvents,
  type ThreadProgram,
} from "../threads/thread.ts";
import type { WorkerRequest, WorkerResponse } from "./split-worker.ts";

/** Milliseconds for which a thread without work is kept for the next factorization. */
const IDLE_TIME = 5000;

const PROGRAM: ThreadProgram = {
  name: "split-worker",
  siblingUrl: import.meta.url,
  openInBrowser: () =>
    new Worker(new URL("./split-worker.js", import.meta.url), { type: "module" }),
  inlined: () => import("./inlined-split-worker.ts"),
};

/** A thread that splits, for one splitter at a time. */
export class SplitThread {
  readonly #thread: Thread<WorkerRequest>;
  #events: ThreadEvents<WorkerResponse> | undefined;

  constructor() {
    this.#thread = openThread<WorkerRequest, WorkerResponse>(PROGRAM, {
      onResponse: (response) => this.#events?.onResponse(response),
      onFailure: (reason) => {
        forget(this);
        this.#events?.onFailure(reason);
      },
    });
  }

  /** Gives the thread to a splitter; without one the process need not live for it. */
  use(events: ThreadEvents<WorkerResponse> | undefined): void {
    this.#events = events;
    this.#thread.keepAlive(events !== undefined);
  }

  post(request: WorkerRequest): void {
    this.#thread.post(request);
  }

  terminate(): void {
    this.#events = undefined;
    this.#thread.terminate();
  }
}

/*
 * To start a thread takes longer than to factorize a matrix of a side of 1000: those of the last
 * factorization are kept for a while, for programs that factorize one matrix after the other.
 */
const idle: SplitThread[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

/** Whether a thread need not be started. */
export function hasIdleThread(): boolean {
  return idle.length > 0;
}

/** A thread that is idle, or a new one. */
export function takeThread(events: ThreadEvents<WorkerResponse>): SplitThread {
  const thread = idle.pop() ?? new SplitThread();
  thread.use(events);
  return thread;
}

/** @param thread which has answered all that it was asked */
export function returnThread(thread: SplitThread): void {
  thread.use(undefined);
  idle.push(thread);
  keepForAWhile();
}

function keepForAWhile(): void {
  clearTimeout(timer);
  timer = setTimeout(() => {
    for (const each of idle.splice(0)) each.terminate();
  }, IDLE_TIME);
  // Node's timers keep a process alive; a browser's are numbers.
  if (typeof timer === "object") timer.unref();
}

function forget(thread: SplitThread): void {
  const index = idle.indexOf(thread);
  if (index >= 0) idle.splice(index, 1);
}
