import { storedPattern } from "@papilio/butterfly";
import { dispatchGrid, type Kernel, tileIndexWgsl } from "../../program/kernel.ts";
import { localFactors, localWeights } from "../fused-run/local-run.ts";
import { paddedWeights } from "../fused-run/pack.ts";
import { unrolled } from "../fused-run/unrolled.ts";
import { clamped, range, storedBlock } from "../wgsl.ts";
import { type ComplexRunProblem, runsAlongBatch } from "./problem.ts";
import { COMPLEX_ARITHMETIC, complexBindings, placeOf, WORKGROUP } from "./shared.ts";

/**
 * Generates the kernel that multiplies by a run of complex factors, a block of the run's product in the
 * registers of an invocation. Bindings: x, weights of `packComplexRun`, y, maps of indices.
 */
export function complexRunKernel(problem: ComplexRunProblem): Kernel {
  const { chain, batch, layout, sharing } = problem;
  const product = chain.product();
  const { b, c, d, blocks } = product;
  const alongBatch = runsAlongBatch(problem);
  const [along, across] = alongBatch ? [batch, blocks] : [blocks, batch];
  const count = along * across;
  const tiles = Math.ceil(count / WORKGROUP);
  const grid = dispatchGrid(tiles);
  const stored = storedBlock(product, sharing, { block: "block", i: "group_i", k: "group_k" });
  const each = paddedWeights(localWeights(chain));
  const storedBlocks = storedPattern(product, sharing).blocks;
  const { statements, outputs } = unrolled(
    localFactors(chain),
    {
      multiply: (weight, number) => `complex_multiply(${weight}, ${number})`,
      multiplyAdd: (weight, number, sum) => `complex_multiply_add(${weight}, ${number}, ${sum})`,
    },
    (p) => `in${p}`,
    (e) => ({
      before: [],
      value: alongBatch ? `w[weights + ${e}u]` : `w[weights + ${e * storedBlocks}u]`,
    }),
  );
  const feature = (size: number, p: number): string =>
    `(group_i * ${size}u + ${p}u) * ${d}u + group_k`;
  const exact = count === tiles * WORKGROUP;
  const stores = outputs
    .map((output, q) => `y[${placeOf(problem, "output", feature(b, q))}] = ${output};`)
    .join("\n  ");
  return {
    label: `complex-run ${chain} ${layout}`,
    enables: [],
    bindings: complexBindings(problem),
    workgroups: grid,
    wgsl: `${COMPLEX_ARITHMETIC}
@compute @workgroup_size(${WORKGROUP})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  ${tileIndexWgsl(grid, tiles)}
  let place = tile * ${WORKGROUP}u + lane;
  let index = ${clamped("place", count, exact)};
  let ${alongBatch ? "column" : "block"} = index % ${along}u;
  let ${alongBatch ? "block" : "column"} = index / ${along}u;
  let group_i = block / ${d}u;
  let group_k = block % ${d}u;
  let weights = ${alongBatch ? `${stored} * ${each}u` : stored};
  ${range(c)
    .map((p) => `let in${p} = x[${placeOf(problem, "input", feature(c, p))}];`)
    .join("\n  ")}
  ${statements.join("\n  ")}
  ${exact ? stores : `if (place < ${count}u) {\n  ${stores}\n  }`}
}
`,
  };
}
