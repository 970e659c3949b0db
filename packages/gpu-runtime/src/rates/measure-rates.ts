import { requireOptions, requireSignal } from "@papilio/butterfly/errors";
import { median } from "@papilio/butterfly/numeric";
import { requireGpu } from "../device/device-checks.ts";
import type { DeviceContext } from "../device/device-context.ts";
import type { Kernel, Step } from "../device/kernel.ts";
import { storage, upload } from "../device/storage.ts";
import type { Span } from "../memory/lease.ts";
import { Program } from "../program/program.ts";
import { calibrate, MIN_SAMPLE, sampleSeconds, warmSeconds } from "../program/sample-seconds.ts";
import { BufferSet } from "../tensor/buffer-set.ts";
import {
  ARITHMETIC_INVOCATIONS,
  arithmeticFlops,
  arithmeticKernel,
  COPY_GRANULE,
  copyKernel,
  fillKernel,
  idleKernel,
} from "./kernels.ts";

/** What a device reaches when it is asked to do nothing else: the scale of a cost model. */
export interface DeviceRates {
  /** Bytes read and bytes written by a copy kernel, together, in a second. */
  readonly copyBytesPerSecond: number;
  /** Multiplications and additions in float32 registers, in a second. */
  readonly flopsPerSecond: number;
  /** Seconds of a dispatch that does nothing, one of many in a submission. */
  readonly dispatchSeconds: number;
}

export interface MeasureRatesOptions {
  /** Stops between two samples; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

const SAMPLES = 5;
/** Bytes of each of the copy's two buffers, together well above the largest caches. */
const COPY_BYTES = { hardware: 2 ** 28, software: 2 ** 26 };
/** The loop's turns: at most so many that the sums stay exact. */
const MAX_TURNS = 2 ** 18;

/**
 * Measures a device's memory bandwidth, arithmetic rate and cost of a dispatch, as medians of a few
 * samples: by its timestamps, or by the wall clock where it has none. Takes well below a second on
 * a GPU and about one on a software adapter, and up to 512 MiB of device memory meanwhile.
 *
 * @throws PapilioError `GPU_LOST`, `GPU_ERROR`, `GPU_DISPOSED`; the signal's reason when it aborts
 */
export async function measureRates(
  gpu: DeviceContext,
  options: MeasureRatesOptions = {},
): Promise<DeviceRates> {
  requireGpu(gpu);
  requireOptions("The options", options);
  const { signal } = options;
  requireSignal(signal);
  signal?.throwIfAborted();
  return {
    copyBytesPerSecond: await measureCopy(gpu, signal),
    flopsPerSecond: await measureArithmetic(gpu, signal),
    dispatchSeconds: await measureDispatch(gpu, signal),
  };
}

async function measureCopy(gpu: DeviceContext, signal: AbortSignal | undefined): Promise<number> {
  const { kind, limits } = gpu.report;
  const most = Math.min(COPY_BYTES[kind], limits.maxBufferSize, limits.maxStorageBufferBindingSize);
  const bytes = most - (most % COPY_GRANULE);
  using buffers = new BufferSet(gpu);
  const x = buffers.add(storage(gpu, bytes, "source of a copy"));
  const y = buffers.add(storage(gpu, bytes, "target of a copy"));
  using fill = await Program.record(gpu, [step(fillKernel(bytes), x)]);
  await Program.complete([fill]);
  const copy = copyKernel(bytes);
  // There and back: what is read was written, and lies in memory that exists.
  using program = await Program.record(gpu, [step(copy, x, y), step(copy, y, x)]);
  return (4 * bytes) / (await medianSeconds(program, signal));
}

async function measureArithmetic(
  gpu: DeviceContext,
  signal: AbortSignal | undefined,
): Promise<number> {
  const kernel = arithmeticKernel();
  for (let turns = 4; ; turns *= 4) {
    signal?.throwIfAborted();
    using buffers = new BufferSet(gpu);
    const operands = buffers.add(upload(gpu, arithmeticOperands(turns), "operands"));
    const y = buffers.add(storage(gpu, 16 * ARITHMETIC_INVOCATIONS, "sums"));
    using program = await Program.record(gpu, [step(kernel, operands, y)]);
    // A long loop, rather than a short one many times, so that its start costs nothing.
    const long = turns >= MAX_TURNS || (await warmSeconds(program)) >= MIN_SAMPLE.timestamps;
    if (long) return arithmeticFlops(turns) / (await medianSeconds(program, signal));
  }
}

/** The operands of {@link arithmeticKernel} that make its sums exact. */
export function arithmeticOperands(turns: number): Uint8Array<ArrayBuffer> {
  const operands = Float32Array.of(1, 1, 0);
  new Uint32Array(operands.buffer)[2] = turns;
  return new Uint8Array(operands.buffer);
}

async function measureDispatch(
  gpu: DeviceContext,
  signal: AbortSignal | undefined,
): Promise<number> {
  using buffers = new BufferSet(gpu);
  const y = buffers.add(storage(gpu, 16, "nothing"));
  using program = await Program.record(gpu, [step(idleKernel(), y)]);
  return await medianSeconds(program, signal);
}

function step(kernel: Kernel, ...buffers: readonly Span[]): Step {
  return { kernel, buffers, role: "multiply" };
}

/** Seconds of one run: the median of samples that are long enough. */
async function medianSeconds(program: Program, signal: AbortSignal | undefined): Promise<number> {
  const { repeats, seconds } = await calibrate(program, signal);
  const samples = [seconds];
  while (samples.length < SAMPLES) {
    signal?.throwIfAborted();
    samples.push(await sampleSeconds(program, repeats));
  }
  // Above zero even by a clock that stands still: rates are divided by it.
  return Math.max(median(samples), 1e-12);
}
