import { stridesOf } from "@papilio/butterfly/numeric";
import { dispatchGrid, type Kernel, tileIndexWgsl } from "../../device/kernel.ts";
import { requireKroneckerSparseProblem } from "../kronecker-sparse/checks.ts";
import type { KroneckerSparseProblem } from "../kronecker-sparse/problem.ts";
import { enabledBy, storedType, times } from "../wgsl.ts";

const WORKGROUP = 64;

/**
 * Generates the product of a matrix in compressed sparse row form with a batch. The kernel knows
 * nothing of the structure: it reads a column index for each value. Bindings: x, values, y, row
 * starts, column indices.
 *
 * An invocation computes one row for one batch entry, or for four neighbouring ones where the
 * layout makes them contiguous.
 */
export function csrKernel(problem: KroneckerSparseProblem): Kernel {
  requireKroneckerSparseProblem(problem);
  const { pattern, batch, layout, dtype } = problem;
  const { rows, cols } = pattern;
  const width = layout === "batch-last" && batch % 4 === 0 ? 4 : 1;
  const columns = batch / width;
  const outputs = rows * columns;
  const tiles = Math.ceil(outputs / WORKGROUP);
  const grid = dispatchGrid(tiles);
  const type = storedType(dtype, width);
  const wide = storedType("f32", width);
  const stride = stridesOf(problem, cols);
  const locate =
    layout === "batch-last"
      ? `let column = index % ${columns}u;\n  let row = index / ${columns}u;`
      : `let row = index % ${rows}u;\n  let column = index / ${rows}u;`;
  return {
    label: `csr ${pattern}`,
    enables: enabledBy(dtype),
    bindings: [
      { name: "x", elements: type, access: "read" },
      { name: "values", elements: dtype, access: "read" },
      { name: "y", elements: type, access: "read-write" },
      { name: "starts", elements: "u32", access: "read" },
      { name: "indices", elements: "u32", access: "read" },
    ],
    workgroups: grid,
    wgsl: `@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  ${tileIndexWgsl(grid, tiles)}
  let index = tile * ${WORKGROUP}u + lane;
  ${outputs % WORKGROUP === 0 ? "" : `if (index >= ${outputs}u) { return; }`}
  ${locate}
  let x_at = ${times("column", stride.vector)};
  var sum = ${wide}();
  for (var e = starts[row]; e < starts[row + 1u]; e++) {
    sum = fma(${wide}(f32(values[e])), ${wide}(x[x_at + ${times("indices[e]", stride.feature / width)}]), sum);
  }
  y[index] = ${type}(sum);
}
`,
  };
}
