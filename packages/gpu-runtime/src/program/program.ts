import { PapilioError } from "@papilio/butterfly";
import type { Gpu } from "../device/gpu.ts";
import type { Step } from "./kernel.ts";
import { readBuffer } from "./read-buffer.ts";

interface Recorded {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly step: Step;
}

/**
 * A sequence of dispatches, compiled and bound once, submitted as often as wanted.
 * It owns no buffers: they belong to the tensors and multiplications that the steps came from.
 */
export class Program {
  readonly gpu: Gpu;
  readonly #steps: readonly Recorded[];
  /** Device time of the last timed run, in seconds. */
  #lastSeconds = 0;

  private constructor(gpu: Gpu, steps: readonly Recorded[]) {
    this.gpu = gpu;
    this.#steps = steps;
  }

  /** Compiles the kernels of all steps in parallel and binds their buffers. */
  static async record(gpu: Gpu, steps: readonly Step[]): Promise<Program> {
    gpu.assertReady();
    const recorded = await Promise.all(
      steps.map(async (step) => {
        const pipeline = await gpu.pipelines.get(step.kernel);
        const bindGroup = gpu.device.createBindGroup({
          label: step.kernel.label,
          layout: pipeline.getBindGroupLayout(0),
          entries: step.buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
        });
        return { pipeline, bindGroup, step };
      }),
    );
    return new Program(gpu, recorded);
  }

  get steps(): readonly Step[] {
    return this.#steps.map(({ step }) => step);
  }

  /** Submits all steps, in order, as one submission. Returns at once. */
  run(): void {
    this.gpu.assertReady();
    const encoder = this.gpu.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    this.#encode(pass, this.#steps);
    pass.end();
    this.gpu.device.queue.submit([encoder.finish()]);
  }

  /**
   * Runs the whole program `repeats` times in one submission and times it on the device.
   *
   * @returns seconds for one run, as the mean over `repeats`.
   * @throws TIMESTAMPS_UNAVAILABLE when the device has no timestamp queries.
   */
  async time(repeats = 1): Promise<number> {
    const [seconds] = await this.#timePasses([this.#steps], repeats);
    return seconds as number;
  }

  /** Like {@link time}, each step apart. Returns seconds for one run of each step, in order. */
  timeSteps(repeats = 1): Promise<number[]> {
    return this.#timePasses(
      this.#steps.map((step) => [step]),
      repeats,
    );
  }

  #encode(pass: GPUComputePassEncoder, steps: readonly Recorded[]): void {
    for (const { pipeline, bindGroup, step } of steps) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(...step.kernel.workgroups);
    }
  }

  /**
   * Sleeps for about as long as `repeats` runs take. Dawn for Node polls in a busy loop while a
   * promise is pending, which takes one core away from an adapter that computes on the CPU.
   */
  async #leaveCores(repeats: number): Promise<void> {
    const milliseconds = this.#lastSeconds * repeats * 1000;
    if (this.gpu.report.kind === "hardware" || milliseconds < 1) return;
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
  }

  async #timePasses(passes: readonly (readonly Recorded[])[], repeats: number): Promise<number[]> {
    this.gpu.assertReady();
    if (!this.gpu.report.features.timestamps) {
      throw new PapilioError(
        "TIMESTAMPS_UNAVAILABLE",
        `Adapter ${this.gpu.report.name} has no timestamp queries.`,
        "Time with the wall clock instead: run(), then await gpu.settled().",
      );
    }
    const { device } = this.gpu;
    const count = 2 * passes.length;
    const querySet = device.createQuerySet({ type: "timestamp", count });
    const resolved = device.createBuffer({
      size: 8 * count,
      usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
    });
    try {
      const encoder = device.createCommandEncoder();
      passes.forEach((steps, index) => {
        const pass = encoder.beginComputePass({
          timestampWrites: {
            querySet,
            beginningOfPassWriteIndex: 2 * index,
            endOfPassWriteIndex: 2 * index + 1,
          },
        });
        for (let r = 0; r < repeats; r++) this.#encode(pass, steps);
        pass.end();
      });
      encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
      device.queue.submit([encoder.finish()]);
      await this.#leaveCores(repeats);
      const ticks = new BigUint64Array(
        await this.gpu.finish(() => readBuffer(device, resolved, 8 * count)),
      );
      const seconds = passes.map(
        (_, index) =>
          Number((ticks[2 * index + 1] as bigint) - (ticks[2 * index] as bigint)) / 1e9 / repeats,
      );
      this.#lastSeconds = seconds.reduce((sum, value) => sum + value, 0);
      return seconds;
    } finally {
      querySet.destroy();
      resolved.destroy();
    }
  }
}
