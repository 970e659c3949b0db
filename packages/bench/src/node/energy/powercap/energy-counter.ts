import type { Clock } from "../clock.ts";
import { meterFailed } from "../errors.ts";
import { type PackageZone, parseMicrojoules, whyUnreadable } from "./packages.ts";
import type { ReadText } from "./read-text.ts";

/** No package draws more, in watts: a counter that wraps around is read often enough for that. */
const MOST_WATTS = 1000;

/** Longest time between two readings, in seconds, where the counters allow any. */
const LONGEST_INTERVAL = 1;

/** Energy since the start, at the time of the reading. */
export interface EnergySample {
  readonly seconds: number;
  readonly joules: number;
}

/** The counters of all packages, unwrapped and summed. */
export class EnergyCounter {
  /** Read at least this often, in seconds: a quarter of the time in which a counter could wrap. */
  readonly interval: number;
  readonly #zones: readonly PackageZone[];
  readonly #clock: Clock;
  readonly #read: ReadText;
  readonly #wrapSeconds: number;
  #values: readonly bigint[] = [];
  #started = 0;
  #time = 0;
  #microjoules = 0n;

  constructor(zones: readonly PackageZone[], clock: Clock, read: ReadText) {
    this.#zones = zones;
    this.#clock = clock;
    this.#read = read;
    this.#wrapSeconds = Math.min(...zones.map(({ range }) => Number(range) / 1e6 / MOST_WATTS));
    this.interval = Math.min(LONGEST_INTERVAL, this.#wrapSeconds / 4);
  }

  /** Begins to count at 0, however long ago the last reading was. */
  start(): void {
    this.#values = this.#readAll();
    this.#started = this.#clock.now();
    this.#time = this.#started;
    this.#microjoules = 0n;
  }

  /**
   * Reads the counters, each of which may have wrapped around once since the last reading.
   *
   * @throws PapilioError `ENERGY_METER_FAILED` when a file cannot be read or holds no count, or when the last
   * reading was so long ago that a counter may have wrapped around twice
   */
  sample(): EnergySample {
    const values = this.#readAll();
    const time = this.#clock.now();
    const gap = time - this.#time;
    if (gap >= this.#wrapSeconds) {
      throw meterFailed(
        `The energy counters were not read for ${gap.toPrecision(3)} s, in which they may have wrapped around more than once.`,
      );
    }
    for (const [index, { range }] of this.#zones.entries()) {
      const before = this.#values[index] as bigint;
      const value = values[index] as bigint;
      // The range is the largest value, so a wrap loses one step of the counter: some 60 microjoules.
      this.#microjoules += value >= before ? value - before : value + range - before;
    }
    this.#values = values;
    this.#time = time;
    return { seconds: time - this.#started, joules: Number(this.#microjoules) / 1e6 };
  }

  #readAll(): bigint[] {
    return this.#zones.map(({ counter, range }) => {
      let value: bigint;
      try {
        value = parseMicrojoules(this.#read(counter), counter);
      } catch (error) {
        throw meterFailed(`An energy counter failed: ${whyUnreadable(counter, error)}.`, error);
      }
      if (value <= range) return value;
      throw meterFailed(`${counter} holds ${value}, above its range of ${range} microjoules.`);
    });
  }
}
