import { stridesOf } from "@papilio/butterfly/numeric";
import type { Kernel } from "../../device/kernel.ts";
import { epilogueBindings, epilogueName, epilogueWgsl, storeWgsl } from "../epilogue.ts";
import { clamped, enabledBy, range, times } from "../wgsl.ts";
import { guarded } from "./lanes.ts";
import { orderName, packingOf, weightIndex } from "./packing.ts";
import type { KroneckerSparseProblem } from "./problem.ts";
import { tilesOf } from "./tiles.ts";
import { kroneckerSparseName, type WorkgroupKroneckerSparse } from "./variant.ts";
import { workgroupPlan } from "./workgroup-plan.ts";

/** Elements of a load and of a store: one each, from and to memory that is strided or not. */
const WIDTHS = { x: 1, y: 1 };

/**
 * Generates the kernel that stages tiles of both operands in workgroup memory: the paper's kernel
 * (arXiv 2405.15013, section 3), for any size. Bindings: x, weights packed `[block][c][b]` or in the
 * order of another variant, y, and what there is of bias, multiplier, addend.
 *
 * The inputs of a block are `d` features apart and are read from there; the outputs are written
 * `d` features apart. Blocks that are neighbours along `d` share a workgroup when batch-first, so that
 * what it reads and writes is contiguous. Tiles past the end of `b`, `c`, `d` or the batch are filled with zeros.
 */
