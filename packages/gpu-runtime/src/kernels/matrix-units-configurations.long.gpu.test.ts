import { Chain, LAYOUTS, Pattern } from "@papilio/butterfly";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Kernel, sourceOf } from "../device/kernel.ts";
import type { AdapterReport, MatrixUnitProduct } from "../device/report.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { attentionProblem } from "../testing/expect-attention.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { report } from "../testing/variants.ts";
import { attentionKernel } from "./attention/kernel.ts";
import { matrixAttentionVariants } from "./attention/matrix-candidates.ts";
import { fusedChainKernel } from "./fused-chain/kernel.ts";
import { matrixChainVariant } from "./fused-chain/matrix-candidates.ts";
import {
  integerKroneckerSparseKernel,
  integerKroneckerSparseVariants,
} from "./kronecker-sparse/integer.ts";
import { kroneckerSparseKernel } from "./kronecker-sparse/kernel.ts";
import { matrixVariants } from "./kronecker-sparse/matrix-candidates.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

/** Rows, columns and depth of products in half precision and in integers, and invocations of a subgroup. */
const CONFIGURATIONS = [
  // Lavapipe; Apple, whose subgroups have 32 invocations.
  { half: [8, 8, 8], integer: [8, 8, 8], subgroup: 8 },
  { half: [8, 8, 8], integer: undefined, subgroup: 32 },
  // NVIDIA.
  { half: [16, 16, 16], integer: [16, 16, 32], subgroup: 32 },
  { half: [16, 8, 16], integer: [16, 8, 32], subgroup: 32 },
  { half: [16, 8, 8], integer: undefined, subgroup: 32 },
  // Intel.
  { half: [8, 16, 16], integer: [8, 16, 32], subgroup: 16 },
  { half: [8, 8, 16], integer: [8, 8, 32], subgroup: 8 },
  // AMD.
  { half: [16, 16, 16], integer: [16, 16, 16], subgroup: 64 },
] as const;

type Sizes = readonly [rows: number, columns: number, depth: number];

function unit(from: string, to: string, [rows, columns, depth]: Sizes): MatrixUnitProduct {
  return { from, to, rows, columns, depth };
}

/** A device with these products alone. */
function withUnits(subgroup: number, products: readonly MatrixUnitProduct[]): AdapterReport {
  const base = report("hardware", subgroup);
  return { ...base, features: { ...base.features, matrixUnits: { taken: true, products } } };
}

/** What the device's compiler says against a kernel: it knows types, not the sizes of the adapter's units. */
async function errorsOf(kernel: Kernel): Promise<string[]> {
  gpu.device.pushErrorScope("validation");
  const module = gpu.device.createShaderModule({ code: sourceOf(kernel) });
  const { messages } = await module.getCompilationInfo();
  const error = await gpu.device.popErrorScope();
  return [...messages.map(({ message }) => message), ...(error === null ? [] : [error.message])];
}

/** Patterns whose blocks fill products, and leave tails. */
const PATTERNS = [new Pattern(2, 64, 64, 4), new Pattern(1, 40, 37, 3)];

/** A kernel of each kind on the units, in both layouts: the widest of the proposed shapes and the smallest. */
function kernelsOf(adapter: AdapterReport): Kernel[] {
  const ends = <T>(list: readonly T[]): T[] => [
    ...new Set([...list.slice(0, 1), ...list.slice(-1)]),
  ];
  return LAYOUTS.flatMap((layout) => {
    const shape = { batch: 64, layout } as const;
    const half = { ...shape, dtype: "f16" } as const;
    const chain = Chain.parse("1,32,32,1;1,32,32,1");
    const range = matrixChainVariant(adapter, { chain, ...half });
    const first = layout[6] === "f";
    const attended = attentionProblem(
      { queries: 70, keys: 90, headFeatures: 40, causal: true, layouts: first ? "ffff" : "llll" },
      "f16",
    );
    return [
      ...PATTERNS.flatMap((pattern) => [
        ...ends(matrixVariants(adapter, { pattern, ...half })).map((variant) =>
          kroneckerSparseKernel({ pattern, ...half }, variant),
        ),
        ...ends(integerKroneckerSparseVariants(adapter, { pattern, ...shape })).map((variant) =>
          integerKroneckerSparseKernel({ pattern, ...shape }, variant),
        ),
      ]),
      ...(range === undefined ? [] : [fusedChainKernel({ chain, ...half }, range)]),
      ...ends(matrixAttentionVariants(adapter, attended)).map((variant) =>
        attentionKernel(attended, variant),
      ),
    ];
  });
}

describe("kernels on matrix units", () => {
  it.for(CONFIGURATIONS)(
    "of $half in half precision and $integer in integers, subgroups of $subgroup, are valid WGSL",
    async ({ half, integer, subgroup }, { skip }) => {
      skip(gpu.report.features.matrixUnits?.taken !== true, "the adapter has no matrix units");
      const adapter = withUnits(subgroup, [
        unit("f16", "f32", half),
        ...(integer === undefined ? [] : [unit("i8", "i32", integer)]),
      ]);
      const kernels = kernelsOf(adapter);
      const kinds = new Set(kernels.map(({ label }) => label.split(" ")[0]));
      expect(kinds.size).toBe(3);
      for (const kernel of kernels) expect(await errorsOf(kernel), kernel.label).toEqual([]);
    },
  );

  it("that are not valid are found", async ({ skip }) => {
    skip(gpu.report.features.matrixUnits?.taken !== true, "the adapter has no matrix units");
    const [kernel] = kernelsOf(withUnits(32, [unit("f16", "f32", [16, 16, 16])]));
    if (kernel === undefined) throw new Error("There is no kernel.");
    const wrong = { ...kernel, wgsl: `${kernel.wgsl}fn wrong() -> f32 { return 1u; }` };
    expect((await errorsOf(wrong)).join()).toContain("return statement type");
  });
});
