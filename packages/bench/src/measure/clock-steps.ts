import { ascending } from "@papilio/butterfly/numeric";
import { type Gpu, Tensor } from "@papilio/gpu-runtime";
import { Program } from "@papilio/gpu-runtime/kernels";
import { gpu as gpuShape, requireShape } from "../arguments/checks.ts";
import type { Environment } from "../results/results.ts";

const READINGS = 64;

/**
 * The smallest steps of the wall clock and of the device's timestamps, in seconds, as far as they
 * show in a few readings: an upper bound of the true ones.
 */
export async function clockSteps(gpu: Gpu | undefined): Promise<Environment["clockSteps"]> {
  if (gpu !== undefined) requireShape("The device", gpu, gpuShape);
  return {
    wall: smallestStep(Array.from({ length: READINGS }, nextTick)),
    device: gpu?.report.features.timestamps ? await deviceStep(gpu) : null,
  };
}

/** The wall clock when it has just changed, in seconds. */
function nextTick(): number {
  const started = performance.now();
  let now = started;
  while (now === started) now = performance.now();
  return now / 1000;
}

async function deviceStep(gpu: Gpu): Promise<number | null> {
  using counter = new Tensor(gpu, { batch: 1, features: 1, layout: "batch-first" });
  using program = await Program.record(gpu, [
    {
      kernel: {
        label: "clock step",
        enables: [],
        bindings: [{ name: "counter", elements: "f32", access: "read-write" }],
        wgsl: `@compute @workgroup_size(1) fn main() { counter[0] += 1.0; }`,
        workgroups: [1, 1, 1],
      },
      buffers: [counter.memory],
      role: "multiply",
    },
  ]);
  const durations: number[] = [];
  for (let reading = 0; reading < READINGS; reading++)
    durations.push(await Program.time([program]));
  return smallestStep([0, ...durations]);
}

/** Smallest difference of two different values; null where all are equal. */
function smallestStep(values: readonly number[]): number | null {
  const sorted = ascending(values);
  const steps = sorted
    .slice(1)
    .map((value, index) => value - (sorted[index] as number))
    // Differences of doubles are not quite equal: less than a picosecond is not a step.
    .filter((step) => step > 1e-12);
  return steps.length === 0 ? null : Math.min(...steps);
}
