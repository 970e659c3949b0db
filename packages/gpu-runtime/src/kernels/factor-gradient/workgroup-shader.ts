import { stridesOf } from "@papilio/butterfly/numeric";
import { dispatchGrid, type Kernel, tileIndexWgsl } from "../../device/kernel.ts";
import { guarded } from "../kronecker-sparse/lanes.ts";
import { clamped, enabledBy, range, times } from "../wgsl.ts";
import type { FactorGradientProblem } from "./problem.ts";
import { sliceWgsl } from "./slices.ts";
import { factorGradientName, type WorkgroupFactorGradient } from "./variant.ts";

/**
 * Generates the kernel that stages tiles of both operands in workgroup memory. Bindings: x, dy, y. Tiles past the end
 * of `b`, `c` or a part of the batch are filled with zeros.
 */
export function workgroupFactorGradient(
  problem: FactorGradientProblem,
  variant: WorkgroupFactorGradient,
): Kernel {
  const { pattern, count, layout, dtype } = problem;
  const { b, c, d, blocks, rows, cols, nonZeros } = pattern;
  const { tileM, tileN, tileK, threadM, threadN, parts } = variant;
  const threadColumns = tileN / threadN;
  const threads = threadColumns * (tileM / threadM);
  const rowTiles = Math.ceil(b / tileM);
  const columnTiles = Math.ceil(c / tileN);
  const tiles = columnTiles * rowTiles * blocks * parts;
  const grid = dispatchGrid(tiles);
  const batchLast = layout === "batch-last";

  /** Brings a tile of an operand to workgroup memory; neighbouring invocations take neighbouring addresses. */
  function stage(name: "x" | "dy", size: number, tile: number): string {
    const { vector, feature } = stridesOf(problem, name === "x" ? cols : rows);
    const elements = tileK * tile;
    const [depth, index] = batchLast
      ? [`e % ${tileK}u`, `e / ${tileK}u`]
      : [`e / ${tile}u`, `e % ${tile}u`];
    const exact = size % tile === 0;
    const inside = exact ? "n < end" : `n < end && index < ${size}u`;
    const at = `(i * ${size}u + ${clamped("index", size, exact)}) * ${d}u + k`;
    return `for (var e = thread; e < ${elements}u; e += ${threads}u) {
      let n = turn + ${depth};
      let index = first_${name} + ${index};
      let value = ${name}[${times(`min(n, ${count - 1}u)`, vector)} + ${times(at, feature)}];
      tile_${name}[(${depth}) * ${tile + 1}u + ${index}] = select(0.0, f32(value), ${inside});
    }`;
  }

  const wgsl = `var<workgroup> tile_dy: array<f32, ${tileK * (tileM + 1)}>;
var<workgroup> tile_x: array<f32, ${tileK * (tileN + 1)}>;

@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  ${tileIndexWgsl(grid, tiles)}
  let first_x = (tile % ${columnTiles}u) * ${tileN}u;
  let first_dy = ((tile / ${columnTiles}u) % ${rowTiles}u) * ${tileM}u;
  let block = (tile / ${columnTiles * rowTiles}u) % ${blocks}u;
  ${parts === 1 ? "" : `let part = tile / ${columnTiles * rowTiles * blocks}u;`}
  let i = block / ${d}u;
  let k = block % ${d}u;
  let threadColumn = thread % ${threadColumns}u;
  let threadRow = thread / ${threadColumns}u;
  ${sliceWgsl(count, parts, 1)}
  ${range(threadM)
    .flatMap((r) => range(threadN).map((s) => `var sum${r}_${s} = 0.0;`))
    .join("\n  ")}
  for (var turn = start; turn < end; turn += ${tileK}u) {
    ${stage("dy", b, tileM)}
    ${stage("x", c, tileN)}
    workgroupBarrier();
    for (var n = 0u; n < ${tileK}u; n++) {
      ${range(threadN)
        .map((s) => `let x${s} = tile_x[n * ${tileN + 1}u + ${s * threadColumns}u + threadColumn];`)
        .join("\n      ")}
      ${range(threadM)
        .flatMap((r) => [
          `let dy${r} = tile_dy[n * ${tileM + 1}u + threadRow * ${threadM}u + ${r}u];`,
          ...range(threadN).map((s) => `sum${r}_${s} = fma(dy${r}, x${s}, sum${r}_${s});`),
        ])
        .join("\n      ")}
    }
    workgroupBarrier();
  }
  ${range(threadM)
    .flatMap((r) =>
      range(threadN).map((s) => {
        const row = `(first_dy + threadRow * ${threadM}u + ${r}u)`;
        const column = `(first_x + ${s * threadColumns}u + threadColumn)`;
        const at = `((i * ${b}u + ${row}) * ${c}u + ${column}) * ${d}u + k`;
        return guarded(
          [b % tileM !== 0 && `${row} < ${b}u`, c % tileN !== 0 && `${column} < ${c}u`],
          `y[${parts === 1 ? at : `part * ${nonZeros}u + ${at}`}] = sum${r}_${s};`,
        );
      }),
    )
    .join("\n  ")}
}
`;
  return {
    label: `factor-gradient ${pattern} ${factorGradientName(variant)}`,
    enables: enabledBy(dtype),
    bindings: [
      { name: "x", elements: dtype, access: "read" },
      { name: "dy", elements: dtype, access: "read" },
      { name: "y", elements: "f32", access: "read-write" },
    ],
    wgsl,
    workgroups: grid,
  };
}
