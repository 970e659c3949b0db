import { describeValue, requireNumber, wrongArgument } from "@papilio/butterfly/errors";

/** Throws `OPTION_INVALID` unless it is a number from 0 on that float32 has. */
export function requireNotNegative(name: string, value: unknown): asserts value is number {
  requireNumber(name, value);
  if (value >= 0 && Number.isFinite(Math.fround(value))) return;
  throw wrongArgument(name, describeValue(value), "a number from 0 on that float32 holds");
}

/** Throws `OPTION_INVALID` unless it is a number from 0 to below 1. */
export function requireBeta(name: string, value: unknown): asserts value is number {
  requireNumber(name, value);
  if (value >= 0 && value < 1) return;
  throw wrongArgument(name, describeValue(value), "a number from 0 to below 1");
}
