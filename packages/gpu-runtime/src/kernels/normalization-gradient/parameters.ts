import type { Layout } from "@papilio/butterfly";
import { stridesOf } from "@papilio/butterfly/numeric";
import { dispatchGrid, type Kernel, tileIndexWgsl } from "../../device/kernel.ts";
import type { AdapterReport } from "../../device/report.ts";
import { literal } from "../activation.ts";
import { lanesOf, type ReductionLanes } from "../feature-reduction/lanes.ts";
import { reductionKernel } from "../feature-reduction/shader.ts";
import { factorOf, type NormalizationProblem } from "../normalization/kernel.ts";
import { element } from "../outputs.ts";
import { checks, requireNumber, requireProblem } from "../problem-checks.ts";
import { clamped, enabledBy, narrowed, opaque, times } from "../wgsl.ts";

/** What the gradients of a normalization's parameters need of each vector. */
export interface NormalizationStatisticsProblem
  extends Pick<
    NormalizationProblem,
    "kind" | "batch" | "features" | "from" | "dtype" | "epsilon"
  > {}

/**
 * Generates the mean of each vector, 0 where the normalization takes none off, and the factor that it is multiplied by.
 * Bindings: x, and y, `[batch, 2]` in float32.
 *
 * @param given chosen for the adapter unless given; its width is 1
 * @throws PapilioError `KERNEL_PROBLEM`, `BATCH_INVALID`, `LAYOUT_INVALID`
 */
export function normalizationStatisticsKernel(
  report: Pick<AdapterReport, "kind" | "features">,
  problem: NormalizationStatisticsProblem,
  given?: ReductionLanes,
): Kernel {
  requireProblem("normalization-statistics", problem, {
    kind: checks.oneOf("layer", "rms", "l2"),
    batch: checks.count,
    features: checks.count,
    from: checks.layout,
    dtype: checks.dtype,
  });
  const { kind, batch, features, dtype, from, epsilon } = problem;
  requireNumber("normalization-statistics", { epsilon }, 0);
  const shape = { batch, features, from, to: "batch-first", dtype } as const;
  const lanes = { ...lanesOf(report, shape, given), width: 1 } as const;
  const name = `normalization-statistics ${kind}`;
  const { bindings, ...kernel } = reductionKernel(name, shape, lanes, [], (pieces) => {
    const mean = kind === "layer" ? "mean" : "0.0";
    return `${factorOf[kind](pieces, features, literal(epsilon))}
  if (column < ${batch}u && slice == 0u) {
    y[2u * unit] = ${mean};
    y[2u * unit + 1u] = factor;
  }`;
  });
  return {
    ...kernel,
    bindings: bindings.map((binding) =>
      binding.name === "y" ? { ...binding, elements: "f32" } : binding,
    ),
  };
}

/** `Σ dy x̂` over vectors, with `x̂` the normalized x: the gradient of the weight; and `Σ dy`, that of the bias. */
export interface NormalizationParametersGradientProblem
  extends Pick<NormalizationProblem, "batch" | "features" | "from" | "dtype"> {
  /** Vectors that count; the others of the batch are padding. */
  readonly count: number;
  /** Layout of dy. */
  readonly gradient: Layout;
  /** Whether the gradient of the bias follows that of the weight. */
  readonly bias: boolean;
}

/**
 * Generates the sums. Bindings: x, y (`features` numbers for the weight, then, with a bias, as many for that), dy, and
 * the statistics that {@link normalizationStatisticsKernel} writes.
 *
 * @throws PapilioError `KERNEL_PROBLEM`, `BATCH_INVALID`, `LAYOUT_INVALID`
 */
export function normalizationParametersGradientKernel(
  problem: NormalizationParametersGradientProblem,
): Kernel {
  requireProblem("normalization-parameters-gradient", problem, {
    batch: checks.count,
    count: checks.count,
    features: checks.count,
    from: checks.layout,
    gradient: checks.layout,
    dtype: checks.dtype,
    bias: checks.flag,
  });
  const { batch, count, features, from, gradient, dtype, bias } = problem;
  // Neighbouring invocations read what lies side by side: features, or vectors, whose sums they share.
  const [columns, slices] = from === "batch-first" ? [16, 16] : [1, 64];
  const tiles = Math.ceil(features / columns);
  const grid = dispatchGrid(tiles);
  const exact = features % columns === 0;
  const read = (array: string, layout: Layout): string =>
    `f32(${element(array, stridesOf({ batch, layout }, features), "vector", "feature")})`;
  return {
    label: `normalization-parameters-gradient ${count}x${features}`,
    enables: enabledBy(dtype),
    bindings: [
      { name: "x", elements: dtype, access: "read" },
      { name: "y", elements: dtype, access: "read-write" },
      { name: "dy", elements: dtype, access: "read" },
      { name: "statistics", elements: "f32", access: "read" },
    ],
    workgroups: grid,
    wgsl: `var<workgroup> met: array<vec2f, ${columns * slices}>;
@compute @workgroup_size(${columns * slices})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  ${tileIndexWgsl(grid, tiles)}
  let column = ${times("tile", columns)}${columns === 1 ? "" : ` + lane % ${columns}u`};
  let feature = ${clamped("column", features, exact)};
  let slice = ${columns === 1 ? "lane" : `lane / ${columns}u`};
  var sums = vec2f();
  for (var vector = slice; vector < ${opaque(count)}; vector += ${slices}u) {
    let g = ${read("dy", gradient)};
    let normal = (${read("x", from)} - statistics[2u * vector]) * statistics[2u * vector + 1u];
    sums += vec2f(g * normal, g);
  }
  met[lane] = sums;
  workgroupBarrier();
  for (var apart = ${slices / 2}u; apart > 0u; apart /= 2u) {
    if (slice < apart) { met[lane] += met[lane + ${times("apart", columns)}]; }
    workgroupBarrier();
  }
  if (slice == 0u && column < ${features}u) {
    y[column] = ${narrowed(dtype, 1, "met[lane].x")};
    ${bias ? `y[column + ${features}u] = ${narrowed(dtype, 1, "met[lane].y")};` : ""}
  }
}
`,
  };
}
