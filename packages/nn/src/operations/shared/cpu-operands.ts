import type { Layout, ProgramValue } from "@papilio/cpu-runtime/kernels";

/** The layout for a kernel that takes either: tiles, which others want, unless all are in rows alone. */
export function layoutOf(...values: readonly ProgramValue[]): Layout {
  return values.some(({ layouts }) => layouts.includes("tiles")) ? "tiles" : "rows";
}
