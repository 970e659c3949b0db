import { Program } from "./program.ts";

/**
 * Shortest sample, in seconds. The wall clock also sees the submission and the way back, which take
 * a millisecond or two; timestamps do not.
 */
export const MIN_SAMPLE = { timestamps: 0.005, wall: 0.03 };
/** More runs than this in one submission are not recorded. */
const MAX_REPEATS = 20_000;

/** How often a program runs in a sample that is long enough, and what a run took in the last one. */
export interface Calibration {
  readonly repeats: number;
  readonly seconds: number;
}

/**
 * Finds how many runs make a sample that the device's clock, or the wall clock where it has none,
 * resolves.
 *
 * @throws PapilioError `GPU_LOST`, `GPU_ERROR`, `GPU_DISPOSED`; the signal's reason when it aborts
 */
export async function calibrate(program: Program, signal?: AbortSignal): Promise<Calibration> {
  const least = MIN_SAMPLE[program.gpu.report.features.timestamps ? "timestamps" : "wall"];
  let repeats = 1;
  let seconds = await warmSeconds(program);
  while (seconds * repeats < least && repeats < MAX_REPEATS) {
    signal?.throwIfAborted();
    // A clock may see nothing at all of a single short run.
    const needed = seconds > 0 ? Math.ceil((1.25 * least) / seconds) : Number.POSITIVE_INFINITY;
    repeats = Math.min(MAX_REPEATS, 8 * repeats, Math.max(2 * repeats, needed));
    seconds = await sampleSeconds(program, repeats);
  }
  return { repeats, seconds };
}

/** Seconds of a run after one that warmed up. */
export async function warmSeconds(program: Program): Promise<number> {
  await Program.complete([program]);
  return sampleSeconds(program, 1);
}

/** Seconds of one run, as the mean of `repeats` in one submission. */
export async function sampleSeconds(program: Program, repeats: number): Promise<number> {
  const programs = Array.from({ length: repeats }, () => program);
  if (program.gpu.report.features.timestamps) return (await Program.time(programs)) / repeats;
  const started = performance.now();
  await Program.complete(programs);
  return (performance.now() - started) / 1000 / repeats;
}
