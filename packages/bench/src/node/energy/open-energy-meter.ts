import type { AdapterReport } from "@papilio/gpu-runtime";
import * as v from "valibot";
import {
  anyNumber,
  callback,
  options as optionsOf,
  requireShape,
  signal as signalShape,
} from "../../arguments/checks.ts";
import { type Clock, monotonicClock, wallClock } from "./clock.ts";
import type { MeterSearch } from "./energy-meter.ts";
import { assertPositive } from "./errors.ts";
import { meterSource } from "./meter-source.ts";
import { openNvidiaSmiMeter } from "./nvidia-smi/nvidia-smi-meter.ts";
import { openPowercapMeter } from "./powercap/powercap-meter.ts";

export interface OpenEnergyMeterOptions {
  /** Folder of the kernel's energy counters; `/sys/class/powercap` by default. */
  readonly powercapRoot?: string | undefined;
  /** Executable, by path or name; `nvidia-smi` by default. */
  readonly nvidiaSmi?: string | undefined;
  /** How long idle power is taken for, in seconds; 2 by default. */
  readonly idleSeconds?: number | undefined;
  /** Longest wait for an answer of `nvidia-smi`, in seconds; 15 by default, since it starts slowly. */
  readonly timeoutSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** For tests. For `nvidia-smi` it tells seconds since 1970. */
  readonly clock?: Clock | undefined;
}

const adapterShape = v.object({
  name: v.string(),
  vendor: v.string(),
  driver: v.string(),
  kind: v.picklist(["hardware", "software"]),
});
const meterShape = optionsOf({
  powercapRoot: v.string(),
  nvidiaSmi: v.string(),
  idleSeconds: anyNumber,
  timeoutSeconds: anyNumber,
  signal: signalShape,
  clock: v.object({ now: callback, sleep: callback }),
});

/**
 * Opens the meter of an adapter, or of the processor where the adapter is null, or says why there is none. It takes idle power first, so the adapter
 * and, where it computes on it, the processor should have nothing to do.
 *
 * A software adapter and graphics inside a processor are metered by the counters of the processor's
 * packages (powercap, on Linux, of Intel and AMD), an NVIDIA GPU by `nvidia-smi`.
 *
 * @throws PapilioError `ENERGY_OPTION_INVALID` when a time is not positive; the signal's reason
 * @example
 * ```ts
 * const search = await openEnergyMeter(gpu.report);
 * if ("reason" in search) console.log(search.reason);
 * else {
 *   await using meter = search.meter;
 *   const { joules } = await meter.measure(async () => {
 *     await prepared.run(100);
 *     return 100;
 *   });
 * }
 * ```
 */
export async function openEnergyMeter(
  adapter: Pick<AdapterReport, "name" | "vendor" | "driver" | "kind"> | null,
  options: OpenEnergyMeterOptions = {},
): Promise<MeterSearch> {
  requireShape("The adapter", adapter, adapterShape);
  requireShape("The options of openEnergyMeter", options, meterShape);
  const { idleSeconds = 2, timeoutSeconds = 15, signal } = options;
  assertPositive("The time for idle power, in seconds,", idleSeconds);
  assertPositive("The longest wait for nvidia-smi, in seconds,", timeoutSeconds);
  signal?.throwIfAborted();
  const found = adapter === null ? ({ source: "powercap" } as const) : meterSource(adapter);
  if ("reason" in found) return found;
  if (found.source === "powercap") {
    return await openPowercapMeter({
      root: options.powercapRoot ?? "/sys/class/powercap",
      idleSeconds,
      clock: options.clock ?? monotonicClock,
      signal,
    });
  }
  return await openNvidiaSmiMeter({
    command: options.nvidiaSmi ?? "nvidia-smi",
    adapterName: (adapter as AdapterReport).name,
    idleSeconds,
    timeoutSeconds,
    clock: options.clock ?? wallClock,
    signal,
  });
}
