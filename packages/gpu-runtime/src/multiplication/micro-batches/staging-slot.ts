import type { Chain } from "@papilio/butterfly";
import { DisposableStack } from "@papilio/butterfly";
import type { DeviceContext } from "../../device/device-context.ts";
import type { Lease, Span } from "../../memory/lease.ts";
import type { Program } from "../../program/program.ts";
import { decode, encode } from "../../tensor/dtype.ts";
import type { InputShape } from "../../tensor/input-shape.ts";
import { Tensor } from "../../tensor/tensor.ts";

/**
 * One way through the device for vectors on the host: staging memory to upload from, an input, an
 * output, staging memory to read from. Several of them overlap; each takes one batch at a time.
 */
export class StagingSlot implements Disposable {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly #gpu: DeviceContext;
  readonly #upload: Lease;
  readonly #download: Lease;

  /** @throws PapilioError `MEMORY_BUDGET`, `BUFFER_TOO_LARGE` */
  constructor(gpu: DeviceContext, { rows, cols }: Chain, shape: InputShape) {
    using held = new DisposableStack();
    this.#gpu = gpu;
    this.x = held.use(new Tensor(gpu, { ...shape, features: cols, label: "micro-batch" }));
    this.y = held.use(new Tensor(gpu, { ...shape, features: rows, label: "micro-batch's output" }));
    const staging = (size: number, usage: GPUBufferUsageFlags, label: string): Lease =>
      held.use(gpu.memory.acquire(size, usage, label));
    const { MAP_READ, MAP_WRITE, COPY_SRC, COPY_DST } = GPUBufferUsage;
    this.#upload = staging(this.x.memory.size, MAP_WRITE | COPY_SRC, "upload");
    this.#download = staging(this.y.memory.size, MAP_READ | COPY_DST, "read-back");
    held.move();
  }

  /** Uploads one batch, runs the program that computes `y` from `x`, and reads the result. */
  async multiply(values: Float32Array, program: Program): Promise<Float32Array> {
    const { device } = this.#gpu;
    const [upload, download] = [this.#upload, this.#download];
    const [x, y] = [this.x.memory, this.y.memory];
    return await this.#gpu.finish(async () => {
      await upload.buffer.mapAsync(GPUMapMode.WRITE, upload.offset, x.size);
      new Uint8Array(upload.buffer.getMappedRange(upload.offset, x.size)).set(
        encode(values, this.x.dtype),
      );
      upload.buffer.unmap();
      submitCopy(device, upload, x);
      program.run();
      submitCopy(device, y, download);
      await this.#gpu.submitted.sleep();
      await download.buffer.mapAsync(GPUMapMode.READ, download.offset, y.size);
      const bytes = download.buffer.getMappedRange(download.offset, y.size).slice(0);
      download.buffer.unmap();
      return decode(bytes, this.y.length, this.y.dtype);
    });
  }

  dispose(): void {
    this.x.dispose();
    this.y.dispose();
    // Not for reuse: after a failure they may still be mapped.
    this.#upload.discard();
    this.#download.discard();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function submitCopy(device: GPUDevice, from: Span, to: Span): void {
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(from.buffer, from.offset, to.buffer, to.offset, to.size);
  device.queue.submit([encoder.finish()]);
}
