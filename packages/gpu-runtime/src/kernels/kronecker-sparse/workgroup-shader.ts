import { stridesOf } from "@papilio/butterfly/numeric";
import { dispatchGrid, type Kernel, tileIndexWgsl } from "../../device/kernel.ts";
import { epilogueBindings, epilogueName, epilogueWgsl, storeWgsl } from "../epilogue.ts";
import { enabledBy, range, times } from "../wgsl.ts";
import { guarded } from "./lanes.ts";
import { orderName, packingOf, weightIndex } from "./packing.ts";
import type { KroneckerSparseProblem } from "./problem.ts";
import { kroneckerSparseName, type WorkgroupKroneckerSparse } from "./variant.ts";

/** Elements of a load and of a store: one each, from and to memory that is strided or not. */
const WIDTHS = { x: 1, y: 1 };

/**
 * Generates the kernel that stages tiles of both operands in workgroup memory: the paper's kernel
 * (arXiv 2405.15013, section 3), for any size. Bindings: x, weights packed `[block][c][b]` or in the
 * order of another variant, y, and what there is of bias, multiplier, addend.
 *
 * The inputs of a block are `d` features apart and are read from there; the outputs are written
 * `d` features apart. Tiles past the end of `b`, `c` or the batch are filled with zeros.
 */
