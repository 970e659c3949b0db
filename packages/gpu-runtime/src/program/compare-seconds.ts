import { requireOptions, requireSignal, requireWhole } from "@papilio/butterfly/errors";
import { median } from "@papilio/butterfly/numeric";
import { type Program, requirePrograms } from "./program.ts";
import { calibrate, sampleSeconds } from "./sample-seconds.ts";

export interface CompareOptions {
  /** Samples of each program; 7 unless given. */
  readonly rounds?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Median seconds of a run of each program, on the device's clock or, without one, the wall clock. The
 * programs take turns, so that whatever else the machine does meets all of them.
 *
 * @throws PapilioError `OPTION_INVALID` for rounds below 1, `GPU_LOST`, `GPU_ERROR`; the signal's reason when it aborts
 */
export async function compareSeconds(
  programs: readonly Program[],
  options: CompareOptions = {},
): Promise<number[]> {
  requirePrograms(programs);
  requireOptions("The options", options);
  const { rounds = 7, signal } = options;
  requireSignal(signal);
  requireWhole("The rounds", rounds, 1);
  const repeats: number[] = [];
  for (const program of programs) repeats.push((await calibrate(program, signal)).repeats);
  const samples: number[][] = programs.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, program] of programs.entries()) {
      signal?.throwIfAborted();
      samples[index]?.push(await sampleSeconds(program, repeats[index] as number));
    }
  }
  return samples.map(median);
}
