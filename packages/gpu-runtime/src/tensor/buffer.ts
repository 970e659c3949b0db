import { PapilioError } from "@papilio/butterfly";
import type { Gpu } from "../device/gpu.ts";

/** @throws BUFFER_TOO_LARGE when the device could not bind a buffer of `bytes` whole. */
export function assertFits(gpu: Gpu, bytes: number, label: string): void {
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
 * A storage buffer of `bytes`, checked against the device's limits first.
 *
 * @throws BUFFER_TOO_LARGE when the device could not bind it whole.
 */
export function storageBuffer(gpu: Gpu, bytes: number, label: string): GPUBuffer {
  gpu.assertReady();
  assertFits(gpu, bytes, label);
  return gpu.device.createBuffer({
    label,
    size: bytes,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  });
}

/** A storage buffer filled with `bytes`. */
export function uploadBuffer(gpu: Gpu, bytes: Uint8Array<ArrayBuffer>, label: string): GPUBuffer {
  const buffer = storageBuffer(gpu, bytes.byteLength, label);
  gpu.device.queue.writeBuffer(buffer, 0, bytes);
  return buffer;
}
