import type { DeviceContext } from "../device/device-context.ts";
import type { Step } from "../device/kernel.ts";
import type { PipelineLease } from "../device/pipeline-cache.ts";
import { storageBuffer } from "../device/storage.ts";
import type { RunTime } from "../device/submitted-work.ts";
import type { Span } from "../memory/lease.ts";
import type { Scratch } from "../memory/scratch.ts";
import { type ArenaLayout, layOut, type PlacedStep, placeSteps } from "./arena.ts";
import { assertMemory, bindGroupOf, encode, memoryReleased } from "./bind.ts";

/** A step that was bound, with what it was bound to. */
interface Bound {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly step: PlacedStep;
}

/**
 * Steps that are laid out and compiled once, and run on other inputs and outputs each time. An arena is
 * taken from the pool for each run, and is there again for the next one. What is bound to the same
 * memory as in the run before, as it is where a loop releases what it made, is not bound again.
 */
export class ReusableProgram implements Disposable {
  readonly #gpu: DeviceContext;
  readonly #steps: readonly Step[];
  readonly #places: readonly Scratch[];
  readonly #layout: ArenaLayout;
  #leases: readonly PipelineLease[] | undefined;
  readonly #time: RunTime = { seconds: 0 };
  #bound: readonly Bound[] = [];
  #disposed = false;

  /**
   * @param places the scratch memory that each run gives a place: inputs and outputs
   * @throws PapilioError `BUFFER_TOO_LARGE`
   */
  constructor(gpu: DeviceContext, steps: readonly Step[], places: readonly Scratch[]) {
    this.#gpu = gpu;
    this.#steps = steps;
    this.#places = places;
    this.#layout = layOut(gpu, steps, places);
  }

  /**
   * Submits all steps, in order, as one submission.
   *
   * @param spans the memory of each place, no two of one buffer
   * @throws PapilioError `KERNEL_COMPILE`, `MEMORY_BUDGET`, `MEMORY_RELEASED`, and what
   *   {@link DeviceContext.assertReady} throws
   */
  async run(spans: readonly Span[]): Promise<void> {
    const gpu = this.#gpu;
    gpu.assertReady();
    if (this.#disposed) throw memoryReleased(this.#steps.map(({ kernel }) => kernel.label));
    const { bytes } = this.#layout.plan;
    const arena = bytes === 0 ? undefined : storageBuffer(gpu, bytes, "arena");
    try {
      const given = this.#places.map((place, index) => [place, spans[index] as Span] as const);
      const placed = placeSteps(this.#steps, this.#layout, arena, given);
      this.#leases ??= placed.map(({ kernel }) => gpu.pipelines.acquire(kernel));
      const pipelines = await Promise.all(this.#leases.map(({ pipeline }) => pipeline));
      await assertMemory(gpu, placed);
      this.#bound = placed.map((step, index) => {
        const before = this.#bound[index];
        if (before !== undefined && sameBuffers(before.step, step)) return before;
        const pipeline = pipelines[index] as GPUComputePipeline;
        return { pipeline, bindGroup: bindGroupOf(gpu, pipeline, step), step };
      });
      const encoder = gpu.device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      encode(pass, this.#bound);
      pass.end();
      gpu.device.queue.submit([encoder.finish()]);
      gpu.submitted.add([this.#time]);
    } finally {
      // What is submitted still has it.
      arena?.release();
    }
  }

  /** Releases the kernels; safe to call twice. Runs under way must be over. */
  dispose(): void {
    this.#disposed = true;
    for (const { release } of this.#leases ?? []) release();
    this.#leases = undefined;
    this.#bound = [];
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function sameBuffers({ buffers: p }: PlacedStep, { buffers: q }: PlacedStep): boolean {
  return p.every((span, index) => {
    const other = q[index] as Span;
    return span.buffer === other.buffer && span.offset === other.offset && span.size === other.size;
  });
}
