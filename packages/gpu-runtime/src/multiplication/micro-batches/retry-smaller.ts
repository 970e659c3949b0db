import { type Chain, DisposableStack, PapilioError } from "@papilio/butterfly";
import type { DeviceContext } from "../../device/device-context.ts";
import { Program } from "../../program/program.ts";
import type { InputShape } from "../../tensor/input-shape.ts";
import type { Multiplication } from "../multiplication.ts";
import { StagingSlot } from "./staging-slot.ts";

/** Micro-batches in flight: while one computes, the other is uploaded or read. */
export const IN_FLIGHT = 2;
/** Micro-batches are a multiple of this, so that kernels read whole vectors of elements. */
export const GRANULE = 32;

/** What micro-batches of one size are multiplied with. */
export interface StreamingContext extends Disposable {
  /** Vectors at a time. */
  readonly size: number;
  readonly slots: readonly StagingSlot[];
  /** For each slot, what computes its output. */
  readonly programs: readonly Program[];
}

/** Halves the micro-batch until all that it needs fits the budget and the device. */
export async function openStreamingContext(
  gpu: DeviceContext,
  chain: Chain,
  shape: InputShape,
  prepare: (shape: InputShape) => Multiplication,
): Promise<StreamingContext> {
  for (let size = shape.batch; ; size = smaller(size)) {
    using held = new DisposableStack();
    try {
      const part = { ...shape, batch: size };
      const multiplication = held.use(prepare(part));
      const slots = Array.from({ length: IN_FLIGHT }, () =>
        held.use(new StagingSlot(gpu, chain, part)),
      );
      const programs = await Program.recordAll(
        gpu,
        slots.map(({ x, y }) => multiplication.steps(x, y)),
      );
      for (const program of programs) held.use(program);
      const owned = held.move();
      return { size, slots, programs, [Symbol.dispose]: () => owned.dispose() };
    } catch (error) {
      if (!isWithoutMemory(error) || size === 1) throw error;
    }
  }
}

/** Whether there was no memory: what a smaller micro-batch may do without. */
export function isWithoutMemory(error: unknown): boolean {
  return (
    error instanceof PapilioError &&
    (error.code === "MEMORY_BUDGET" || error.code === "GPU_OUT_OF_MEMORY")
  );
}

function smaller(size: number): number {
  const half = Math.floor(size / 2);
  return half > GRANULE ? half - (half % GRANULE) : Math.max(1, half);
}
