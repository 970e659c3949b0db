import { PapilioError } from "@papilio/butterfly";
import type { Energy } from "../../../results/results.ts";
import type { Clock } from "../clock.ts";
import {
  DEFAULT_SECONDS,
  type EnergyMeter,
  type MeasureEnergyOptions,
  type MeterSearch,
} from "../energy-meter.ts";
import { assertPositive, meterFailed } from "../errors.ts";
import { type PowerEstimate, standardDeviation, toReading } from "../reading.ts";
import { runWork } from "../run-work.ts";
import { EnergyCounter, type EnergySample } from "./energy-counter.ts";
import { findPackages } from "./packages.ts";
import { type ReadText, readText } from "./read-text.ts";

/** The counters are updated about this often, in seconds: a reading may be so much behind. */
const UPDATE_SECONDS = 0.001;

/** Stretches into which the idle time is cut, to see how its power varies. */
const IDLE_SLICES = 20;

export interface OpenPowercapOptions {
  readonly root: string;
  readonly idleSeconds: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  readonly read?: ReadText;
}

/**
 * Opens the meter of all processor packages: the machine's cores, and the graphics in the same
 * package where there are any. Its idle power is taken first.
 *
 * @throws the signal's reason
 */
export async function openPowercapMeter({
  root,
  idleSeconds,
  clock,
  signal,
  read = readText,
}: OpenPowercapOptions): Promise<MeterSearch> {
  const zones = findPackages(root, read);
  if (typeof zones === "string") return { reason: zones };
  const counter = new EnergyCounter(zones, clock, read);
  try {
    const idle = await watchIdle(counter, idleSeconds, clock, signal);
    const name = `powercap ${zones.map((zone) => zone.name).join(" + ")}`;
    return { meter: new PowercapMeter(name, counter, clock, idle) };
  } catch (error) {
    if (error instanceof PapilioError) return { reason: error.message };
    throw error;
  }
}

interface Idle extends PowerEstimate {
  readonly seconds: number;
}

async function watchIdle(
  counter: EnergyCounter,
  seconds: number,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<Idle> {
  const slice = Math.min(counter.interval, seconds / IDLE_SLICES);
  const powers: number[] = [];
  counter.start();
  let last: EnergySample = { seconds: 0, joules: 0 };
  // Rounded, so that the sum of the slices ends where it should rather than one slice later.
  for (let count = Math.round(seconds / slice); count > 0; count--) {
    await clock.sleep(slice, signal);
    const sample = counter.sample();
    powers.push(meanWatts(last, sample));
    last = sample;
  }
  // Not divided by the root of the number of slices: what wakes up on an idle machine may last for
  // as long as a run, so that a mean over more slices is no better known.
  const deviation = standardDeviation(powers);
  const { watts, bound } = meanPower(last);
  return { seconds: last.seconds, watts, deviation, bound };
}

function meanWatts(from: EnergySample, to: EnergySample): number {
  const seconds = to.seconds - from.seconds;
  if (seconds > 0) return (to.joules - from.joules) / seconds;
  throw meterFailed("No time passed between two readings of the energy counters.");
}

/** A counter misses nothing between its readings: only the two at the ends are uncertain. */
function meanPower(total: EnergySample): PowerEstimate {
  const watts = meanWatts({ seconds: 0, joules: 0 }, total);
  return { watts, deviation: 0, bound: (2 * watts * UPDATE_SECONDS) / total.seconds };
}

class PowercapMeter implements EnergyMeter {
  readonly name: string;
  readonly source = "powercap";
  readonly idleWatts: number;
  readonly idleSeconds: number;
  readonly #counter: EnergyCounter;
  readonly #clock: Clock;
  readonly #idle: Idle;
  #closed = false;

  constructor(name: string, counter: EnergyCounter, clock: Clock, idle: Idle) {
    this.name = name;
    this.idleWatts = idle.watts;
    this.idleSeconds = idle.seconds;
    this.#counter = counter;
    this.#clock = clock;
    this.#idle = idle;
  }

  async measure(
    work: () => Promise<number>,
    { seconds = DEFAULT_SECONDS, signal }: MeasureEnergyOptions = {},
  ): Promise<Energy> {
    assertPositive("The time to measure, in seconds,", seconds);
    if (this.#closed) throw meterFailed("The meter was closed.");
    this.#counter.start();
    using background = this.#sampleInBackground();
    const check = (): void => {
      if (background.failure !== undefined) throw background.failure;
    };
    const runs = await runWork(work, { seconds, clock: this.#clock, signal, check });
    const total = this.#counter.sample();
    return toReading(meanPower(total), this.#idle, { seconds: total.seconds, runs });
  }

  /** Reads the counters often enough to see each wrap, until it is disposed of. */
  #sampleInBackground(): Disposable & { readonly failure: unknown } {
    const stop = new AbortController();
    const state = { failure: undefined as unknown, [Symbol.dispose]: () => stop.abort() };
    const loop = async (): Promise<never> => {
      for (;;) {
        await this.#clock.sleep(this.#counter.interval, stop.signal);
        this.#counter.sample();
      }
    };
    loop().catch((error: unknown) => {
      if (!stop.signal.aborted) state.failure = error;
    });
    return state;
  }

  /** Nothing is held between runs. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }
}
