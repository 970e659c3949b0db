import { Pattern } from "@papilio/butterfly";
import { describe, expect, it } from "vitest";
import { report } from "../../testing/variants.ts";
import {
  integerKroneckerSparseKernel,
  integerKroneckerSparseVariants,
  packIntegerKroneckerSparse,
} from "./integer.ts";
import type { MatrixKroneckerSparse } from "./variant.ts";

const base = report("hardware", 32);
const unitsOf = (from: string, to: string): typeof base => ({
  ...base,
  features: {
    ...base.features,
    matrixUnits: { taken: true, products: [{ from, to, rows: 16, columns: 16, depth: 16 }] },
  },
});
const problem = { pattern: new Pattern(2, 12, 20, 3), batch: 16, layout: "batch-first" } as const;
const [variant] = integerKroneckerSparseVariants(unitsOf("i8", "i32"), {
  ...problem,
  pattern: new Pattern(1, 64, 64, 1),
  batch: 64,
}) as [MatrixKroneckerSparse];

describe("products in integers", () => {
  it("are for devices with units of these integers alone", () => {
    expect(integerKroneckerSparseVariants(unitsOf("f16", "f32"), problem)).toEqual([]);
    expect(integerKroneckerSparseVariants(unitsOf("u8", "u32"), problem)).toEqual([]);
    expect(integerKroneckerSparseVariants(base, problem)).toEqual([]);
    expect(variant).toMatchObject({ kind: "matrix", unitM: 16, subgroup: 32 });
  });

  it("read weights by the word, and write whole sums", () => {
    const { bindings, wgsl, enables } = integerKroneckerSparseKernel(problem, variant);
    expect(bindings.map(({ elements }) => elements)).toEqual(["u32", "u32", "i32"]);
    expect(enables).toEqual(["subgroups", "chromium_experimental_subgroup_matrix"]);
    // Twelve outputs are padded to sixteen, which are four words.
    expect(wgsl).toMatch(/subgroupMatrixLoad<Left, col_major>\(&w, \(.*\) \/ 4u, 4u\)/);
    expect(wgsl).toContain("subgroup_matrix_result<i32, 16, 16>");
  });

  it("have their values packed once each, with zeros around them", () => {
    const { pattern } = problem;
    const values = Int8Array.from({ length: pattern.nonZeros }, (_, at) => (at % 255) - 127 || 1);
    const packed = packIntegerKroneckerSparse(pattern, values, variant);
    const depth = variant.unitK * variant.productsK;
    expect(packed.length).toBe(6 * Math.ceil(20 / depth) * depth * 16);
    expect(packed.filter((value) => value !== 0).sort()).toEqual(values.toSorted());
  });

  it.each([
    ["a block of too many inputs", { pattern: new Pattern(1, 1, 2 ** 17, 1) }, variant],
    [
      "a variant of another kind",
      {},
      { kind: "vector", vector: 1, splitK: 1, groups: 1, tile: 1, reduceScope: "workgroup" },
    ],
    ["units that no word fits", {}, { ...variant, unitN: 2 }],
  ] as const)("refuse %s", (_, rest, other) => {
    expect(() => integerKroneckerSparseKernel({ ...problem, ...rest }, other as never)).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID" }),
    );
  });
});
