import { PapilioError } from "@papilio/butterfly";
import {
  requireFunction,
  requireNumber,
  requireObject,
  requireText,
  requireWhole,
} from "@papilio/butterfly/errors";
import { FreeBuffers } from "./free-buffers.ts";
import type { Lease } from "./lease.ts";
import { type MemoryOptions, requireMemoryOptions } from "./memory-options.ts";
import { sizeClass } from "./size-class.ts";
import type { BufferRecord, MemorySnapshot, MemoryStatistics } from "./statistics.ts";

/** A buffer of the pool. */
interface Pooled {
  readonly buffer: GPUBuffer;
  readonly usage: number;
  readonly reserved: number;
  /** What it is on loan for; undefined while it waits for reuse. */
  loan: { readonly label: string; readonly bytes: number } | undefined;
}

/**
 * The device memory of a `Gpu`: every buffer that the runtime uses is from here.
 *
 * Released buffers are used again for requests of the same size class and usage. That is safe at
 * once: a queue executes submissions in order, so that what is written to a buffer again comes after
 * all that used it before.
 */
export class MemoryPool implements Disposable {
  readonly #device: GPUDevice;
  readonly #largest: number;
  readonly #budget: number;
  readonly #keep: number;
  readonly #idleMilliseconds: number;
  readonly #buffers = new Set<Pooled>();
  readonly #free = new FreeBuffers<Pooled>();
  readonly #onFailure: (error: PapilioError) => void;
  /** Allocations of which the device has not said yet whether it has the memory. */
  readonly #pending = new Set<Promise<void>>();
  readonly #counts = { allocations: 0, reuses: 0 };
  readonly #bytes = { inUse: 0, lent: 0, free: 0, peak: 0, peakReserved: 0 };
  #timer: ReturnType<typeof setTimeout> | undefined;
  #disposed = false;

  /**
   * @param onFailure called, some time after `acquire`, that the device had no memory for a buffer:
   * `GPU_OUT_OF_MEMORY`. Its lease is then no longer live.
   * @throws PapilioError `MEMORY_OPTION_INVALID` unless every option is positive, `keep` at least 0
   */
  constructor(
    device: GPUDevice,
    options: MemoryOptions = {},
    onFailure: (error: PapilioError) => void = () => undefined,
  ) {
    requireObject("The device", device, "a GPUDevice", "limits", "createBuffer");
    requireFunction("onFailure", onFailure);
    const { budget, keep, idleSeconds } = requireMemoryOptions(options);
    this.#device = device;
    this.#onFailure = onFailure;
    this.#largest = device.limits.maxBufferSize;
    this.#budget = budget;
    this.#keep = keep;
    this.#idleMilliseconds = 1000 * idleSeconds;
  }

  /**
   * Takes a buffer of `bytes` or more. Its contents are undefined: what its last user left.
   *
   * @param bytes a multiple of 4
   * @throws PapilioError `MEMORY_BUDGET` when the budget does not allow it, even with nothing left
   * to wait for reuse; `GPU_OUT_OF_MEMORY` when the device refuses at once; `MEMORY_DISPOSED`
   */
  acquire(bytes: number, usage: GPUBufferUsageFlags, label: string): Lease {
    requireWhole("The number of bytes", bytes, 1);
    requireWhole("The usage of the memory", usage, 1);
    requireText("The label", label);
    if (this.#disposed) {
      throw new PapilioError(
        "MEMORY_DISPOSED",
        `There is no memory for ${label}: its device was disposed of.`,
        "Open another device.",
      );
    }
    const pooled = this.#reuse(bytes, usage) ?? this.#allocate(bytes, usage, label);
    pooled.loan = { label, bytes };
    pooled.buffer.label = label;
    this.#bytes.inUse += bytes;
    this.#bytes.lent += pooled.reserved;
    this.#bytes.peak = Math.max(this.#bytes.peak, this.#bytes.inUse);
    return this.#lease(pooled, bytes, label);
  }

  /**
   * What to wait for until it is known of every buffer so far whether the device has memory for it;
   * undefined when it is known.
   */
  get pendingAllocations(): Promise<unknown> | undefined {
    return this.#pending.size === 0 ? undefined : Promise.all(this.#pending);
  }

  /** Destroys what waits for reuse, the oldest first, until at most `keep` bytes of it are left. */
  trim(keep = 0): void {
    requireNumber("The bytes that are kept", keep);
    for (const pooled of this.#free) {
      if (this.#bytes.free <= keep) return;
      this.#destroy(pooled);
    }
  }

  /** Resets the peaks to what is held now. */
  resetPeak(): void {
    this.#bytes.peak = this.#bytes.inUse;
    this.#bytes.peakReserved = this.#reserved;
  }

  get statistics(): MemoryStatistics {
    const { inUse, lent, free, peak, peakReserved } = this.#bytes;
    const { allocations, reuses } = this.#counts;
    return {
      inUse,
      reserved: lent + free,
      padding: lent - inUse,
      free,
      peak,
      peakReserved,
      allocations,
      reuses,
      hitRate: reuses / Math.max(1, allocations + reuses),
      budget: this.#budget,
    };
  }

  /** Every buffer with what it is for. */
  snapshot(): MemorySnapshot {
    const byLabel: Record<string, { inUse: number; count: number }> = {};
    const buffers = [...this.#buffers].map(({ loan, reserved }): BufferRecord => {
      if (loan !== undefined) {
        byLabel[loan.label] ??= { inUse: 0, count: 0 };
        const entry = byLabel[loan.label] as { inUse: number; count: number };
        entry.inUse += loan.bytes;
        entry.count++;
      }
      return { label: loan?.label ?? null, inUse: loan?.bytes ?? 0, reserved };
    });
    return { statistics: this.statistics, buffers, byLabel };
  }

