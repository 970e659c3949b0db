import { dispatchGrid, type Kernel, tileIndexWgsl } from "../../device/kernel.ts";
import { epilogueName, epilogueWgsl } from "../epilogue.ts";
import { clamped, enabledBy, range, storedBlock, wideType } from "../wgsl.ts";
import { chainBindings } from "./chain-bindings.ts";
import { elementsOf } from "./elements-of.ts";
import { localFactors, localWeights } from "./local-factors.ts";
import { paddedWeights, storedBlocks } from "./pack.ts";
import type { FusedChainProblem } from "./problem.ts";
import { realArithmetic, unrolled } from "./unrolled.ts";
import { fusedChainName, type RegisterFusedChain } from "./variant.ts";
import { weightsAcrossBlocks, weightsAlongBlocks, weightsOfBlock } from "./weights.ts";

/**
 * Generates the kernel that keeps a block's numbers in registers: an invocation reads the inputs of
 * a block, applies factor after factor without a loop, and writes the outputs. No barriers.
 */
export function registerChainKernel(
  problem: FusedChainProblem,
  variant: RegisterFusedChain,
): Kernel {
  const { chain, dtype, bias, inPlace, sharing, epilogue, packing } = problem;
  const { workgroup, broadcast } = variant;
  const elements = elementsOf(problem, variant.vector);
  const { columns, blocks, width, neighbours } = elements;
  const alongBatch = variant.lanes === "batch";
  const [along, across] = alongBatch ? [columns, blocks] : [blocks, columns];
  const tilesAlong = Math.ceil(along / workgroup);
  const exact = along % workgroup === 0;
  const tiles = tilesAlong * across;
  const grid = dispatchGrid(tiles);
  const stored = storedBlock(chain.product(), sharing, elements.place);
  const count = localWeights(chain);
  const weights = !alongBatch
    ? weightsAlongBlocks(storedBlocks(problem) / neighbours, neighbours, stored)
    : packing === undefined
      ? weightsOfBlock(paddedWeights(count), neighbours, broadcast, stored)
      : weightsAcrossBlocks(count, storedBlocks(problem), broadcast, stored);
  const { statements, outputs } = unrolled(
    localFactors(chain),
    realArithmetic(wideType(width)),
    (p) => `in${p}`,
    (e) => weights.weight(e),
    bias ? (q) => elements.bias(q) : undefined,
  );
  const stores = elements.write(outputs).join("\n  ");
  return {
    label: `fused-chain ${chain} ${fusedChainName(variant)}${packing === undefined ? "" : "-across"}${epilogueName(epilogue)}`,
    enables: [...enabledBy(dtype), ...(broadcast === "load" ? [] : ["subgroups" as const])],
    bindings: chainBindings(problem, { ...elements.widths, w: weights.load }),
    workgroups: grid,
    wgsl: `${epilogueWgsl(problem, elements.widths)}@compute @workgroup_size(${workgroup})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
  ${broadcast === "load" ? "" : "@builtin(subgroup_invocation_id) member: u32,"}
) {
  ${tileIndexWgsl(grid, tiles)}
  let place = (tile % ${tilesAlong}u) * ${workgroup}u + lane;
  let ${alongBatch ? "column" : "block"} = ${clamped("place", along, exact)};
  let ${alongBatch ? "block" : "column"} = tile / ${tilesAlong}u;
  ${[...elements.begin, ...weights.begin].join("\n  ")}
  ${range(chain.product().c)
    .map((p) => `let in${p} = ${elements.input(p, inPlace ? "y" : "x")};`)
    .join("\n  ")}
  ${statements.join("\n  ")}
  ${exact ? stores : `if (place < ${along}u) {\n  ${stores}\n  }`}
}
`,
  };
}
