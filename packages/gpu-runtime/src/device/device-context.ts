import { PapilioError, type StorageDtype } from "@papilio/butterfly";
import {
  requireBoolean,
  requireFunction,
  requireObject,
  requireOneOf,
} from "@papilio/butterfly/errors";
import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import type { MemoryOptions } from "../memory/memory-options.ts";
import { MemoryPool } from "../memory/pool.ts";
import { requireDevice, requireReport } from "./device-checks.ts";
import { PipelineCache } from "./pipeline-cache.ts";
import type { AdapterReport } from "./report.ts";
import { SubmittedWork } from "./submitted-work.ts";

/** Milliseconds to wait, after an operation failed, for the notice that the device was lost. */
const DEVICE_LOST_GRACE_MS = 100;

/**
 * A WebGPU device with its report, its compiled kernels and its memory: what a `Gpu` is to all that runs on it.
 *
 * Whoever opens it disposes of it. A device that the caller handed in is never destroyed here.
 * An error that the driver reports outside of any call (`uncapturederror`) or the loss of the
 * device is kept and thrown by the next operation that could return numbers, so that a failure
 * never shows as a wrong answer.
 */
export class DeviceContext implements Disposable {
  readonly device: GPUDevice;
  readonly report: AdapterReport;
  readonly pipelines: PipelineCache;
  /** Where all of the runtime's device memory is from. */
  readonly memory: MemoryPool;
  /** @internal What was submitted and not waited for. */
  readonly submitted: SubmittedWork;
  /**
   * Resolves when the device is lost, with the error that all operations then throw. It never does
   * for a device that was disposed of.
   */
  readonly lost: Promise<PapilioError>;
  readonly #ownsDevice: boolean;
  #disposed = false;
  #lost: GPUDeviceLostInfo | undefined;
  #uncaptured: PapilioError | undefined;
  /** Resolves when the last error of the driver is recorded. */
  #pendingError: Promise<void> | undefined;

  /** @throws PapilioError `OPTION_INVALID`, `MEMORY_OPTION_INVALID` */
  constructor(
    device: GPUDevice,
    report: AdapterReport,
    options: { readonly ownsDevice: boolean; readonly memory?: MemoryOptions | undefined },
  ) {
    requireDevice(device);
    requireReport(report);
    requireObject("The options", options, "an object with ownsDevice");
    requireBoolean("ownsDevice", options.ownsDevice);
    this.device = device;
    this.report = report;
    this.pipelines = new PipelineCache(device);
    this.submitted = new SubmittedWork(report.kind === "software");
    this.memory = new MemoryPool(device, options.memory, (error) => {
      // What uses the memory that is not there fails as well: this is the reason.
      this.#uncaptured = error;
    });
    this.#ownsDevice = options.ownsDevice;
    device.addEventListener("uncapturederror", this.#onUncapturedError);
    this.lost = new Promise((resolve) => {
      void device.lost.then((info) => {
        this.#lost = info;
        if (!this.#disposed) resolve(lossOf(info));
      });
    });
  }

  /** `ready` until it is disposed of or the device is lost. */
  get state(): "ready" | "lost" | "disposed" {
    if (this.#disposed) return "disposed";
    return this.#lost === undefined ? "ready" : "lost";
  }

  /**
   * Throws unless operations on this device can give right answers.
   *
   * @throws PapilioError `GPU_DISPOSED`, `GPU_LOST`; `GPU_OUT_OF_MEMORY`, or `GPU_ERROR` with
   *   what the driver reported.
   */
  assertReady(): void {
    if (this.#disposed) {
      throw new PapilioError(
        "GPU_DISPOSED",
        "This Gpu was disposed of.",
        "Open another one, or dispose of it after its last use.",
      );
    }
    if (this.#lost !== undefined) {
      throw lossOf(this.#lost);
    }
    if (this.#uncaptured !== undefined) {
      const error = this.#uncaptured;
      this.#uncaptured = undefined;
      throw error;
    }
  }

  /** @throws PapilioError `F16_UNAVAILABLE` for half precision on an adapter without it */
  assertDtype(dtype: StorageDtype): void {
    requireOneOf("The element type", dtype, Object.keys(FLOAT_FORMATS));
    if (dtype !== "f16" || this.report.features.f16) return;
    throw new PapilioError(
      "F16_UNAVAILABLE",
      `Adapter ${this.report.name} has no half precision (shader-f16).`,
      "Use dtype f32, or another adapter.",
    );
  }

  /** Waits for all submitted work, then reports what went wrong in it. */
  settled(): Promise<void> {
    return this.finish(() => this.device.queue.onSubmittedWorkDone());
  }

  /**
   * Waits for something that the device must finish, and reports what went wrong instead of
   * returning numbers.
   */
  async finish<T>(operation: () => Promise<T>): Promise<T> {
    requireFunction("The operation", operation);
    this.assertReady();
    await this.submitted.sleep();
    let result: T;
    try {
      result = await operation();
      this.submitted.finished();
    } catch (error) {
      this.submitted.failed();
      // A browser rejects a pending read just before it reports the loss that is the reason.
      const grace = new Promise((resolve) => setTimeout(resolve, DEVICE_LOST_GRACE_MS));
      await Promise.race([this.device.lost, grace]);
      this.assertReady();
      throw error;
    }
    // A browser may report an error in a task of its own, just after what was waited for.
    await nextTask();
    await this.memory.pendingAllocations;
    await this.#pendingError;
    this.assertReady();
    return result;
  }

  /** Destroys the memory, and the device if `openGpu` made it. Safe to call twice. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.device.removeEventListener("uncapturederror", this.#onUncapturedError);
    this.memory.dispose();
    this.pipelines.clear();
    if (this.#ownsDevice) this.device.destroy();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #describe(error: GPUError): PapilioError {
    // By name: a runtime may not have the class as a global.
    if (error.constructor.name === "GPUOutOfMemoryError") {
      const { reserved, inUse } = this.memory.statistics;
      return new PapilioError(
        "GPU_OUT_OF_MEMORY",
        `The device ran out of memory, with ${reserved} bytes reserved (${inUse} in use): ${error.message}`,
        "What was allocated last is not valid. Dispose of it and of what is no longer needed, and open the device with a memory.budget below this.",
      );
    }
    return new PapilioError(
      "GPU_ERROR",
      `The driver reported an error since the last operation: ${error.message}`,
      "Results computed since then are not valid. Please report this, with the message.",
    );
  }

  // First error wins: later ones are usually its consequences. So is the misuse of a buffer that the
  // device had no memory for, and drivers may report that first.
  readonly #onUncapturedError = ({ error }: GPUUncapturedErrorEvent): void => {
    const record = (): void => {
      this.#uncaptured ??= this.#describe(error);
    };
    const { pendingAllocations } = this.memory;
    // At once where nothing is open: who waits for numbers may have them in a moment.
    if (pendingAllocations === undefined) record();
    else this.#pendingError = pendingAllocations.then(record);
  };
}

/** Waits until the tasks have run that are queued by now; a timer would wait for a millisecond. */
function nextTask(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

function lossOf(info: GPUDeviceLostInfo): PapilioError {
  return new PapilioError(
    "GPU_LOST",
    `The device was lost: ${info.message || info.reason}.`,
    "Open another one with openGpu, and recreate tensors, matrices and programs from what they were made of.",
  );
}
