import type { StorageDtype } from "@papilio/butterfly";
import type { Kernel } from "../../device/kernel.ts";
import { literal } from "../activation.ts";
import { isNotFiniteWgsl } from "../not-a-number.ts";
import { checks, requireNumber, requireProblem } from "../problem-checks.ts";
import { sumOfMetWgsl } from "../reduction.ts";
import { enabledBy, opaque, storedType } from "../wgsl.ts";

export interface StepSettingsProblem {
  /** How many numbers have the sum of the squares of all gradients as their sum: what `sumOfSquaresKernel` writes of each. */
  readonly parts: number;
  /** Of the loss; all others are in float32. */
  readonly dtype: StorageDtype;
  /** The largest norm of all gradients together, above which they are scaled down to it; any unless given. */
  readonly clip?: number | undefined;
}

const WORKGROUP = 64;

/**
 * Generates what the updates of a step have in common. Bindings: x, the parts of the sum of squares, y, the settings that
 * it writes, loss, and given, five numbers as the settings: the learning rate; what gradients are multiplied by; the
 * corrections `c₁` and `c₂` of AdamW; and, of what is given, whether `accumulateKernel` keeps the sums of the runs before,
 * or, of the settings, the norm of all gradients, multiplied, before it is clipped.
 *
 * The settings are what is given, with gradients clipped; the learning rate is -1, at which nothing is updated, where the
 * loss or the norm is not finite.
 *
 * @throws PapilioError `OPTION_INVALID`, `KERNEL_PROBLEM`
 */
export function stepSettingsKernel(problem: StepSettingsProblem): Kernel {
  requireProblem("step-settings", problem, {
    parts: checks.count,
    dtype: checks.dtype,
    clip: checks.optional(checks.number),
  });
  const { parts, dtype, clip } = problem;
  requireNumber("step-settings", { clip: clip ?? 0 }, 0);
  const clipped = `scale *= select(1.0, ${literal(clip ?? 0)} / norm, norm > ${literal(clip ?? 0)});`;
  return {
    label: `step-settings ${parts}`,
    enables: enabledBy(dtype),
    bindings: [
      { name: "x", elements: "f32", access: "read" },
      { name: "y", elements: "f32", access: "read-write" },
      { name: "loss", elements: storedType(dtype, 1), access: "read" },
      { name: "given", elements: "f32", access: "read" },
    ],
    workgroups: [1, 1, 1],
    wgsl: `var<workgroup> met: array<f32, ${WORKGROUP}>;
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  for (var at = lane; at < ${opaque(parts)}; at += ${WORKGROUP}u) { sum += x[at]; }
  met[lane] = sum;
  ${sumOfMetWgsl(WORKGROUP)}
  if (lane > 0u) { return; }
  var scale = given[1];
  let norm = sqrt(met[0]) * scale;
  let loss1 = f32(loss[0]);
  ${clip === undefined ? "" : clipped}
  y[0] = select(given[0], -1.0, ${isNotFiniteWgsl("norm", 1)} || ${isNotFiniteWgsl("loss1", 1)});
  y[1] = scale;
  y[2] = given[2];
  y[3] = given[3];
  y[4] = norm;
}
`,
  };
}
