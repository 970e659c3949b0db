import type { Energy } from "../../results/results.ts";

export interface MeasureEnergyOptions {
  /** Shortest window, in seconds; 2 by default. Longer ones have narrower intervals. */
  readonly seconds?: number | undefined;
  /** Looked at between the calls of `work`, each of which is awaited. */
  readonly signal?: AbortSignal | undefined;
}

/** A meter of the energy of one adapter. It reads whatever draws power there, so run nothing else. */
export interface EnergyMeter extends AsyncDisposable {
  /** For people, for example `powercap package-0` or `nvidia-smi NVIDIA H200`. */
  readonly name: string;
  readonly source: "powercap" | "nvidia-smi";
  /** Mean power before the first run, in watts, and how long it was taken for, in seconds. */
  readonly idleWatts: number;
  readonly idleSeconds: number;
  /**
   * Calls `work` over and over for at least `seconds`, reading the meter beside it. `work` resolves
   * to the number of multiplications that it did. One call of `measure` at a time.
   *
   * @throws PapilioError `ENERGY_METER_FAILED` when the meter stops or reads nonsense meanwhile
   * @throws PapilioError `ENERGY_OPTION_INVALID` when `seconds` or a count of multiplications is not positive
   * @throws whatever `work` throws; the signal's reason when it aborts
   */
  measure(work: () => Promise<number>, options?: MeasureEnergyOptions): Promise<Energy>;
}

/** The meter that an adapter has, or in one sentence why it has none. */
export type MeterSearch = { readonly meter: EnergyMeter } | { readonly reason: string };

/** Seconds of a measured window, where the caller does not say. */
export const DEFAULT_SECONDS = 2;
