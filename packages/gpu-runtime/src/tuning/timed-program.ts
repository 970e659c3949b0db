import type { Program } from "../program/program.ts";
import { calibrate, sampleSeconds } from "../program/sample-seconds.ts";
import type { PreparedCandidate } from "./autotune.ts";

/** What a program that is measured needs besides. */
export interface TimedProgramOptions {
  /** Runs it once. @returns what is wrong with its answer, or undefined */
  verify(): Promise<string | undefined>;
  /** Frees what the program uses and nothing else does. */
  release?(): void;
  readonly signal: AbortSignal | undefined;
}

/** A candidate that is one program: samples are as many runs of it as the device's clock needs. */
export function timedProgram(
  program: Program,
  { verify, release, signal }: TimedProgramOptions,
): PreparedCandidate {
  let repeats: number | undefined;
  return {
    verify,
    sample: async () => {
      if (repeats !== undefined) return sampleSeconds(program, repeats);
      const calibration = await calibrate(program, signal);
      repeats = calibration.repeats;
      return calibration.seconds;
    },
    [Symbol.dispose]: () => {
      program.dispose();
      release?.();
    },
  };
}
