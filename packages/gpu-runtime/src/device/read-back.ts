import type { Span } from "../memory/lease.ts";
import type { DeviceContext } from "./device-context.ts";

/** Copies `bytes` (a multiple of 4) from the start of a span back to the CPU. */
export async function readBack(
  { device, memory }: Pick<DeviceContext, "device" | "memory">,
  from: Span,
  bytes: number,
): Promise<ArrayBuffer> {
  const staging = memory.acquire(
    bytes,
    GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    "read-back",
  );
  try {
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(from.buffer, from.offset, staging.buffer, staging.offset, bytes);
    device.queue.submit([encoder.finish()]);
    await staging.buffer.mapAsync(GPUMapMode.READ, staging.offset, bytes);
    const copy = staging.buffer.getMappedRange(staging.offset, bytes).slice(0);
    staging.buffer.unmap();
    staging.release();
    return copy;
  } catch (error) {
    // Mapped, half mapped, or lost: nobody else should have it.
    staging.discard();
    throw error;
  }
}
