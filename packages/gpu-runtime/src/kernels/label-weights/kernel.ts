import type { StorageDtype } from "@papilio/butterfly";
import type { Kernel } from "../../device/kernel.ts";
import { indexBinding } from "../outputs.ts";
import { checks, requireProblem } from "../problem-checks.ts";
import { sumOfMetWgsl } from "../reduction.ts";
import { enabledBy, narrowed, opaque } from "../wgsl.ts";

/**
 * By what losses are multiplied so that their mean is that of those whose labels count: `count` divided by how many
 * count, and 0 for the others.
 */
export interface LabelWeightsProblem {
  /** Labels. */
  readonly count: number;
  /** Labels at and above it count nothing. */
  readonly classes: number;
  /** The label that counts nothing. */
  readonly ignored?: number | undefined;
  readonly dtype: StorageDtype;
}

const WORKGROUP = 64;

/**
 * Generates the weights, in one workgroup: labels are few beside what they are the labels of. Bindings: labels (u32),
 * and y, a number for each.
 *
 * @throws PapilioError `KERNEL_PROBLEM`
 */
export function labelWeightsKernel(problem: LabelWeightsProblem): Kernel {
  requireProblem("label-weights", problem, {
    count: checks.count,
    classes: checks.count,
    ignored: checks.optional(checks.word),
    dtype: checks.dtype,
  });
  const { count, classes, ignored, dtype } = problem;
  const kept = ignored === undefined ? "" : ` && labels[at] != ${ignored}u`;
  const loop = (statement: string): string =>
    `for (var at = lane; at < ${opaque(count)}; at += ${WORKGROUP}u) {
    let counts = labels[at] < ${classes}u${kept};
    ${statement}
  }`;
  return {
    label: `label-weights ${count}`,
    enables: enabledBy(dtype),
    bindings: [indexBinding("labels"), { name: "y", elements: dtype, access: "read-write" }],
    workgroups: [1, 1, 1],
    wgsl: `var<workgroup> met: array<u32, ${WORKGROUP}>;
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  var counted = 0u;
  ${loop("counted += select(0u, 1u, counts);")}
  met[lane] = counted;
  ${sumOfMetWgsl(WORKGROUP)}
  let weight = ${count}.0 / f32(max(met[0], 1u));
  ${loop(`y[at] = ${narrowed(dtype, 1, "select(0.0, weight, counts)")};`)}
}
`,
  };
}
