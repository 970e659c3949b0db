import { PapilioError } from "@papilio/butterfly";
import { describeValue, requireOptions } from "@papilio/butterfly/errors";

export interface MemoryOptions {
  /** Most bytes that may be reserved on the device; without it, as many as the driver gives. */
  readonly budget?: number;
  /** Most bytes that wait for reuse; 256 MiB unless given. What is released beyond is destroyed. */
  readonly keep?: number;
  /** Seconds without a release after which what waits for reuse is destroyed; 30 unless given. */
  readonly idleSeconds?: number;
}

const KEEP = 256 * 2 ** 20;
const IDLE_SECONDS = 30;

/**
 * The options with what is not given.
 *
 * @throws PapilioError `MEMORY_OPTION_INVALID` unless every option is a positive number, `keep` at least 0
 */
export function requireMemoryOptions(options: MemoryOptions = {}): Required<MemoryOptions> {
  requireOptions("The options of the memory", options);
  const { budget = Number.POSITIVE_INFINITY, keep = KEEP, idleSeconds = IDLE_SECONDS } = options;
  for (const [name, value, least] of [
    ["budget", budget, 1],
    ["keep", keep, 0],
    ["idleSeconds", idleSeconds, Number.MIN_VALUE],
  ] as const) {
    if (typeof value === "number" && value >= least) continue;
    throw new PapilioError(
      "MEMORY_OPTION_INVALID",
      `The option ${name} of the memory is ${describeValue(value)}.`,
      `Give a number of at least ${least}.`,
    );
  }
  return { budget, keep, idleSeconds };
}