export function workgroupKernel(
  problem: KroneckerSparseProblem,
  variant: WorkgroupKroneckerSparse,
): Kernel {
  const { pattern, batch, layout, dtype, bias, sharing, epilogue } = problem;
  const packing = problem.packing ?? packingOf(pattern, variant);
  const { b, c, d } = pattern;
  const { tileM, tileN, tileK, threadM, threadN, neighbours } = variant;
  const plan = workgroupPlan(variant);
  const { threadRows, threadColumns, threads, inputPitch, weightPitch } = plan;
  const x = stridesOf(problem, pattern.cols);
  const y = stridesOf(problem, pattern.rows);
  const { grid, exact: whole, locate } = tilesOf(problem, variant);
  const exact = { ...whole, c: c % tileK === 0 };
  const batchLast = layout === "batch-last";

  // Neighbouring invocations take neighbouring addresses: along the batch when batch-last; when
  // batch-first along the neighbouring blocks, then along the inputs or the outputs of a block.
  const place = (
    index: string,
    sizes: { readonly neighbour: number; readonly row: number; readonly column: number },
  ): string[] => {
    const order = batchLast
      ? (["column", "row", "neighbour"] as const)
      : (["neighbour", "row", "column"] as const);
    return placeWgsl(
      index,
      order.map((name) => [name, sizes[name]]),
    );
  };
  // Along the outputs where these are neighbours in memory, else along the inputs.
  const weight = weightIndex(pattern, sharing, packing);
  const alongOutputs = packing.order === "tiles" || packing.order === "padded";
  const placeWeight = placeWgsl("e", [
    ...(alongOutputs
      ? ([
          ["row", tileM],
          ["step", tileK],
        ] as const)
      : ([
          ["step", tileK],
          ["row", tileM],
        ] as const)),
    ["neighbour", neighbours],
  ]);
  const load = (count: number, body: readonly string[]): string => {
    const turns = Math.ceil(count / threads);
    const even = turns * threads === count;
    return `for (var turn = 0u; turn < ${turns}u; turn++) {
      let e = turn * ${threads}u + thread;
      ${even ? "" : `if (e >= ${count}u) { break; }`}
      ${body.join("\n      ")}
    }`;
  };
  const zeroOutside = (conditions: readonly (string | false)[], value: string): string => {
    const needed = conditions.filter((condition) => condition !== false);
    if (needed.length === 0) return `f32(${value})`;
    return `select(0.0, f32(${value}), ${needed.join(" && ")})`;
  };
  const group = clamped("firstGroup + neighbour", d, exact.d);
  const inGroup = !exact.d && `firstGroup + neighbour < ${d}u`;

  const wgsl = `${epilogueWgsl(problem, WIDTHS)}var<workgroup> inputs: array<f32, ${plan.inputs}>;
var<workgroup> weights: array<f32, ${plan.weights}>;

@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  ${locate.join("\n  ")}
  ${place("thread", { neighbour: neighbours, row: threadRows, column: threadColumns }).join("\n  ")}
  let threadInput = ${times("column", neighbours)} + neighbour;
  let threadWeight = ${times("neighbour", weightPitch)} + row;
  ${range(threadM)
    .flatMap((r) => range(threadN).map((n) => `var sum${r}_${n} = 0.0;`))
    .join("\n  ")}
  for (var depth = 0u; depth < ${c}u; depth += ${tileK}u) {
    ${load(tileK * tileN * neighbours, [
      ...place("e", { neighbour: neighbours, row: tileK, column: tileN }),
      "let l = depth + row;",
      "let entry = firstColumn + column;",
      `inputs[row * ${inputPitch}u + ${times("column", neighbours)} + neighbour] = ${zeroOutside(
        [!exact.c && `l < ${c}u`, !exact.batch && `entry < ${batch}u`, inGroup],
        `x[${times(clamped("entry", batch, exact.batch), x.vector)} + ${times(`(group_i * ${c}u + ${clamped("l", c, exact.c)}) * ${d}u + ${group}`, x.feature)}]`,
      )};`,
    ])}
    ${load(tileK * tileM * neighbours, [
      ...placeWeight,
      "let l = depth + step;",
      "let output = firstRow + row;",
      `let group_k = ${group};`,
      `let block = group_i * ${d}u + group_k;`,
      `weights[${times("step", neighbours * weightPitch)} + ${times("neighbour", weightPitch)} + row] = ${zeroOutside(
        [!exact.c && `l < ${c}u`, !exact.b && `output < ${b}u`, inGroup],
        `w[${weight.base(clamped("output", b, exact.b))} + ${weight.input(clamped("l", c, exact.c))}]`,
      )};`,
    ])}
    workgroupBarrier();
    for (var l = 0u; l < ${tileK}u; l++) {
      ${range(threadN)
        .map(
          (n) =>
            `let x${n} = inputs[l * ${inputPitch}u + ${n * threadColumns * neighbours}u + threadInput];`,
        )
        .join("\n      ")}
      ${range(threadM)
        .flatMap((r) => [
          `let w${r} = weights[l * ${neighbours * weightPitch}u + ${r * threadRows}u + threadWeight];`,
          ...range(threadN).map((n) => `sum${r}_${n} = fma(w${r}, x${n}, sum${r}_${n});`),
        ])
        .join("\n      ")}
    }
    workgroupBarrier();
  }
  ${range(threadN)
    .flatMap((n) =>
      range(threadM).map((r) => {
        const entry = `(firstColumn + ${n * threadColumns}u + column)`;
        const output = `(firstRow + ${r * threadRows}u + row)`;
        const feature = `(group_i * ${b}u + ${output}) * ${d}u + firstGroup + neighbour`;
        const value = bias ? `sum${r}_${n} + f32(bias[${feature}])` : `sum${r}_${n}`;
        return guarded(
          [!exact.batch && `${entry} < ${batch}u`, !exact.b && `${output} < ${b}u`, inGroup],
          storeWgsl(
            problem,
            WIDTHS,
            `${times(entry, y.vector)} + ${times(feature, y.feature)}`,
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

/** Statements that define names from the digits of an index, the first the fastest, in digits of the sizes given. */
function placeWgsl(
  index: string,
  digits: readonly (readonly [name: string, size: number])[],
): string[] {
  let below = 1;
  return digits.map(([name, size], place) => {
    const quotient = below === 1 ? index : `${index} / ${below}u`;
    below *= size;
    if (size === 1) return `let ${name} = 0u;`;
    return `let ${name} = ${place === digits.length - 1 ? quotient : `${quotient} % ${size}u`};`;
  });
}
