import { PapilioError } from "@papilio/butterfly";
import { requireNumber, requireText } from "@papilio/butterfly/errors";
import type { Lease } from "../memory/lease.ts";
import { requireGpu } from "./device-checks.ts";
import type { DeviceContext } from "./device-context.ts";

/** @throws PapilioError `OPTION_INVALID`; `BUFFER_TOO_LARGE` when the device could not bind a buffer of `bytes` whole. */
export function assertFits(gpu: DeviceContext, bytes: number, label: string): void {
  requireGpu(gpu);
  requireNumber("The number of bytes", bytes);
  requireText("The label", label);
  const { maxBufferSize, maxStorageBufferBindingSize } = gpu.report.limits;
  const limit = Math.min(maxBufferSize, maxStorageBufferBindingSize);
  if (!(bytes <= limit)) {
    throw new PapilioError(
      "BUFFER_TOO_LARGE",
      `${label} needs ${bytes} bytes, and ${gpu.report.name} binds at most ${limit}.`,
      "Use a smaller batch, a smaller pattern, or f16.",
    );
  }
}

/**
 * Storage memory of `bytes`, checked against the device's limits and the budget first.
 *
 * @throws PapilioError `BUFFER_TOO_LARGE` when the device could not bind it whole; `MEMORY_BUDGET`
 */
export function storage(gpu: DeviceContext, bytes: number, label: string): Lease {
  assertFits(gpu, bytes, label);
  return storageBuffer(gpu, bytes, label);
}

/**
 * Storage memory of `bytes` to bind parts of: no more than a buffer may have.
 *
 * @throws PapilioError `BUFFER_TOO_LARGE`, `MEMORY_BUDGET`
 */
export function storageBuffer(gpu: DeviceContext, bytes: number, label: string): Lease {
  gpu.assertReady();
  const { maxBufferSize } = gpu.report.limits;
  if (!(bytes <= maxBufferSize)) {
    throw new PapilioError(
      "BUFFER_TOO_LARGE",
      `${label} needs ${bytes} bytes, and a buffer of ${gpu.report.name} has at most ${maxBufferSize}.`,
      "Use a smaller batch, a smaller pattern, or f16.",
    );
  }
  return gpu.memory.acquire(
    bytes,
    GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    label,
  );
}

/** What is bound where there is nothing to bind: WebGPU has no empty bindings. */
const NOTHING = new Uint8Array(4);

/** Storage memory filled with `bytes`, or with four zeros where there are none. */
export function upload(gpu: DeviceContext, data: Uint8Array<ArrayBuffer>, label: string): Lease {
  const bytes = data.byteLength === 0 ? NOTHING : data;
  const lease = storage(gpu, bytes.byteLength, label);
  gpu.device.queue.writeBuffer(lease.buffer, lease.offset, bytes);
  return lease;
}
