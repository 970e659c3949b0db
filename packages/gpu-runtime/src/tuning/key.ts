import type { DeviceContext } from "../device/device-context.ts";
import { loadWidth } from "../kernels/wgsl.ts";
import type { InputShape } from "../tensor/input-shape.ts";
import { VERSION } from "./version.ts";

/** All that the fastest candidate depends on, as far as the platform tells. */
export interface TuningKey {
  readonly adapter: string;
  readonly vendor: string;
  readonly architecture: string;
  readonly driver: string;
  /** The adapter's features and limits, as JSON. */
  readonly capabilities: string;
  /** The browser, or Node, and its version: `navigator.userAgent`. */
  readonly runtime: string;
  /** Version of this package, with which candidates change. */
  readonly version: string;
  /** What is tuned, with its shape class. */
  readonly what: string;
}

/**
 * The key of a tuning on a device. A browser may name neither adapter nor driver: a cache for it
 * belongs in storage that does not leave the browser.
 */
export function tuningKey({ report }: Pick<DeviceContext, "report">, what: string): TuningKey {
  const { name, vendor, architecture, driver, features, limits } = report;
  return {
    adapter: name,
    vendor,
    architecture,
    driver,
    capabilities: JSON.stringify({ features, limits }),
    runtime: globalThis.navigator?.userAgent ?? "",
    version: VERSION,
    what,
  };
}

/**
 * The class of an input's shape, whose members share a tuning: `f32 batch-last batch 65-128 by 4` for
 * 100 vectors, between the powers of two around them, with loads of the same width.
 */
export function shapeClass({ batch, layout, dtype }: InputShape): string {
  const most = 2 ** Math.ceil(Math.log2(batch));
  const range = most <= 2 ? `${most}` : `${most / 2 + 1}-${most}`;
  return `${dtype} ${layout} batch ${range} by ${loadWidth(batch)}`;
}
