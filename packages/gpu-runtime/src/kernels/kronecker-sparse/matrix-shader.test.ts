import { Pattern } from "@papilio/butterfly";
import { describe, expect, it } from "vitest";
import { report } from "../../testing/variants.ts";
import { kroneckerSparseVariants } from "./candidates.ts";
import { kroneckerSparseKernel } from "./kernel.ts";
import { matrixVariants } from "./matrix-candidates.ts";
import type { MatrixKroneckerSparse } from "./variant.ts";

const variant: MatrixKroneckerSparse = {
  kind: "matrix",
  unitM: 8,
  unitN: 8,
  unitK: 8,
  subgroup: 8,
  productsM: 1,
  productsN: 1,
  subgroupsM: 1,
  subgroupsN: 1,
  productsK: 1,
  neighbours: 1,
};
const problem = {
  pattern: new Pattern(2, 16, 16, 4),
  batch: 32,
  layout: "batch-last",
  dtype: "f16",
} as const;
const base = report("hardware", 8);
const products = [{ from: "f16", to: "f32", rows: 8, columns: 8, depth: 8 }];
const withUnits = {
  ...base,
  features: { ...base.features, matrixUnits: { taken: true, products } },
};

describe("the kernel on matrix units", () => {
  it("reads inputs in place when batch-last, with the stride of the shuffle", () => {
    const { wgsl, enables } = kroneckerSparseKernel(problem, variant);
    expect(enables).toEqual(["f16", "subgroups", "chromium_experimental_subgroup_matrix"]);
    // Rows of a product are 4 features of 32 vectors apart.
    expect(wgsl).toMatch(/subgroupMatrixLoad<Right, row_major>\(&x, .*, 128u\)/);
    expect(wgsl).not.toContain("var<workgroup> inputs");
  });

  it("reads inputs in place when batch-first and neighbours in memory are one block's", () => {
    const pattern = new Pattern(2, 16, 16, 1);
    const { wgsl } = kroneckerSparseKernel({ ...problem, pattern, layout: "batch-first" }, variant);
    expect(wgsl).toMatch(/subgroupMatrixLoad<Right, col_major>\(&x, .*, 32u\)/);
  });

  it.each([
    ["batch-first blocks that are scattered", { layout: "batch-first" as const }],
    ["a batch with a tail", { batch: 36 }],
    ["inputs with a tail", { pattern: new Pattern(2, 16, 20, 4) }],
  ])("stages %s in workgroup memory", (_, change) => {
    const { wgsl } = kroneckerSparseKernel({ ...problem, ...change }, variant);
    expect(wgsl).toContain("var<workgroup> inputs: array<f16, 64>");
    expect(wgsl).not.toContain("(&x,");
  });

  it("is a candidate where the device has the units, and nowhere else", () => {
    const has = (adapter: typeof base): boolean =>
      kroneckerSparseVariants(adapter, problem).some(({ kind }) => kind === "matrix");
    expect(has(withUnits)).toBe(true);
    expect(has(base)).toBe(false);
    const { features } = withUnits;
    const notTaken = { ...features, matrixUnits: { taken: false, products } };
    expect(has({ ...withUnits, features: notTaken })).toBe(false);
    const sizes = { ...features, subgroups: { min: 8, max: 32 } };
    expect(has({ ...withUnits, features: sizes })).toBe(false);
    expect(matrixVariants(withUnits, { ...problem, dtype: "f32" })).toEqual([]);
  });
});
