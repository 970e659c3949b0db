import type { StorageDtype } from "@papilio/butterfly";
import type { Kernel } from "../../device/kernel.ts";
import { perElementShader } from "../per-element.ts";
import { checks, requireProblem } from "../problem-checks.ts";
import { enabledBy, storedType } from "../wgsl.ts";

/** Numbers that are brought into the order in which kernels read them. */
export interface RepackProblem {
  /** Numbers that are written. */
  readonly length: number;
  /** Of what is written; what is read is in float32. */
  readonly dtype: StorageDtype;
}

/**
 * Generates a rearrangement within a program, of weights that an optimizer has changed. Bindings: x, y, and places, an
 * index for each number of y: 0 for a zero, else 1 more than that of a number of x.
 *
 * @throws PapilioError `OPTION_INVALID`, `KERNEL_PROBLEM`
 */
export function repackKernel(problem: RepackProblem): Kernel {
  requireProblem("repack", problem, { length: checks.count, dtype: checks.dtype });
  const { length, dtype } = problem;
  return {
    label: `repack ${length}`,
    enables: enabledBy(dtype),
    bindings: [
      { name: "x", elements: "f32", access: "read" },
      { name: "y", elements: storedType(dtype, 1), access: "read-write" },
      { name: "places", elements: "u32", access: "read" },
    ],
    ...perElementShader(
      { batch: 1, parts: { name: "at", count: length }, to: "batch-first" },
      `let place = places[at];
  if (place == 0u) { y[at] = 0; } else { y[at] = ${storedType(dtype, 1)}(x[place - 1u]); }`,
    ),
  };
}
