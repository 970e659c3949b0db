import { requireText } from "@papilio/butterfly/errors";
import * as v from "valibot";
import { anyNumber, requireShape } from "../arguments/checks.ts";

const PREFIXES = ["f", "p", "n", "µ", "m", "", "k", "M", "G", "T", "P", "E"] as const;
const UNPREFIXED = 5;

/**
 * A quantity with the prefix that suits it, three significant digits: `1.23 ms`, `4.56 TFLOP/s`.
 */
export function quantity(value: number, unit: string): string {
  requireShape("The quantity", value, anyNumber);
  requireText("The unit", unit);
  if (!Number.isFinite(value)) return "-";
  if (value === 0) return `0 ${unit}`;
  // Of the rounded value, so that 999.9 µs becomes 1.00 ms and not 1.00e+3 µs.
  const exponent = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(3)))) / 3);
  const place = Math.min(Math.max(exponent + UNPREFIXED, 0), PREFIXES.length - 1);
  return `${digits(value / 1000 ** (place - UNPREFIXED))} ${PREFIXES[place]}${unit}`;
}

function digits(value: number): string {
  const rounded = value.toPrecision(3);
  return rounded.includes("e") ? String(Number(rounded)) : rounded;
}

/** A share of 0 to 1. */
export function percent(share: number | undefined): string {
  if (share !== undefined) requireShape("The share", share, anyNumber);
  return share === undefined ? "-" : `${Math.round(share * 100)} %`;
}

/** How many of how many, with the share. */
export function outOf(count: number, all: number): string {
  requireShape("The counts", [count, all], v.tuple([anyNumber, anyNumber]));
  return all === 0 ? "-" : `${count} of ${all} (${percent(count / all)})`;
}

/** A ratio of times or of joules. */
export function times(value: number | undefined): string {
  if (value !== undefined) requireShape("The ratio", value, anyNumber);
  if (value === Number.POSITIVE_INFINITY) return "×∞";
  return value === undefined ? "-" : `×${value >= 100 ? value.toPrecision(3) : value.toFixed(2)}`;
}

/** A count with its noun: `1 case`, `2 cases`. */
export function counted(count: number, noun: string, plural: string = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}
