import type { WindowsProblem } from "@papilio/cpu-runtime/kernels";
import type { Window2d } from "./window.ts";

/** Windows as the kernels of the CPU have them. */
export function windowsOnCpu({ size, ...rest }: Window2d): WindowsProblem {
  return { ...rest, height: size[0], width: size[1] };
}
