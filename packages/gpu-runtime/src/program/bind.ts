import { PapilioError } from "@papilio/butterfly";
import type { DeviceContext } from "../device/device-context.ts";
import type { PlacedStep } from "./arena.ts";

/** A step with its kernel compiled and its memory bound. */
export interface Recorded {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly step: PlacedStep;
  /** Says that its kernel is no longer used by it. */
  readonly release: () => void;
}

/** Binds the steps of programs, in parallel; where one fails, none keeps its kernel. */
export async function bindAll(
  gpu: DeviceContext,
  programs: readonly (readonly PlacedStep[])[],
): Promise<Recorded[][]> {
  const bound = await Promise.allSettled(programs.flat().map((step) => bind(gpu, step)));
  const failed = bound.find(({ status }) => status === "rejected");
  const recorded = bound.flatMap((result) => (result.status === "fulfilled" ? result.value : []));
  if (failed?.status === "rejected") {
    for (const { release } of recorded) release();
    throw failed.reason;
  }
  let next = 0;
  return programs.map(({ length }) => {
    next += length;
    return recorded.slice(next - length, next);
  });
}

async function bind(gpu: DeviceContext, step: PlacedStep): Promise<Recorded> {
  const lease = gpu.pipelines.acquire(step.kernel);
  try {
    const pipeline = await lease.pipeline;
    await assertMemory(gpu, [step]);
    return { pipeline, bindGroup: bindGroupOf(gpu, pipeline, step), step, release: lease.release };
  } catch (error) {
    lease.release();
    throw error;
  }
}

/**
 * Waits until it is known whether the device has the memory of steps. Once it is bound, nobody asks any
 * more whether it is there: the sums would be of nothing.
 *
 * @throws PapilioError `MEMORY_RELEASED`, and what {@link DeviceContext.assertReady} throws: a device that is lost
 *   meanwhile hands out pipelines that do nothing
 */
export async function assertMemory(
  gpu: DeviceContext,
  steps: readonly PlacedStep[],
): Promise<void> {
  await gpu.memory.pendingAllocations;
  gpu.assertReady();
  const gone = steps.filter(({ buffers }) => !buffers.every(({ live }) => live));
  if (gone.length > 0) throw memoryReleased(gone.map(({ kernel }) => kernel.label));
}

/** The memory of a step as its pipeline takes it. */
export function bindGroupOf(
  gpu: DeviceContext,
  pipeline: GPUComputePipeline,
  step: PlacedStep,
): GPUBindGroup {
  return gpu.device.createBindGroup({
    label: step.kernel.label,
    layout: pipeline.getBindGroupLayout(0),
    entries: step.buffers.map(({ buffer, offset, size }, binding) => ({
      binding,
      resource: { buffer, offset, size },
    })),
  });
}

/** Encodes the dispatches of steps. */
export function encode(
  pass: GPUComputePassEncoder,
  steps: readonly Pick<Recorded, "pipeline" | "bindGroup" | "step">[],
): void {
  for (const { pipeline, bindGroup, step } of steps) {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(...step.kernel.workgroups);
  }
}

/** The error of programs whose memory is no longer theirs. */
export function memoryReleased(labels: readonly string[]): PapilioError {
  return new PapilioError(
    "MEMORY_RELEASED",
    `Memory of the program (${labels.join(", ")}) is gone: it, or a tensor or a multiplication that it was recorded with, is disposed of, or the device had none for it.`,
    "Dispose of them after the last run of the program.",
  );
}
