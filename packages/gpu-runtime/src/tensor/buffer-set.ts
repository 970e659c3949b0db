import type { StorageDtype } from "@papilio/butterfly";
import { requireArray, requireObject, requireText } from "@papilio/butterfly/errors";
import { requireGpu } from "../device/device-checks.ts";
import type { DeviceContext } from "../device/device-context.ts";
import { upload } from "../device/storage.ts";
import { DisposableState } from "../memory/disposable-state.ts";
import type { Lease } from "../memory/lease.ts";
import { encode } from "./dtype.ts";

/**
 * Device memory with one owner. Used while a multiplication is prepared: if that fails half-way,
 * nothing stays allocated.
 */
export class BufferSet implements Disposable {
  readonly #gpu: DeviceContext;
  readonly #leases: Lease[] = [];
  readonly #state = new DisposableState("multiplication");

  /** @throws PapilioError `OPTION_INVALID` */
  constructor(gpu: DeviceContext) {
    requireGpu(gpu);
    this.#gpu = gpu;
  }

  get bytes(): number {
    return this.#leases.reduce((sum, { size }) => sum + size, 0);
  }

  /** @throws PapilioError `MULTIPLICATION_DISPOSED` after {@link dispose} */
  assertLive(): void {
    this.#state.assertLive();
  }

  /**
   * Takes memory over, in any case.
   *
   * @throws PapilioError `MULTIPLICATION_DISPOSED`
   */
  add(lease: Lease): Lease {
    requireObject("The memory", lease, "a Lease", "buffer", "release");
    try {
      this.assertLive();
    } catch (error) {
      lease.release();
      throw error;
    }
    this.#leases.push(lease);
    return lease;
  }

  /** @throws PapilioError `MULTIPLICATION_DISPOSED`, `BUFFER_TOO_LARGE`, `MEMORY_BUDGET`, `VALUE_RANGE` */
  upload(values: Float32Array, dtype: StorageDtype, label: string): Lease {
    requireText("The label", label);
    return this.#upload(encode(values, dtype, `What is uploaded as ${label}`), label);
  }

  /** @throws PapilioError `MULTIPLICATION_DISPOSED`, `BUFFER_TOO_LARGE`, `MEMORY_BUDGET` */
  uploadIndices(indices: Uint32Array<ArrayBuffer>, label: string): Lease {
    requireArray("The indices", indices, "Uint32Array");
    requireText("The label", label);
    const { buffer, byteOffset, byteLength } = indices;
    return this.#upload(new Uint8Array(buffer, byteOffset, byteLength), label);
  }

  /** Releases the memory; safe to call twice. */
  dispose(): void {
    this.#state.dispose(() => {
      for (const lease of this.#leases) lease.release();
      this.#leases.length = 0;
    });
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #upload(bytes: Uint8Array<ArrayBuffer>, label: string): Lease {
    this.assertLive();
    return this.add(upload(this.#gpu, bytes, label));
  }
}
