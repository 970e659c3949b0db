import type { CpuSpan, Layout, ProgramValue } from "@papilio/cpu-runtime/kernels";
import type { Indices } from "../../graph/value.ts";
import type { Parameter } from "../../modules/parameter.ts";
import type { CpuLowering } from "../cpu-lowering.ts";

/** The layout for a kernel that takes either: tiles, which others want, unless all are in rows alone. */
export function layoutOf(...values: readonly ProgramValue[]): Layout {
  return values.some(({ layouts }) => layouts.includes("tiles")) ? "tiles" : "rows";
}

/** Memory of what is there. */
export function spansOf(
  to: CpuLowering,
  ...parts: readonly (Parameter | Indices | undefined)[]
): CpuSpan[] {
  return parts
    .filter((part) => part !== undefined)
    .map((part) => ("graph" in part ? to.indices(part) : to.parameter(part)));
}
