import type { Chain } from "@papilio/butterfly";
import { requireArray, requireNumber, requireProgress } from "@papilio/butterfly/errors";
import { requireDisjoint } from "@papilio/butterfly/matrix";
import { FLOAT_FORMATS, requireVectors, stridesOf } from "@papilio/butterfly/numeric";
import type { DeviceContext } from "../../device/device-context.ts";
import type { Program } from "../../program/program.ts";
import type { InputShape } from "../../tensor/input-shape.ts";
import type { DeviceMultiplyOptions } from "../device-matrix.ts";
import type { Multiplication } from "../multiplication.ts";
import { GRANULE, IN_FLIGHT, openStreamingContext } from "./retry-smaller.ts";
import type { StagingSlot } from "./staging-slot.ts";
import { putVectors, takeVectors } from "./vector-slices.ts";

/** Bytes of inputs and outputs that are worth a micro-batch of their own. */
const ENOUGH_BYTES = 32 * 2 ** 20;

/**
 * Multiplies vectors on the host, in micro-batches that fit the device's limits and the budget of
 * its memory.
 *
 * @param prepare the multiplication for a shape
 * @param multiplyAtOnce multiplies the whole batch by what is kept for its shape, where there is memory for
 *   that: else undefined
 */
export async function multiplyInMicroBatches(
  gpu: DeviceContext,
  chain: Chain,
  x: Float32Array,
  whole: InputShape,
  options: DeviceMultiplyOptions,
  prepare: (shape: InputShape) => Multiplication,
  multiplyAtOnce: () => Promise<Float32Array | undefined>,
): Promise<Float32Array> {
  requireProgress(options);
  const { signal, onProgress, out, microBatch = Number.POSITIVE_INFINITY } = options;
  requireNumber("microBatch", microBatch);
  const { batch } = whole;
  const { rows, cols } = chain;
  requireArray("The input", x, "Float32Array");
  stridesOf(whole, cols); // refuses a bad shape
  gpu.assertDtype(whole.dtype);
  requireVectors("input", x.length, cols, batch);
  if (out !== undefined) {
    requireArray("The output", out, "Float32Array");
    requireVectors("output", out.length, rows, batch);
    requireDisjoint(x, out);
  }
  signal?.throwIfAborted();
  const most = Math.min(batch, Math.max(1, Math.floor(microBatch)), mostVectors(gpu, chain, whole));
  const atOnce = most === batch ? await multiplyAtOnce() : undefined;
  if (atOnce !== undefined) {
    onProgress?.(batch, batch);
    if (out === undefined) return atOnce;
    out.set(atOnce);
    return out;
  }
  using context = await openStreamingContext(gpu, chain, { ...whole, batch: most }, prepare);
  const { size, slots, programs } = context;
  const y = out === undefined ? new Float32Array(batch * rows) : out;
  const idle = slots.map(() => Promise.resolve());
  let done = 0;
  try {
    for (let first = 0, turn = 0; first < batch; first += size, turn++) {
      const slot = turn % slots.length;
      await idle[slot];
      signal?.throwIfAborted();
      // The last one begins early enough to be whole: some vectors are then multiplied twice.
      const start = Math.min(first, batch - size);
      const input = takeVectors(x, whole, cols, start, size);
      const output = (slots[slot] as StagingSlot).multiply(input, programs[slot] as Program);
      idle[slot] = output.then((values) => {
        putVectors(values, y, whole, rows, start);
        done += Math.min(size, batch - first);
        onProgress?.(done, batch);
      });
      // Awaited above, or below; until then a rejection must not count as unhandled.
      idle[slot].catch(() => undefined);
    }
    await Promise.all(idle);
    return y;
  } finally {
    // Nothing may be released while it is in use.
    await Promise.allSettled(idle);
  }
}

/** Vectors at a time that should fit: what is found not to is halved. */
function mostVectors(gpu: DeviceContext, chain: Chain, { batch, dtype }: InputShape): number {
  const { budget, reserved, free } = gpu.memory.statistics;
  const { bytes } = FLOAT_FORMATS[dtype];
  const ends = bytes * (chain.rows + chain.cols);
  const widest = bytes * Math.max(chain.cols, ...chain.patterns.map(({ rows }) => rows));
  const limit = gpu.report.limits.maxStorageBufferBindingSize / widest;
  // On the device, and in the staging memory on the way there and back.
  const within = (budget - reserved + free) / (2 * IN_FLIGHT * ends);
  const most = Math.floor(Math.min(batch, limit, within, Math.max(GRANULE, ENOUGH_BYTES / ends)));
  return most > GRANULE ? most - (most % GRANULE) : Math.max(1, most);
}
