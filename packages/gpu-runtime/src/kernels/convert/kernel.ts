import type { StorageDtype } from "@papilio/butterfly";
import type { Kernel } from "../../device/kernel.ts";
import { outputsKernel } from "../outputs.ts";
import { checks, requireProblem } from "../problem-checks.ts";
import { loadWidth, storedType, wideType } from "../wgsl.ts";

/** Numbers in another precision. */
export interface ConvertProblem {
  readonly length: number;
  readonly from: StorageDtype;
  readonly to: StorageDtype;
}

/**
 * Generates the conversion of numbers, each rounded once. Bindings: x and y.
 *
 * @throws PapilioError `OPTION_INVALID`, `KERNEL_PROBLEM`
 */
export function convertKernel(problem: ConvertProblem): Kernel {
  requireProblem("convert", problem, {
    length: checks.count,
    from: checks.dtype,
    to: checks.dtype,
  });
  const { length, from, to } = problem;
  const width = loadWidth(length);
  const kernel = outputsKernel({
    label: `convert ${length} from ${from} to ${to}`,
    dtype: to,
    width,
    y: { batch: 1, layout: "batch-first", count: 1, features: length / width },
    bindings: [
      { name: "x", elements: storedType(from, width), access: "read" },
      { name: "y", elements: storedType(to, width), access: "read-write" },
    ],
    body: `let value = ${wideType(width)}(x[feature]);`,
  });
  return { ...kernel, enables: from === "f16" || to === "f16" ? ["f16"] : [] };
}