export function workgroupKernel(
  problem: KroneckerSparseProblem,
  variant: WorkgroupKroneckerSparse,
): Kernel {
  const { pattern, batch, layout, dtype, bias, sharing, epilogue } = problem;
  const packing = problem.packing ?? packingOf(pattern, variant);
  const { b, c, d, blocks } = pattern;
  const { tileM, tileN, tileK, threadM, threadN } = variant;
  const x = stridesOf(problem, pattern.cols);
  const y = stridesOf(problem, pattern.rows);
  const threadColumns = tileN / threadN;
  const threadRows = tileM / threadM;
  const threads = threadColumns * threadRows;
  const columnTiles = Math.ceil(batch / tileN);
  const rowTiles = Math.ceil(b / tileM);
  const tiles = columnTiles * rowTiles * blocks;
  const grid = dispatchGrid(tiles);
  const exact = { b: b % tileM === 0, c: c % tileK === 0, batch: batch % tileN === 0 };
  const batchLast = layout === "batch-last";

  // Neighbouring invocations take neighbouring addresses: along the batch when batch-last; along
  // the inputs when batch-first and d = 1; else along whatever the cache lines hold.
  const xTile = tileK * tileN;
  const xDepth = batchLast ? `e / ${tileN}u` : `e % ${tileK}u`;
  const xColumn = batchLast ? `e % ${tileN}u` : `e / ${tileK}u`;
  // Along the outputs where these are neighbours in memory, else along the inputs: then a column more
  // keeps the writes of neighbours in different banks.
  const weight = weightIndex(pattern, sharing, packing);
  const wTile = tileK * tileM;
  const alongOutputs = packing.order === "tiles" || packing.order === "padded";
  const [wDepth, wRow] = alongOutputs
    ? [`e / ${tileM}u`, `e % ${tileM}u`]
    : [`e % ${tileK}u`, `e / ${tileK}u`];
  const pitch = alongOutputs ? tileM : tileM + 1;
  const load = (name: string, count: number, body: string): string => {
    const turns = Math.ceil(count / threads);
    const whole = turns * threads === count;
    return `for (var turn = 0u; turn < ${turns}u; turn++) {
      let e = turn * ${threads}u + thread;
      ${whole ? "" : `if (e >= ${count}u) { break; }`}
      ${body.replaceAll("$", name)}
    }`;
  };
  const zeroOutside = (conditions: readonly (string | false)[], value: string): string => {
    const needed = conditions.filter((condition) => condition !== false);
    if (needed.length === 0) return `f32(${value})`;
    return `select(0.0, f32(${value}), ${needed.join(" && ")})`;
  };

  const wgsl = `${epilogueWgsl(problem, WIDTHS)}var<workgroup> inputs: array<f32, ${xTile}>;
var<workgroup> weights: array<f32, ${tileK * pitch}>;

@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  ${tileIndexWgsl(grid, tiles)}
  let firstColumn = (tile % ${columnTiles}u) * ${tileN}u;
  let firstRow = ((tile / ${columnTiles}u) % ${rowTiles}u) * ${tileM}u;
  let block = tile / ${columnTiles * rowTiles}u;
  let group_i = block / ${d}u;
  let group_k = block % ${d}u;
  let threadColumn = thread % ${threadColumns}u;
  let threadRow = thread / ${threadColumns}u;
  ${range(threadM)
    .flatMap((r) => range(threadN).map((n) => `var sum${r}_${n} = 0.0;`))
    .join("\n  ")}
  for (var depth = 0u; depth < ${c}u; depth += ${tileK}u) {
    ${load(
      "inputs",
      xTile,
      `let l = depth + ${xDepth};
      let column = firstColumn + ${xColumn};
      $[(${xDepth}) * ${tileN}u + ${xColumn}] = ${zeroOutside(
        [!exact.c && `l < ${c}u`, !exact.batch && `column < ${batch}u`],
        `x[${times(exact.batch ? "column" : `min(column, ${batch - 1}u)`, x.vector)} + ${times(`(group_i * ${c}u + ${exact.c ? "l" : `min(l, ${c - 1}u)`}) * ${d}u + group_k`, x.feature)}]`,
      )};`,
    )}
    ${load(
      "weights",
      wTile,
      `let l = depth + ${wDepth};
      let row = firstRow + ${wRow};
      $[${alongOutputs ? "e" : `(${wDepth}) * ${pitch}u + ${wRow}`}] = ${zeroOutside(
        [!exact.c && `l < ${c}u`, !exact.b && `row < ${b}u`],
        `w[${weight.base(exact.b ? "row" : `min(row, ${b - 1}u)`)} + ${weight.input(exact.c ? "l" : `min(l, ${c - 1}u)`)}]`,
      )};`,
    )}
    workgroupBarrier();
    for (var l = 0u; l < ${tileK}u; l++) {
      ${range(threadN)
        .map((n) => `let x${n} = inputs[l * ${tileN}u + ${n * threadColumns}u + threadColumn];`)
        .join("\n      ")}
      ${range(threadM)
        .flatMap((r) => [
          `let w${r} = weights[l * ${pitch}u + threadRow * ${threadM}u + ${r}u];`,
          ...range(threadN).map((n) => `sum${r}_${n} = fma(w${r}, x${n}, sum${r}_${n});`),
        ])
        .join("\n      ")}
    }
    workgroupBarrier();
  }
  ${range(threadN)
    .flatMap((n) =>
      range(threadM).map((r) => {
        const column = `(firstColumn + ${n * threadColumns}u + threadColumn)`;
        const row = `(firstRow + threadRow * ${threadM}u + ${r}u)`;
        const feature = `(group_i * ${b}u + ${row}) * ${d}u + group_k`;
        const value = bias ? `sum${r}_${n} + f32(bias[${feature}])` : `sum${r}_${n}`;
        return guarded(
          [!exact.batch && `${column} < ${batch}u`, !exact.b && `${row} < ${b}u`],
          storeWgsl(
            problem,
            WIDTHS,
            `${times(column, y.vector)} + ${times(feature, y.feature)}`,
            value,
          ),
        );
      }),
    )
    .join("\n  ")}
}
`;
  return {
    label: `kronecker-sparse ${pattern} ${kroneckerSparseName(variant)}${orderName(problem)}${epilogueName(epilogue)}`,
    enables: enabledBy(dtype),
    bindings: [
      { name: "x", elements: dtype, access: "read" },
      { name: "w", elements: dtype, access: "read" },
      { name: "y", elements: dtype, access: "read-write" },
      ...epilogueBindings(problem, WIDTHS),
    ],
    wgsl,
    workgroups: grid,
  };
}
