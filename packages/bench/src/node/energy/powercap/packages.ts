import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describeValue } from "@papilio/butterfly/errors";
import type { ReadText } from "./read-text.ts";

/** A processor package with an energy counter. */
export interface PackageZone {
  /** As the kernel names it, for example `package-0`. */
  readonly name: string;
  /** Path of the counter, `energy_uj`. */
  readonly counter: string;
  /** Where the counter wraps around, in microjoules: `max_energy_range_uj`. */
  readonly range: bigint;
}

/**
 * Top-level zones. Those with a second number are parts of one (`intel-rapl:0:0`), and
 * `intel-rapl-mmio:0` is a second view of the same package.
 */
const TOP_LEVEL = /^intel-rapl:\d+$/;

/** `psys`, the whole platform, is top-level too and holds the packages: only these are summed. */
const PACKAGE = /^package\b/;

/**
 * The packages in a powercap tree, on Intel and AMD, or a sentence saying why there are none.
 *
 * Files: https://docs.kernel.org/power/powercap/powercap.html
 */
export function findPackages(root: string, read: ReadText): PackageZone[] | string {
  let entries: string[];
  try {
    entries = readdirSync(root);
  } catch (error) {
    return `There is no energy counter of the processor: ${whyUnreadable(root, error)}; it needs Linux on an Intel or AMD processor, outside most virtual machines.`;
  }
  const zones: PackageZone[] = [];
  for (const entry of entries.filter((name) => TOP_LEVEL.test(name)).sort()) {
    const counter = join(root, entry, "energy_uj");
    let path = join(root, entry, "name");
    try {
      const name = read(path).trim();
      if (!PACKAGE.test(name)) continue;
      path = join(root, entry, "max_energy_range_uj");
      const range = parseMicrojoules(read(path), path);
      if (range === 0n) throw new RangeError(`${path} is 0`);
      path = counter;
      parseMicrojoules(read(path), path);
      zones.push({ name, counter, range });
    } catch (error) {
      return `The energy counter of the processor cannot be used: ${whyUnreadable(path, error)}.`;
    }
  }
  if (zones.length > 0) return zones;
  return `There is no energy counter of the processor: ${root} has no package zone, so load the intel_rapl_msr module, or run outside the virtual machine.`;
}

/**
 * Reads a count of microjoules as the kernel prints it.
 *
 * @throws RangeError that names the file and what it holds
 */
export function parseMicrojoules(text: string, path: string): bigint {
  const digits = text.trim();
  // At most 20 digits: the kernel's counters have 64 bits.
  if (!/^\d{1,20}$/.test(digits)) {
    throw new RangeError(`${path} holds ${describeValue(digits)}, which is not a count`);
  }
  return BigInt(digits);
}

/** Part of a sentence: which file cannot be read, why, and what to do where that is known. */
export function whyUnreadable(path: string, error: unknown): string {
  if (error instanceof RangeError) return error.message;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EACCES" || code === "EPERM") {
    return `${path} may be read by root alone (${code}), so run as root or allow it with sudo chmod a+r ${path}`;
  }
  if (code === "ENOENT") return `${path} does not exist`;
  return `${path} cannot be read (${code ?? message})`;
}
