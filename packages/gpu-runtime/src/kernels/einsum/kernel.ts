import { stridesOf } from "@papilio/butterfly/numeric";
import { dispatchGrid, type Kernel, tileIndexWgsl } from "../../device/kernel.ts";
import type { KroneckerSparseProblem } from "../kronecker-sparse/problem.ts";
import { enabledBy, times } from "../wgsl.ts";

const WORKGROUP = 64;

/**
 * Generates the einsum `n a c d, a b c d -> n a b d` as it is written: one invocation for each
 * output, no tiling, no packing, nothing shared. Bindings: x, canonical values, y.
 *
 * Outputs are in memory order, so that neighbouring invocations write, and mostly read, neighbouring
 * addresses.
 */
export function einsumKernel(problem: KroneckerSparseProblem): Kernel {
  const { pattern, batch, layout, dtype } = problem;
  const { b, c, d, rows } = pattern;
  const x = stridesOf(problem, pattern.cols);
  const outputs = rows * batch;
  const tiles = Math.ceil(outputs / WORKGROUP);
  const grid = dispatchGrid(tiles);
  const locate =
    layout === "batch-last"
      ? `let column = index % ${batch}u;\n  let feature = index / ${batch}u;`
      : `let feature = index % ${rows}u;\n  let column = index / ${rows}u;`;
  return {
    label: `einsum ${pattern}`,
    enables: enabledBy(dtype),
    bindings: [
      { name: "x", elements: dtype, access: "read" },
      { name: "values", elements: dtype, access: "read" },
      { name: "y", elements: dtype, access: "read-write" },
    ],
    workgroups: grid,
    wgsl: `@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  ${tileIndexWgsl(grid, tiles)}
  let index = tile * ${WORKGROUP}u + lane;
  ${outputs % WORKGROUP === 0 ? "" : `if (index >= ${outputs}u) { return; }`}
  ${locate}
  let k = feature % ${d}u;
  let j = (feature / ${d}u) % ${b}u;
  let i = feature / ${b * d}u;
  let values_at = (i * ${b}u + j) * ${c * d}u + k;
  let x_at = ${times("column", x.vector)} + ${times(`i * ${c * d}u + k`, x.feature)};
  var sum = 0.0;
  for (var l = 0u; l < ${c}u; l++) {
    sum = fma(f32(values[values_at + l * ${d}u]), f32(x[x_at + l * ${d * x.feature}u]), sum);
  }
  y[index] = ${dtype}(sum);
}
`,
  };
}
