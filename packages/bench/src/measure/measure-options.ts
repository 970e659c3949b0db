import * as v from "valibot";
import {
  callback,
  count,
  options as optionsOf,
  type Shape,
  signal as signalShape,
} from "../arguments/checks.ts";
import type { Case } from "../cases/case.ts";
import type { Implementation } from "../implementations/implementation.ts";
import type { Energy } from "../results/results.ts";

/** How long and how often a case is measured. */
export interface MeasureOptions {
  /** Samples of each implementation. */
  readonly rounds: number;
  /** Shortest sample, in seconds: shorter runs are repeated within one. */
  readonly minSample: number;
  readonly seed: number;
  /** Bytes that the inputs, read in turn, exceed together; 0 for a single input. */
  readonly cacheBytes: number;
  /** Smallest step of the slowest clock, in seconds: samples are a hundred of them or more. */
  readonly clockStep: number;
  /** Called before an implementation is prepared. */
  readonly onPrepare?: (implementation: Implementation) => void;
  /** Why an implementation is not even tried on a case; undefined where it is. */
  readonly refuse?: (implementation: Implementation, item: Case) => string | undefined;
  /**
   * Longest run of an implementation, in seconds: one whose warm run takes longer is verified, and not
   * timed. Without a limit every one is.
   */
  readonly maxRunSeconds?: number | undefined;
  /** Called with the seconds of a run that is left out for that, and with those spent to find it out. */
  readonly onTooSlow?: (
    implementation: Implementation,
    item: Case,
    seconds: number,
    spent: number,
  ) => void;
  /** Measures the energy of an implementation that is ready to run; absent without a meter. */
  readonly meter?: ((work: () => Promise<number>) => Promise<Energy>) | undefined;
  readonly signal?: AbortSignal;
}

/** What each of {@link MeasureOptions} is. */
export const measureEntries: Readonly<Record<string, Shape>> = {
  rounds: count,
  minSample: v.number(),
  seed: v.number(),
  cacheBytes: v.pipe(v.number(), v.minValue(0)),
  clockStep: v.number(),
  onPrepare: callback,
  refuse: callback,
  maxRunSeconds: v.number(),
  onTooSlow: callback,
  meter: callback,
  signal: signalShape,
};
export const measureShape: Shape = optionsOf(measureEntries);

export const MEASURE_DEFAULTS: MeasureOptions = {
  rounds: 10,
  minSample: 0.002,
  seed: 1,
  cacheBytes: 0,
  clockStep: 0,
};
