import { type Strides, stridesOf } from "@papilio/butterfly/numeric";
import type { Kernel } from "../../device/kernel.ts";
import { epilogueName, epilogueWgsl, storeWgsl } from "../epilogue.ts";
import { clamped, enabledBy, range, times } from "../wgsl.ts";
import { chainBindings } from "./chain-bindings.ts";
import { chainTiles } from "./chain-tiles.ts";
import { localFactors, localWeights, localWidth, partsOf } from "./local-factors.ts";
import type { FusedChainProblem } from "./problem.ts";
import { realArithmetic, unrolled } from "./unrolled.ts";
import { fusedChainName, type WorkgroupFusedChain } from "./variant.ts";

/** Elements of each load and store. */
const WIDTHS = { x: 1, w: 1, y: 1 };

/** Workgroup memory that a variant takes, in bytes: two vectors of the widest kind for each column. */
export function workgroupRangeBytes(
  { chain }: Pick<FusedChainProblem, "chain">,
  { tileN, passes }: Pick<WorkgroupFusedChain, "tileN" | "passes">,
): number {
  const buffers = Math.min(2, passes.length - 1);
  return 4 * buffers * tileN * localWidth(chain);
}

/**
 * Generates the kernel that keeps a block's numbers in workgroup memory. In each pass an invocation
 * applies some of the factors to a part of the block in registers; a barrier lies between passes. The
 * first pass reads x and the last one writes y.
 */
export function workgroupChainKernel(
  problem: FusedChainProblem,
  variant: WorkgroupFusedChain,
): Kernel {
  const { chain, batch, dtype, bias, inPlace, epilogue } = problem;
  const { tileN, passes, workgroup } = variant;
  const product = chain.product();
  const x = stridesOf(problem, chain.cols);
  const y = stridesOf(problem, chain.rows);
  const { grid, exact, begin } = chainTiles(problem, tileN);
  const width = localWidth(chain);
  const parts = partsOf(chain, passes);
  const place = ({ vector, feature }: Strides, size: number, local: string): string =>
    `${times("column", vector)} + ${times(`(group_i * ${size}u + ${local}) * ${product.d}u + group_k`, feature)}`;
  let firstWeight = 0;

  const body = parts.map(({ chain: part }, index) => {
    const local = part.product();
    const [a, d] = [local.a / product.a, local.d / product.d];
    const work = a * d * tileN;
    const each = localWeights(part);
    const first = index === 0;
    const last = index === parts.length - 1;
    const reading = `between${(index + 1) % 2}`;
    const writing = `between${index % 2}`;
    const at = (size: number, p: number): string =>
      `((inner_i * ${size}u + ${p}u) * ${d}u + inner_k)`;
    const { statements, outputs } = unrolled(
      localFactors(part),
      realArithmetic("f32"),
      (p) => `in${p}`,
      (e) => ({ before: [], value: `w[weights + ${firstWeight}u + inner * ${each}u + ${e}u]` }),
      last && bias
        ? (q) =>
            `f32(bias[(group_i * ${product.b}u + ${at(local.b, q)}) * ${product.d}u + group_k])`
        : undefined,
    );
    const inputs = range(local.c).map((p) =>
      first
        ? `let in${p} = f32(${inPlace ? "y" : "x"}[${place(x, product.c, at(local.c, p))}]);`
        : `let in${p} = ${reading}[${at(local.c, p)} * ${tileN}u + slice];`,
    );
    const writes = outputs.map((output, q) =>
      last
        ? storeWgsl(problem, WIDTHS, place(y, product.b, at(local.b, q)), output)
        : `${writing}[${at(local.b, q)} * ${tileN}u + slice] = ${output};`,
    );
    firstWeight += a * d * each;
    const turns = Math.ceil(work / workgroup);
    return `for (var turn = 0u; turn < ${turns}u; turn++) {
    let index = turn * ${workgroup}u + thread;
    ${turns * workgroup === work ? "" : `if (index >= ${work}u) { break; }`}
    let slice = index % ${tileN}u;
    let inner = index / ${tileN}u;
    let inner_i = inner / ${d}u;
    let inner_k = inner % ${d}u;
    let column = ${clamped(`firstColumn + slice`, batch, exact)};
    ${inputs.join("\n    ")}
    ${statements.join("\n    ")}
    ${last && !exact ? `if (firstColumn + slice < ${batch}u) {\n    ${writes.join("\n    ")}\n    }` : writes.join("\n    ")}
  }`;
  });
  const between = range(Math.min(2, parts.length - 1)).map(
    (index) => `var<workgroup> between${index}: array<f32, ${tileN * width}>;`,
  );
  return {
    label: `fused-chain ${chain} ${fusedChainName(variant)}${epilogueName(epilogue)}`,
    enables: enabledBy(dtype),
    bindings: chainBindings(problem, WIDTHS),
    workgroups: grid,
    wgsl: `${epilogueWgsl(problem, WIDTHS)}${between.join("\n")}
@compute @workgroup_size(${workgroup})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  ${begin}
  ${body.join("\n  workgroupBarrier();\n  ")}
}
`,
  };
}
