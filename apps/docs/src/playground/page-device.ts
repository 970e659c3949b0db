import { PapilioError } from "@papilio/butterfly";
import { type Gpu, openGpu } from "@papilio/gpu-runtime";
import type { CommonRequest, DeviceAnswer, Problem, WorkAnswer } from "./messages.ts";

/** The device of a worker, opened when it is first needed, and reopened when it was lost. */
export class PageDevice {
  readonly #tell: (answer: DeviceAnswer) => void;
  #opening: Promise<Gpu | undefined> | undefined;
  #gpu: Gpu | undefined;

  constructor(tell: (answer: DeviceAnswer) => void) {
    this.#tell = tell;
  }

  /** Undefined where there is no adapter. */
  async ready(): Promise<Gpu | undefined> {
    if (this.#gpu?.state === "ready") return this.#gpu;
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return await this.#opening;
  }

  /** Destroys the device, as a driver does that hangs. */
  lose(): void {
    this.#gpu?.device.destroy();
  }

  /** Tells of the pool's bytes while `work` is done. */
  async watch<T>({ memory }: Gpu, work: () => Promise<T>): Promise<T> {
    const look = (): void => this.#tell({ tell: "memory", statistics: memory.statistics });
    const timer = setInterval(look, LOOK);
    try {
      return await work();
    } finally {
      clearInterval(timer);
      look();
    }
  }

  async #open(): Promise<Gpu | undefined> {
    this.#gpu?.dispose();
    this.#gpu = undefined;
    try {
      const gpu = await openGpu();
      this.#gpu = gpu;
      void gpu.lost.then((error) => this.#tell({ tell: "lost", problem: problemOf(error) }));
      this.#tell({ tell: "opened", report: gpu.report });
      return gpu;
    } catch (error) {
      this.#tell({ tell: "unavailable", problem: problemOf(error) });
      return undefined;
    }
  }
}

/**
 * Answers the requests of a page: opens the device, works at a task, which "stop" aborts, and loses the device
 * on purpose.
 */
export function answerRequests<T extends { readonly ask: string }>(
  device: PageDevice,
  tell: (answer: WorkAnswer) => void,
  work: (task: T, signal: AbortSignal) => Promise<void>,
): void {
  let abort = new AbortController();
  self.onmessage = ({ data }: MessageEvent<CommonRequest | T>) => {
    switch (data.ask) {
      case "open":
        void device.ready();
        return;
      case "stop":
        abort.abort(new Error("stopped"));
        return;
      case "lose":
        device.lose();
        return;
    }
    abort = new AbortController();
    const { signal } = abort;
    work(data as T, signal).catch((error: unknown) => {
      if (signal.aborted) tell({ tell: "stopped" });
      else tell({ tell: "failed", problem: problemOf(error) });
    });
  };
}

/** Milliseconds between two looks at the pool. */
const LOOK = 50;

/** A failure for the page to show. */
function problemOf(error: unknown): Problem {
  if (error instanceof PapilioError) {
    return { code: error.code, message: error.message, fix: error.fix };
  }
  return {
    code: "UNEXPECTED",
    message: String(error),
    fix: "Please report this, with the message.",
  };
}
