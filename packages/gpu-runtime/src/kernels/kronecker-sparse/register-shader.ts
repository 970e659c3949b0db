import { dispatchGrid, type Kernel, tileIndexWgsl } from "../../device/kernel.ts";
import { epilogueBindings, epilogueName, epilogueWgsl } from "../epilogue.ts";
import { enabledBy, opaque, range, storedType, wideType } from "../wgsl.ts";
import { batchLanes } from "./along-batch.ts";
import { blocksLanes } from "./along-blocks.ts";
import { outputsLanes } from "./along-outputs.ts";
import { SCALED } from "./few-bits.ts";
import type { Lanes, LanesInput } from "./lanes.ts";
import { orderName, weightsName } from "./packing.ts";
import type { KroneckerSparseProblem } from "./problem.ts";
import { kroneckerSparseName, type RegisterKroneckerSparse } from "./variant.ts";

const LANES: Readonly<Record<RegisterKroneckerSparse["lanes"], (input: LanesInput) => Lanes>> = {
  batch: batchLanes,
  outputs: outputsLanes,
  blocks: blocksLanes,
};

/** Inputs in runs of `size` whose first features are read from a binding, of `features` in all. */
export interface BlockColumns {
  readonly size: number;
  readonly features: number;
}

/**
 * Generates the register-blocked kernel. Bindings: x, weights packed by `packKroneckerSparse`, y, and what there
 * is of bias, multiplier, addend.
 *
 * With `blockColumns`, the first feature of each run of inputs is read from a fourth binding,
 * `[block][c / size]`: block-sparse rows, on the same micro-kernel, without bias or epilogue.
 */
export function registerKernel(
  problem: KroneckerSparseProblem,
  variant: RegisterKroneckerSparse,
  blockColumns?: BlockColumns,
): Kernel {
  const { pattern, dtype, weightDtype, bias, epilogue } = problem;
  const { spans, tile, reduction, workgroup, vector } = variant;
  const lanes = LANES[variant.lanes]({
    problem,
    variant,
    blocks: pattern.blocks,
    inputFeatures: blockColumns?.features ?? pattern.cols,
  });
  const grid = dispatchGrid(lanes.tiles);
  const { x, w, y } = lanes.widths;

  const wgsl = `${epilogueWgsl(problem, lanes.widths)}${lanes.fewBits?.declare ?? ""}${lanes.coalescedStore?.declare ?? ""}
@compute @workgroup_size(${workgroup})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
  ${lanes.shared ? "@builtin(subgroup_invocation_id) member: u32," : ""}
) {
  ${tileIndexWgsl(grid, lanes.tiles)}
  ${lanes.locate.join("\n  ")}
  ${blocks(
    [
      ...lanes.enter,
      ...accumulators(
        (t, s) => `var sum${t}_${s} = ${bias ? lanes.bias(t, s) : `${wideType(vector)}()`};`,
      ),
      loop(products().join("\n    ")),
      ...accumulators(lanes.store),
    ].join("\n  "),
  )}
}
`;

  /** Computes this invocation's block, or several in turn. */
  function blocks(one: string): string {
    if (lanes.coalescedStore === undefined) return one;
    return `let firstBlock = block;
  for (var turn = 0u; turn < ${lanes.coalescedStore.blocks}u; turn++) {
    let block = firstBlock + turn;
    ${one}
  }
  ${lanes.coalescedStore.write}`;
  }

  function accumulators(statement: (t: number, s: number) => string): string[] {
    return range(tile).flatMap((t) => range(spans).map((s) => statement(t, s)));
  }

  /** `reduction` products of every accumulator, from index `l` and feature `input` on. */
  function products(): string[] {
    const across = lanes.shared?.across ?? lanes.across;
    const sum = lanes.fewBits ? "own" : "sum";
    return [
      ...(lanes.fewBits?.loads ?? []),
      ...((lanes.shared ?? lanes).loads ?? []),
      ...range(reduction).flatMap((u) => [
        ...range(spans).map((s) => `let along${u}_${s} = ${lanes.along(s, u)};`),
        ...range(tile).flatMap((t) => [
          `let across${u}_${t} = ${across(t, u)};`,
          ...range(spans).map(
            (s) =>
              `${sum}${t}_${s} = fma(${wideType(vector)}(across${u}_${t}), along${u}_${s}, ${sum}${t}_${s});`,
          ),
        ]),
      ]),
    ];
  }

  function loop(body: string): string {
    if (blockColumns) {
      const { size } = blockColumns;
      const runs = pattern.c / size;
      return `for (var run = 0u; run < ${opaque(runs)}; run++) {
    let start = columns[block * ${runs}u + run];
    for (var step = 0u; step < ${opaque(size)}; step += ${reduction}u) {
    let l = run * ${size}u + step;
    let input = start + step;
    ${body}
    }
  }`;
    }
    if (lanes.fewBits) {
      const { scales, scale } = lanes.fewBits;
      return `for (var part = 0u; part < ${opaque(Math.ceil(pattern.c / SCALED))}; part++) {
    ${[...scales, ...accumulators((t, s) => `var own${t}_${s} = 0.0;`)].join("\n    ")}
    let end = min((part + 1u) * ${SCALED}u, ${pattern.c}u);
    for (var l = part * ${SCALED}u; l < end; l += ${reduction}u) {
    let input = first + l * ${pattern.d}u;
    ${body}
    }
    ${accumulators((t, s) => `sum${t}_${s} = fma(${scale(s)}, own${t}_${s}, sum${t}_${s});`).join("\n    ")}
  }`;
    }
    return `for (var l = 0u; l < ${opaque(pattern.c)}; l += ${reduction}u) {
    let input = first + l * ${pattern.d}u;
    ${body}
  }`;
  }

  return {
    label: `kronecker-sparse ${pattern} ${kroneckerSparseName(variant)}${orderName(problem)}${weightsName(problem)}${epilogueName(epilogue)}`,
    enables: [...enabledBy(dtype), ...(lanes.shared ? ["subgroups" as const] : [])],
    bindings: [
      { name: "x", elements: storedType(dtype, x), access: "read" },
      { name: "w", elements: weightDtype ? "u32" : storedType(dtype, w), access: "read" },
      { name: "y", elements: storedType(dtype, y), access: "read-write" },
      ...(blockColumns ? [{ name: "columns", elements: "u32", access: "read" } as const] : []),
      ...epilogueBindings(problem, lanes.widths),
    ],
    wgsl,
    workgroups: grid,
  };
}
