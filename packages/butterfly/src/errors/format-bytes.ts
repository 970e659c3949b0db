import { requireNumber } from "./argument-checks.ts";

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/**
 * A number of bytes for people, in powers of 1024 and with three significant digits: `512 B`, `1.50 KiB`.
 *
 * @throws PapilioError `OPTION_INVALID` unless it is a number
 */
export function formatBytes(count: number): string {
  requireNumber("The number of bytes", count);
  const place = count < 1 ? 0 : Math.min(Math.floor(Math.log2(count) / 10), UNITS.length - 1);
  const rounded = (count / 1024 ** place).toPrecision(3);
  const digits = place === 0 || rounded.includes("e") ? String(Number(rounded)) : rounded;
  return `${digits} ${UNITS[place]}`;
}
