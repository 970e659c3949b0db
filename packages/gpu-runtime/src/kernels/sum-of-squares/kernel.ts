import type { StorageDtype } from "@papilio/butterfly";
import type { Kernel } from "../../device/kernel.ts";
import { checks, requireProblem } from "../problem-checks.ts";
import { sumOfMetWgsl } from "../reduction.ts";
import { enabledBy, loadWidth, opaque, storedType, wideType } from "../wgsl.ts";

/** Numbers that follow one another. */
export interface SumOfSquaresProblem {
  readonly length: number;
  readonly dtype: StorageDtype;
}

const WORKGROUP = 64;
/** Numbers of an invocation, before parts become as many as they may be. */
const NUMBERS = 64;
const MOST_PARTS = 64;

const problemChecks = { length: checks.count, dtype: checks.dtype } as const;

/**
 * Generates the sums of the squares of parts of numbers, whose sum is that of all: of gradients, by whose norm they are
 * clipped. Bindings: x, and y, {@link sumOfSquaresParts} numbers in float32.
 *
 * @throws PapilioError `OPTION_INVALID`, `KERNEL_PROBLEM`
 */
export function sumOfSquaresKernel(problem: SumOfSquaresProblem): Kernel {
  const parts = sumOfSquaresParts(problem);
  const { length, dtype } = problem;
  const width = loadWidth(length);
  const total = ["value.x", "value.y", "value.z", "value.w"].slice(0, width).join(" + ");
  return {
    label: `sum-of-squares ${length}`,
    enables: enabledBy(dtype),
    bindings: [
      { name: "x", elements: storedType(dtype, width), access: "read" },
      { name: "y", elements: "f32", access: "read-write" },
    ],
    workgroups: [parts, 1, 1],
    wgsl: `var<workgroup> met: array<f32, ${WORKGROUP}>;
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  var value = ${wideType(width)}();
  for (var at = group.x * ${WORKGROUP}u + lane; at < ${opaque(length / width)}; at += ${parts * WORKGROUP}u) {
    let number = ${wideType(width)}(x[at]);
    value = fma(number, number, value);
  }
  met[lane] = ${width === 1 ? "value" : total};
  ${sumOfMetWgsl(WORKGROUP)}
  if (lane == 0u) { y[group.x] = met[0]; }
}
`,
  };
}

/**
 * Numbers that {@link sumOfSquaresKernel} writes.
 *
 * @throws PapilioError `OPTION_INVALID`, `KERNEL_PROBLEM`
 */
export function sumOfSquaresParts(problem: SumOfSquaresProblem): number {
  requireProblem("sum-of-squares", problem, problemChecks);
  return Math.min(MOST_PARTS, Math.ceil(problem.length / (WORKGROUP * NUMBERS)));
}
