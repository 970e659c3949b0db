import { PapilioError } from "@papilio/butterfly";

/** A meter that stopped, or whose readings make no sense. `message` is a sentence. */
export function meterFailed(message: string, cause?: unknown): PapilioError {
  return new PapilioError(
    "ENERGY_METER_FAILED",
    message,
    "Measure again; if it fails again, benchmark without energy.",
    { cause },
  );
}

/**
 * Refuses a number that is not positive and finite.
 *
 * @throws PapilioError `ENERGY_OPTION_INVALID`
 */
export function assertPositive(what: string, value: number): void {
  if (Number.isFinite(value) && value > 0) return;
  throw new PapilioError(
    "ENERGY_OPTION_INVALID",
    `${what} is ${value}.`,
    "Give a positive, finite number.",
  );
}
