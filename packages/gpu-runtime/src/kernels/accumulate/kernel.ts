import type { StorageDtype } from "@papilio/butterfly";
import type { Kernel } from "../../device/kernel.ts";
import { perElementShader } from "../per-element.ts";
import { checks, requireProblem } from "../problem-checks.ts";
import { enabledBy, loadWidth, storedType, wideType } from "../wgsl.ts";

/** Numbers that are summed over runs. */
export interface AccumulateProblem {
  readonly length: number;
  /** Of what is added; the sum is in float32. */
  readonly dtype: StorageDtype;
}

/**
 * Generates a sum over runs. Bindings: x, y, the sum, which is kept from run to run, and given, as
 * {@link stepSettingsKernel} takes it: where the fifth number is 0, the sum becomes x.
 *
 * @throws PapilioError `OPTION_INVALID`, `KERNEL_PROBLEM`
 */
export function accumulateKernel(problem: AccumulateProblem): Kernel {
  requireProblem("accumulate", problem, { length: checks.count, dtype: checks.dtype });
  const { length, dtype } = problem;
  const width = loadWidth(length);
  return {
    label: `accumulate ${length}`,
    enables: enabledBy(dtype),
    bindings: [
      { name: "x", elements: storedType(dtype, width), access: "read" },
      { name: "y", elements: storedType("f32", width), access: "read-write" },
      { name: "given", elements: "f32", access: "read" },
    ],
    ...perElementShader(
      { batch: 1, parts: { name: "at", count: length / width }, to: "batch-first" },
      `let number = ${wideType(width)}(x[at]);
  if (given[4] == 0.0) { y[at] = number; } else { y[at] += number; }`,
    ),
  };
}