  /** Destroys every buffer, those on loan too. Safe to call twice. */
  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
    for (const pooled of this.#buffers) {
      pooled.loan = undefined;
      pooled.buffer.destroy();
    }
    this.#buffers.clear();
    this.#free.clear();
    Object.assign(this.#bytes, { inUse: 0, lent: 0, free: 0 });
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  get #reserved(): number {
    return this.#bytes.lent + this.#bytes.free;
  }

  #reuse(bytes: number, usage: number): Pooled | undefined {
    const found = this.#free.take(usage, sizeClass(bytes), bytes);
    if (found === undefined) return undefined;
    this.#bytes.free -= found.reserved;
    this.#counts.reuses++;
    return found;
  }

  #allocate(bytes: number, usage: number, label: string): Pooled {
    const reserved = this.#room(bytes, label);
    const buffer = this.#create(reserved, usage, label);
    const pooled: Pooled = { buffer: buffer.made, usage, reserved, loan: undefined };
    const settled = buffer.failure.then((error) => {
      this.#pending.delete(settled);
      if (error !== null) this.#fail(pooled, label, error.message);
    });
    this.#pending.add(settled);
    this.#buffers.add(pooled);
    this.#counts.allocations++;
    const held = this.#reserved + reserved;
    this.#bytes.peakReserved = Math.max(this.#bytes.peakReserved, held);
    return pooled;
  }

  /** A buffer, and what becomes known later: why the device has no memory for it, or null. */
  #create(
    size: number,
    usage: number,
    label: string,
  ): { readonly made: GPUBuffer; readonly failure: Promise<GPUError | null> } {
    this.#device.pushErrorScope("out-of-memory");
    try {
      const made = this.#device.createBuffer({ label, size, usage });
      // A device that is lost meanwhile has no answer: its loss is the error.
      return { made, failure: this.#device.popErrorScope().catch(() => null) };
    } catch (cause) {
      this.#device.popErrorScope().catch(() => null);
      throw this.#outOfMemory(label, size, (cause as Error).message);
    }
  }

  /** Forgets a buffer that the device had no memory for, whoever has it by now. */
  #fail(pooled: Pooled, label: string, reason: string): void {
    if (!this.#buffers.has(pooled)) return;
    this.#endLoan(pooled);
    this.#destroy(pooled);
    this.#onFailure(this.#outOfMemory(label, pooled.reserved, reason));
  }

  #outOfMemory(label: string, bytes: number, reason: string): PapilioError {
    const { inUse, reserved, peakReserved, budget } = this.statistics;
    return new PapilioError(
      "GPU_OUT_OF_MEMORY",
      `The device has no memory for ${label}, ${bytes} bytes: ${reserved} are reserved (${inUse} in use, ${peakReserved} at the peak), of a budget of ${budget}. ${reason}`,
      "What has this memory is not valid: dispose of it, and of what is no longer needed. Open the device with a memory.budget below this.",
    );
  }

  /** How large a buffer for so many bytes may be, after what waits has made room for it. */
  #room(bytes: number, label: string): number {
    const padded = sizeClass(bytes);
    // A size class would be over the device's limit, or over the budget, where the bytes are not.
    for (const size of padded <= this.#largest ? [padded, bytes] : [bytes]) {
      const over = this.#reserved + size - this.#budget;
      if (over <= 0) return size;
      if (over <= this.#bytes.free) {
        this.trim(this.#bytes.free - over);
        return size;
      }
    }
    const { inUse, lent } = this.#bytes;
    throw new PapilioError(
      "MEMORY_BUDGET",
      `${label} needs ${bytes} bytes, but ${lent} of the budget of ${this.#budget} are taken (${inUse} in use, the rest padding).`,
      "Dispose of tensors after their last use, use a smaller batch, or open the device with a larger memory.budget.",
    );
  }

  #lease(pooled: Pooled, bytes: number, label: string): Lease {
    const { loan } = pooled;
    const isLive = (): boolean => pooled.loan === loan;
    const release = (reusable: boolean): void => {
      if (!isLive()) return;
      this.#endLoan(pooled);
      if (reusable) this.#free.add(pooled);
      else this.#destroy(pooled);
      this.trim(this.#keep);
      this.#trimWhenIdle();
    };
    return {
      buffer: pooled.buffer,
      offset: 0,
      size: bytes,
      label,
      get live() {
        return isLive();
      },
      release: () => release(true),
      discard: () => release(false),
      [Symbol.dispose]: () => release(true),
    };
  }

  #endLoan(pooled: Pooled): void {
    if (pooled.loan === undefined) return;
    this.#bytes.inUse -= pooled.loan.bytes;
    this.#bytes.lent -= pooled.reserved;
    this.#bytes.free += pooled.reserved;
    pooled.loan = undefined;
  }

  #destroy(pooled: Pooled): void {
    this.#free.delete(pooled);
    this.#buffers.delete(pooled);
    this.#bytes.free -= pooled.reserved;
    pooled.buffer.destroy();
  }

  #trimWhenIdle(): void {
    clearTimeout(this.#timer);
    if (this.#free.size === 0) return;
    const timer: unknown = setTimeout(() => this.trim(), this.#idleMilliseconds);
    this.#timer = timer as ReturnType<typeof setTimeout>;
    // In Node a timer keeps the process alive unless it is unreferenced; a browser's is a number.
    (timer as { unref?: () => void }).unref?.();
  }
}
