import { PapilioError } from "@papilio/butterfly";
import type { Gpu } from "../device/gpu.ts";
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
  gpu: Gpu,
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

async function bind(gpu: Gpu, step: PlacedStep): Promise<Recorded> {
  const lease = gpu.pipelines.acquire(step.kernel);
  try {
    const pipeline = await lease.pipeline;
    // Once it is bound, nobody asks any more whether it is there: the sums would be of nothing.
    await gpu.memory.pendingAllocations;
    // A device that is lost meanwhile hands out pipelines that do nothing.
    gpu.assertReady();
    if (!step.buffers.every(({ live }) => live)) throw memoryReleased([step.kernel.label]);
    const bindGroup = gpu.device.createBindGroup({
      label: step.kernel.label,
      layout: pipeline.getBindGroupLayout(0),
      entries: step.buffers.map(({ buffer, offset, size }, binding) => ({
        binding,
        resource: { buffer, offset, size },
      })),
    });
    return { pipeline, bindGroup, step, release: lease.release };
  } catch (error) {
    lease.release();
    throw error;
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
