import { requireText, requireWhole } from "../errors/argument-checks.ts";
import { describeValue } from "../errors/describe-value.ts";
import { PapilioError } from "../errors/papilio-error.ts";

/** Factors `from` to `to - 1` of a chain. */
export interface FactorRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Refuses what are not ranges of factors that cover factors `from` to `to - 1` once, in their order.
 *
 * @param what they are called in the message: `"The passes of a plan"`
 * @throws PapilioError `PLAN_INVALID`
 */
export function requireFactorRanges(what: string, ranges: unknown, from: number, to: number): void {
  requireText("What is required", what);
  requireWhole("The first factor", from, 0);
  requireWhole("The end of the factors", to, 0);
  if (!Array.isArray(ranges)) throw planInvalid(`${what} are ${describeValue(ranges)}.`);
  let next = from;
  // Not `forEach`, which skips the holes of an array.
  for (const range of ranges as readonly unknown[]) {
    const { from: first, to: end } = (range ?? {}) as { from?: unknown; to?: unknown };
    if (first !== next || !Number.isSafeInteger(end) || (end as number) <= next) {
      throw planInvalid(
        `${what} should go on at factor ${next}, but one is from ${describeValue(first)} to ${describeValue(end)}.`,
      );
    }
    next = end as number;
    if (next > to) break;
  }
  if (next !== to) {
    throw planInvalid(`${what} should end at factor ${to}, but they end at ${next}.`);
  }
}

export function planInvalid(message: string): PapilioError {
  return new PapilioError(
    "PLAN_INVALID",
    message,
    "Cover each factor of the chain once, left-most first, or leave the plan out.",
  );
}
